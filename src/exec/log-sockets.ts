/** The sockets at which programs log, for services that see files of their own: systemd.exec(5), BindLogSockets=. */
import type { ExecSettings } from '../unitfile/directives/exec.ts';

export const logSockets = ['socket', 'stdout', 'dev-log'].map((name) => `/run/systemd/journal/${name}`);

/** Whether a service gets them: by what is said of it, or by what is to be there in a root of its own. */
export function bindsLogSockets(exec: ExecSettings): boolean {
  const { LogNamespace, BindLogSockets, MountAPIVFS, RootImage, RootDirectory, PrivateDevices } = exec;
  if (LogNamespace !== undefined) return true;
  if (BindLogSockets !== undefined) return BindLogSockets;
  const hasRoot = RootImage !== undefined || RootDirectory !== undefined;
  return (MountAPIVFS ?? hasRoot) || (hasRoot && PrivateDevices);
}
