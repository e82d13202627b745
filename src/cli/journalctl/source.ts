/** Where journalctl reads from: the journal of the manager that answers, or directories and files. */
import { defaultDirectories, type Journal } from '../../journal/journal.ts';
import type { JournalSource } from '../../journal/read/view.ts';
import { mayReadJournal } from '../../journal/storage/readers.ts';
import { parseSegmentName, type SegmentFile } from '../../journal/storage/segment.ts';
import { listSegments, sortSegments } from '../../journal/storage/store.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Files, type Host, SystemError } from '../../sys/host.ts';
import { pathJoin } from '../../text/paths.ts';
import type { CliContext } from '../common/context.ts';
import type { JournalctlOptions } from './options.ts';

/** A source that journalctl opened, and what it can tell about changes. */
export interface OpenSource extends JournalSource {
  readonly directories: readonly string[];
  /** True where something is there that may not be read. */
  readonly denied: boolean;
  /** Calls back when there may be more to read. */
  watch(callback: () => void): { close(): void };
  /** The manager's journal behind it. */
  readonly journal: Journal | undefined;
}

class ManagerSource implements OpenSource {
  readonly journal: Journal;
  readonly denied: boolean = false;
  constructor(journal: Journal) {
    this.journal = journal;
  }
  get files(): JournalSource['files'] {
    return this.journal.files;
  }
  get directories(): readonly string[] {
    return this.journal.directories();
  }
  segments(): readonly SegmentFile[] {
    return this.journal.segments();
  }
  watch(callback: () => void): { close(): void } {
    return this.journal.onAppend(callback);
  }
}

/** What is a user's own in a journal that they may not read. */
class UsersSource extends ManagerSource {
  override readonly denied = true;
  readonly #own: JournalSource;
  readonly uid: number;
  constructor(journal: Journal, own: JournalSource, uid: number) {
    super(journal);
    this.#own = own;
    this.uid = uid;
  }
  override segments(): readonly SegmentFile[] {
    return this.#own.segments();
  }
}

/** Segments of directories, as they are now; a watch looks again. */
class DirectorySource implements OpenSource {
  readonly journal = undefined;
  readonly directories: readonly string[];
  readonly denied: boolean;
  readonly #host: Host;
  readonly #only: readonly SegmentFile[] | undefined;
  #segments: SegmentFile[];

  constructor(host: Host, directories: readonly string[], only?: readonly SegmentFile[]) {
    this.#host = host;
    this.directories = directories;
    this.#only = only;
    this.#segments = only === undefined ? this.#list() : [...only];
    this.denied =
      directories.some((directory) => exists(host.files, directory) && !host.files.access(directory, 'read')) ||
      this.#segments.some((segment) => !readable(host.files, segment));
    this.#segments = this.#segments.filter((segment) => readable(host.files, segment));
  }

  get files(): Files {
    return this.#host.files;
  }

