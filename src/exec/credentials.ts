/** SetCredential=, LoadCredential= and ImportCredential= of systemd.exec(5): secrets as files that only the service can read. */
import { reasonOf } from '../sys/error-text.ts';
import { DeadMountError, type Files, FileTypeError, type Host, SystemError } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { credentialNameIsValid } from '../values/names.ts';
import { StepFailure } from './failure.ts';

/** Largest sum of a unit's secrets and their names, as systemd has it. */
const maxBytes = 1024 * 1024;
/** systemd.exec(5), LoadCredential=: where a name is looked for that is not among the manager's own credentials. */
const stores = ['/etc/credstore', '/run/credstore', '/usr/local/lib/credstore', '/usr/lib/credstore'];

/** Whether the unit is given any, found or not. */
export const hasCredentials = (exec: ExecSettings): boolean =>
  exec.SetCredential.length > 0 || exec.LoadCredential.length > 0 || exec.ImportCredential.length > 0;

type Write = (id: string, data: Uint8Array) => void;

export const credentialsDirectory = (runtime: string, unit: string): string => `${runtime}/credentials/${unit}`;

/**
 * Makes the directory anew with all credentials; the answer are names of the manager's own that it does not have. Throws
 * StepFailure (243 CREDENTIALS).
 */
export function writeCredentials(
  host: Host,
  exec: ExecSettings,
  runtime: string,
  unit: string,
  uid: number | undefined,
): readonly string[] {
  if (!hasCredentials(exec)) return [];
  const { files } = host;
  const directory = credentialsDirectory(runtime, unit);
  let missing: readonly string[] = [];
  orFailStep(host, () => {
    files.removeTree(directory);
    files.mkdirs(directory.slice(0, directory.lastIndexOf('/')), 0o755);
    files.mkdir(directory, 0o700);
    ({ missing } = writeAll(host, exec, directory, uid ?? 0));
    handOver(host, directory, uid ?? 0);
  });
  return missing;
}

/**
 * Writes what there is now into the directory that a running service has, and takes away what is no more. Throws
 * StepFailure.
 */
export function refreshCredentials(
  host: Host,
  exec: ExecSettings,
  runtime: string,
  unit: string,
  uid: number | undefined,
): void {
  const { files } = host;
  const directory = credentialsDirectory(runtime, unit);
  if (files.tryLstat(directory)?.type !== 'directory') {
    writeCredentials(host, exec, runtime, unit, uid);
    return;
  }
  orFailStep(host, () => {
    // Nothing may be put there meanwhile; what is there can still be read by who knows its name.
    if (host.uid === 0) files.chown(directory, 0, 0);
    files.chmod(directory, 0o711);
    const { written } = writeAll(host, exec, directory, uid ?? 0);
    for (const name of files.readdir(directory)) if (!written.has(name)) files.removeTree(`${directory}/${name}`);
    handOver(host, directory, uid ?? 0);
  });
}

function handOver({ files, uid }: Host, directory: string, owner: number): void {
  files.chmod(directory, 0o500);
  if (uid === 0) files.chown(directory, owner, 0);
}

interface Outcome {
  readonly written: ReadonlySet<string>;
  /** Names that were looked for and found nowhere. */
  readonly missing: readonly string[];
}

/** All that the settings name. Throws SystemError. */
function writeAll(host: Host, exec: ExecSettings, directory: string, owner: number): Outcome {
  const { files } = host;
  let total = 0;
  const seen = new Set<string>();
  const write: Write = (id, data) => {
    seen.add(id);
    total += Buffer.byteLength(id) + data.length;
    if (total > maxBytes) throw new SystemError('E2BIG', 7, 'write', id);
    const path = `${directory}/${id}`;
    files.writeAtomic(path, data, 0o400);
    if (host.uid === 0) files.chown(path, owner, 0);
  };
  const writeNew: Write = (id, data) => {
    if (!seen.has(id)) write(id, data);
  };
  const missing: string[] = [];
  for (const { id, path } of exec.LoadCredential) if (!load(host, exec, id, path, writeNew)) missing.push(path);
  for (const entry of exec.ImportCredential) importAll(host, entry, writeNew);
  // systemd.exec(5), SetCredential=: a default for what LoadCredential= does not find.
  for (const { id, data } of exec.SetCredential) writeNew(id, data);
  return { written: seen, missing };
}

