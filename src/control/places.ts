/** Where a manager is found: its directory under /run, and the stamp that says whether what lies there is true. */
import { type Host, SystemError } from '../sys/host.ts';

export type Scope = 'system' | 'user';

export interface Places {
  readonly directory: string;
  /** The control socket; $PIDONE_SOCKET names another. */
  readonly control: string;
  readonly notify: string;
  readonly stamp: string;
}

/** /run/pidone, or $XDG_RUNTIME_DIR/pidone for a user's manager. */
export function placesOf(host: Host, scope: Scope): Places {
  const runtime = host.environment.XDG_RUNTIME_DIR;
  const base = scope === 'system' ? '/run' : runtime?.startsWith('/') ? runtime : `/run/user/${host.uid}`;
  const directory = `${base}/pidone`;
  return {
    directory,
    control: host.environment.PIDONE_SOCKET || `${directory}/control`,
    notify: scope === 'system' ? '/run/systemd/notify' : `${base}/systemd/notify`,
    stamp: `${directory}/manager`,
  };
}

/**
 * What makes a process id of this boot and this container: a stopped and started container, or an image layer that
 * caught a /run, has another.
 */
export function worldOf(host: Host): string {
  let namespace = '';
  try {
    namespace = host.files.readlink('/proc/self/ns/pid');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return `${host.bootId} ${namespace} ${host.process(1)?.startTime ?? 0}`;
}

/** Says that this process is the manager. Throws SystemError. */
export function writeStamp(host: Host, places: Places): void {
  const self = host.process(host.pid);
  host.files.writeAtomic(places.stamp, `${host.pid} ${self?.startTime ?? 0} ${worldOf(host)}\n`, 0o644);
}

/** The process id of the manager that wrote the stamp, where it still lives. */
export function livingManager(host: Host, places: Places): number | undefined {
  let text: string;
  try {
    text = host.files.readText(places.stamp, 1024);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
  const match = /^(\d+) (\d+) (.*)\n$/.exec(text);
  if (match === null || match[3] !== worldOf(host)) return undefined;
  const pid = Number(match[1]);
  return host.process(pid)?.startTime === Number(match[2]) ? pid : undefined;
}