  #list(): SegmentFile[] {
    return sortSegments(this.directories.flatMap((directory) => listSegments(this.#host.files, directory)));
  }

  segments(): readonly SegmentFile[] {
    return this.#segments;
  }

  /** Segments that are known stay the same objects. */
  #refresh(): void {
    if (this.#only !== undefined) return;
    const known = new Map(this.#segments.map((segment) => [`${segment.directory}/${segment.name}`, segment]));
    this.#segments = this.#list()
      .map((segment) => known.get(`${segment.directory}/${segment.name}`) ?? segment)
      .filter((segment) => readable(this.#host.files, segment));
  }

  watch(callback: () => void): { close(): void } {
    const changed = (): void => {
      this.#refresh();
      callback();
    };
    const places = this.#only === undefined ? this.directories : this.#only.map((segment) => segment.directory);
    const watches = [...new Set(places)].flatMap((directory) => {
      try {
        // Each write to a segment is news, and a directory hears of those in it.
        return [this.#host.watchPath(directory, 'modified', { changed, failed: () => {} })];
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        return [];
      }
    });
    return {
      close: () => {
        for (const watch of watches) watch.close();
      },
    };
  }
}

/** Those that journald keeps no file for: below 1000, users that the manager makes up (61184 to 65519), and nobody. */
const isSystemUser = (uid: number): boolean => uid < 1000 || (uid >= 61184 && uid <= 65519) || uid === 65534;

function exists(files: Files, path: string): boolean {
  return files.tryStat(path) !== undefined;
}

function readable(files: Files, segment: SegmentFile): boolean {
  return files.access(`${segment.directory}/${segment.name}`, 'read');
}

const machinePattern = /^[0-9a-f]{32}$/;

/** Directories of machines below a journal directory. */
function machineDirectories(files: Files, base: string): string[] {
  try {
    return files
      .readdir(base)
      .filter((name) => machinePattern.test(name))
      .map((name) => `${base}/${name}`);
  } catch {
    return [];
  }
}

/** The journal that the options ask for, or why it cannot be opened. */
export function openSource(context: CliContext, options: JournalctlOptions): OpenSource | { error: string } {
  const { host, manager } = context;
  const { files } = host;
  const absolute = (path: string): string => (path.startsWith('/') ? path : pathJoin(context.cwd, path));
  if (options.machine !== undefined)
    return { error: 'Failed to open root directory: journals of other containers cannot be read from here.' };
  if (options.image !== undefined) return { error: 'Failed to open image: disk images are not supported.' };
  if (options.directory !== undefined) {
    const directory = absolute(options.directory);
    const problem = cannotRead(files, directory);
    if (problem !== undefined) return { error: `Failed to open ${options.directory}: ${problem}` };
    return new DirectorySource(host, [directory, ...machineDirectories(files, directory)]);
  }
  if (options.files.length > 0) {
    const segments: SegmentFile[] = [];
    for (const file of options.files.map(absolute)) {
      const slash = file.lastIndexOf('/');
      const segment = parseSegmentName(file.slice(0, slash), file.slice(slash + 1));
      if (!exists(files, file)) return { error: 'Failed to open files: No such file or directory' };
      if (segment === undefined) return { error: `Failed to open files: ${file} is no journal of pidone.` };
      segments.push(segment);
    }
    return new DirectorySource(host, [], sortSegments(segments));
  }
  if (options.root !== undefined) {
    const root = absolute(options.root);
    const bases = ['/var/log/journal', '/run/log/journal'].map((base) => pathJoin(root, base));
    return new DirectorySource(
      host,
      bases.flatMap((base) => [base, ...machineDirectories(files, base)]),
    );
  }
  const namespaced = options.namespace !== undefined && !/^(?:|\*|\+.*)$/.test(options.namespace);
  if (namespaced) return new DirectorySource(host, []);
  // The entries of the system's users are in the system's file.
  const shared = host.voice.journal.systemUsersShareFile && isSystemUser(context.caller.uid);
  const userOnly = options.user && !options.system && !shared;
  if (manager !== undefined) {
    if (userOnly && manager.journal.scope === 'system') return new DirectorySource(host, []);
    if (mayReadJournal(host, context.caller)) return new ManagerSource(manager.journal);
    const own = manager.journal.ofUser(context.caller.uid);
    return own === undefined
      ? new DirectorySource(host, [], [])
      : new UsersSource(manager.journal, own, context.caller.uid);
  }
  return new DirectorySource(host, defaultPlaces(host, userOnly, options));
}

function defaultPlaces(host: Host, userOnly: boolean, options: JournalctlOptions): string[] {
  const { files } = host;
  const user = defaultDirectories(host, 'user');
  if (userOnly) return [user.persistent, user.runtime];
  const system = defaultDirectories(host, 'system');
  const places = options.merge
    ? ['/var/log/journal', '/run/log/journal'].flatMap((base) => machineDirectories(files, base))
    : [system.persistent, system.runtime];
  // An ordinary user sees their own, too.
  return host.uid === 0 || options.system ? places : [...places, user.persistent, user.runtime];
}

function cannotRead(files: Files, directory: string): string | undefined {
  try {
    files.readdir(directory);
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) return String(error);
    return errorText(error.code);
  }
}
