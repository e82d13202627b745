/** SetCredential= and LoadCredential= of systemd.exec(5): secrets as files that only the service can read. */
import { reasonOf } from '../sys/error-text.ts';
import { FileTypeError, type Host, SystemError } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { StepFailure } from './failure.ts';

/** Largest secret, and largest sum of a unit's, as systemd has them. */
const maxBytes = 1024 * 1024;
const maxDepth = 64;

type Write = (id: string, data: Uint8Array) => void;

export const credentialsDirectory = (runtime: string, unit: string): string => `${runtime}/credentials/${unit}`;

/** Makes the directory anew with all credentials. Throws StepFailure (243 CREDENTIALS). */
export function writeCredentials(
  host: Host,
  exec: ExecSettings,
  runtime: string,
  unit: string,
  uid: number | undefined,
): void {
  if (exec.SetCredential.length === 0 && exec.LoadCredential.length === 0) return;
  const { files } = host;
  const directory = credentialsDirectory(runtime, unit);
  const owner = uid ?? 0;
  let total = 0;
  const seen = new Set<string>();
  const write: Write = (id, data) => {
    seen.add(id);
    total += Buffer.byteLength(id) + data.length;
    if (data.length > maxBytes || total > maxBytes) throw new SystemError('E2BIG', 7, 'write', id);
    const path = `${directory}/${id}`;
    files.writeAtomic(path, data, 0o400);
    if (host.uid === 0) files.chown(path, owner, 0);
  };
  try {
    files.removeTree(directory);
    files.mkdirs(directory.slice(0, directory.lastIndexOf('/')), 0o755);
    files.mkdir(directory, 0o700);
    const writeNew: Write = (id, data) => {
      if (!seen.has(id)) write(id, data);
    };
    for (const { id, path } of exec.LoadCredential) load(host, exec, id, path, writeNew);
    // systemd.exec(5), SetCredential=: a default for what LoadCredential= does not find.
    for (const { id, data } of exec.SetCredential) writeNew(id, data);
    files.chmod(directory, 0o500);
    if (host.uid === 0) files.chown(directory, owner, 0);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // systemd reads them in a process of its own, whose failure is all that it hears of.
    const reason = error instanceof FileTypeError ? `${error.path}: ${reasonOf(error)}` : undefined;
    throw new StepFailure('CREDENTIALS', 'Failed to set up credentials', 'EPROTO', false, reason);
  }
}

/**
 * Writes what `path` has. A credential of the manager's own may be missing, and so may a file where SetCredential= has
 * a default; another missing file is an error. A directory gives `id_name` for each file in it.
 */
function load(host: Host, exec: ExecSettings, id: string, path: string, write: Write): void {
  const { files } = host;
  const absolute = path.startsWith('/');
  const source = absolute ? path : `${host.environment.CREDENTIALS_DIRECTORY ?? '/run/credentials'}/${path}`;
  const stat = files.tryStat(source);
  if (stat === undefined) {
    if (absolute && !exec.SetCredential.some((set) => set.id === id))
      throw new SystemError('ENOENT', 2, 'open', source);
  } else if (stat.type === 'directory' && absolute) loadDirectory(host, id, source, maxDepth, write);
  else write(id, files.readFile(source, maxBytes));
}

/** Files below a directory by the names of the directories they are in: `id_directory_name`. Links and dot files stay out. */
function loadDirectory(host: Host, id: string, directory: string, depth: number, write: Write): void {
  const { files } = host;
  for (const name of files.readdir(directory).sort()) {
    if (name.startsWith('.')) continue;
    const path = `${directory}/${name}`;
    const type = files.tryLstat(path)?.type;
    if (type === 'directory' && depth > 0) loadDirectory(host, `${id}_${name}`, path, depth - 1, write);
    else if (type === 'file') write(`${id}_${name}`, files.readFile(path, maxBytes));
  }
}

/** Takes the secrets away once the unit is down. Never throws. */
export function removeCredentials(host: Host, exec: ExecSettings, runtime: string, unit: string): void {
  if (exec.SetCredential.length === 0 && exec.LoadCredential.length === 0) return;
  try {
    host.files.removeTree(credentialsDirectory(runtime, unit));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
