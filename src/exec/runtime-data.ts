/** What a unit's processes are given for one life of it, and what goes with that. */
import type { Host } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { removeCredentials } from './credentials.ts';
import { type DirectoryRoots, removeRuntimeDirectories } from './directories.ts';

interface Owner {
  readonly id: string;
  readonly willRestart: boolean;
  readonly manager: { readonly host: Host; readonly directories: DirectoryRoots };
}

/** The unit is down: its runtime directories, as RuntimeDirectoryPreserve= has it, and its credentials. Never throws. */
export function removeRuntimeData({ id, willRestart, manager }: Owner, exec: ExecSettings): void {
  const { host, directories } = manager;
  const { RuntimeDirectoryPreserve } = exec;
  if (RuntimeDirectoryPreserve === 'no' || (RuntimeDirectoryPreserve === 'restart' && !willRestart))
    removeRuntimeDirectories(host, exec, directories);
  removeCredentials(host, exec, directories.runtime, id);
}
