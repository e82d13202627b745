/** SetCredential= and LoadCredential= of systemd.exec(5): secrets as files that only the service can read. */
import { type Host, SystemError } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { StepFailure } from './failure.ts';

/** Largest secret, and largest sum of a unit's, as systemd has them. */
const maxBytes = 1024 * 1024;

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
  const write = (id: string, data: Uint8Array): void => {
    total += data.length;
    if (data.length > maxBytes || total > maxBytes) throw new SystemError('E2BIG', 7, 'write', id);
    const path = `${directory}/${id}`;
    files.writeAtomic(path, data, 0o400);
    if (host.uid === 0) files.chown(path, owner, 0);
  };
  try {
    files.removeTree(directory);
    files.mkdirs(directory.slice(0, directory.lastIndexOf('/')), 0o755);
    files.mkdir(directory, 0o700);
    const seen = new Set<string>();
    for (const { id, path } of exec.LoadCredential) if (load(host, id, path, write)) seen.add(id);
    // systemd.exec(5), SetCredential=: a default for what LoadCredential= does not find.
    for (const { id, data } of exec.SetCredential) if (!seen.has(id)) write(id, data);
    files.chmod(directory, 0o500);
    if (host.uid === 0) files.chown(directory, owner, 0);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StepFailure('CREDENTIALS', 'Failed to set up credentials', error.code);
  }
}

/** False where the source does not exist, which a unit survives. A directory gives `id_name` for each file in it. */
function load(host: Host, id: string, path: string, write: (id: string, data: Uint8Array) => void): boolean {
  const source = path.startsWith('/')
    ? path
    : `${host.environment.CREDENTIALS_DIRECTORY ?? '/run/credentials'}/${path}`;
  const stat = host.files.tryStat(source);
  if (stat === undefined) return false;
  if (stat.type !== 'directory') {
    write(id, host.files.readFile(source));
    return true;
  }
  for (const name of host.files.readdir(source))
    if (host.files.tryStat(`${source}/${name}`)?.type === 'file')
      write(`${id}_${name}`, host.files.readFile(`${source}/${name}`));
  return true;
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