/** Throws StepFailure where the writing throws SystemError. */
function orFailStep({ voice }: Host, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // Before 262 systemd reads them in a process of its own, whose failure is all that it hears of.
    const code = voice.manager.tellsWhyNoCredentials ? error.code : 'EPROTO';
    const isOfFile = error instanceof FileTypeError;
    const reason =
      error instanceof DeadMountError ? reasonOf(error) : isOfFile ? `${error.path}: ${reasonOf(error)}` : undefined;
    throw new StepFailure('CREDENTIALS', 'Failed to set up credentials', code, false, reason);
  }
}

/** Where names are looked for: the manager's own credentials, then the stores. */
function sources({ environment: { CREDENTIALS_DIRECTORY: own } }: Host): string[] {
  return own === undefined ? stores : [own, ...stores];
}

/** ImportCredential=: whatever there is of the name; the first of two counts, what can't be read is passed over. */
function importAll(host: Host, { name, prefix, rename }: ExecSettings['ImportCredential'][number], write: Write): void {
  const { files } = host;
  const found = new Set<string>();
  for (const directory of sources(host))
    for (const each of prefix ? namesIn(files, directory) : [name]) {
      const path = `${directory}/${each}`;
      if (!each.startsWith(name) || found.has(each) || files.tryStat(path)?.type !== 'file') continue;
      found.add(each);
      const id = rename === undefined ? each : `${rename}${each.slice(name.length)}`;
      const data = readOrPass(files, path);
      if (data !== undefined && credentialNameIsValid(id)) write(id, data);
    }
}

function namesIn(files: Files, directory: string): string[] {
  try {
    return files
      .readdir(directory)
      .filter((each) => !each.startsWith('.'))
      .sort();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [];
  }
}

function readOrPass(files: Files, path: string): Buffer | undefined {
  try {
    return files.readFile(path, maxBytes);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
}

/**
 * Writes what `path` has. A name that is found nowhere may be missing, and so may a file where SetCredential= has a
 * default; another missing file is an error. A directory gives `id_name` for each file in it. False where a name was found
 * nowhere.
 */
function load(host: Host, exec: ExecSettings, id: string, path: string, write: Write): boolean {
  const { files } = host;
  if (!path.startsWith('/')) {
    const found = sources(host)
      .map((each) => `${each}/${path}`)
      .find((each) => files.access(each, 'exists'));
    if (found !== undefined) write(id, files.readFile(found, maxBytes));
    return found !== undefined;
  }
  const type = files.tryStat(path)?.type;
  if (type === 'directory') loadDirectory(host, id, path, write);
  else if (type !== undefined || !exec.SetCredential.some((set) => set.id === id))
    write(id, files.readFile(path, maxBytes));
  return true;
}

/** Files below a directory by the names of the directories they are in: `id_directory_name`. Links and dot files stay out. */
function loadDirectory(host: Host, id: string, directory: string, write: Write): void {
  const { files } = host;
  for (const name of files.readdir(directory).sort()) {
    if (name.startsWith('.')) continue;
    const path = `${directory}/${name}`;
    const type = files.tryLstat(path)?.type;
    if (type === 'directory') loadDirectory(host, `${id}_${name}`, path, write);
    else if (type === 'file') write(`${id}_${name}`, files.readFile(path, maxBytes));
  }
}

/** Takes the secrets away once the unit is down. Never throws. */
export function removeCredentials(host: Host, exec: ExecSettings, runtime: string, unit: string): void {
  if (!hasCredentials(exec)) return;
  try {
    host.files.removeTree(credentialsDirectory(runtime, unit));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
