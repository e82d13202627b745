/**
 * systemd-tmpfiles(8): makes, cleans and removes files as tmpfiles.d(5) says. Here configuration is read and its lines put to
 * work in the order that they need. A line becomes an `Item` (parse.ts, arguments.ts, acl.ts, capabilities.ts; item.ts has what an item is,
 * names.ts its users and groups); create.ts makes what it asks for (copy.ts, perms.ts), clean.ts removes what has grown
 * old, glob.ts finds the paths of a pattern. run.ts opens files without following anyone's links, below the root and below
 * parents.ts's directories; would.ts is --dry-run; log.ts says what went wrong.
 *
 * It asks no manager. Where configuration lies, and paths below --root=, are in ../common/.
 */

import { ownBusiness } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { simpleProgram } from '../../program/program.ts';
import { removeTree } from '../../sys/remove-tree.ts';
import { pathEquals, pathJoin, pathStartsWith } from '../../text/paths.ts';
import { configLines, configurationDirectories, listConfigFiles } from '../common/config-files.ts';
import { ConfigReader, catConfigFiles } from '../common/config-reader.ts';
import { Cleaner } from './clean.ts';
import { createItem, globItem } from './create.ts';
import { globPaths, isPattern, pathMatcher } from './glob.ts';
import { directoryTypes, type Item, type ItemGroup, ItemTable, type Operation, purgedTypes } from './item.ts';
import { Failure, Log } from './log.ts';
import { defaultOptions, rows, settleOptions, type TmpfilesOptions } from './options.ts';
import { LineParser } from './parse.ts';
import type { Run } from './run.ts';
import { sayWould } from './would.ts';

const commandLine = new CommandLine({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [CONFIGURATION FILE...]',
    about: 'Creates, deletes and cleans up volatile and temporary files and directories.',
    highlightAbout: true,
    width: 25,
    manual: 'systemd-tmpfiles(8)',
  },
  options: [[undefined, rows]],
  errors: 'logged',
  defaults: defaultOptions,
  settle: settleOptions,
});

export const systemdTmpfiles = simpleProgram(commandLine, ownBusiness, run);

/** sysexits.h: what a configuration that is wrong, and work that failed, end with (systemd-tmpfiles(8), EXIT STATUS). */
const dataError = 65;
const cannotCreate = 73;

/** Failures that would happen to any program at such a time. */
const noResources: ReadonlySet<string> = new Set(['ENOMEM', 'EMFILE', 'ENFILE']);

/** file-hierarchy(7), of a user: configuration, then what is temporary, then data. */
function userDirectories({ env }: ProgramContext): string[] {
  const split = (text: string | undefined, fallback: string): string[] =>
    (text || fallback).split(':').filter((path) => path.startsWith('/'));
  const { HOME: home } = env;
  const own = (set: string | undefined, below: string): string[] =>
    set ? [set] : home === undefined ? [] : [pathJoin(home, below)];
  return [
    ...split(env.XDG_CONFIG_DIRS, '/etc/xdg'),
    ...own(env.XDG_CONFIG_HOME, '.config'),
    ...(env.XDG_RUNTIME_DIR ? [env.XDG_RUNTIME_DIR] : []),
    ...own(env.XDG_DATA_HOME, '.local/share'),
    ...split(env.XDG_DATA_DIRS, '/usr/local/share:/usr/share'),
  ].map((path) => pathJoin(path, 'user-tmpfiles.d'));
}

/** Reads configuration into a table. */
class Reader extends ConfigReader<TmpfilesOptions> {
  readonly #log: Log;
  readonly #table: ItemTable;
  readonly #parser: LineParser;
  /** Some line was no good. */
  invalid = false;

  constructor(
    context: ProgramContext,
    options: TmpfilesOptions,
    directories: readonly string[],
    log: Log,
    table: ItemTable,
  ) {
    super(context, options, directories);
    this.#log = log;
    this.#table = table;
    this.#parser = new LineParser(context, options, log, table);
  }

  protected override readOperands(): boolean {
    const { inline, operands } = this.options;
    if (!inline) return super.readOperands();
    const good = operands.map((line, index) => this.#line(`(argument):${index + 1}`, line));
    this.#lendAges();
    return good.every(Boolean);
  }

  /** False where the line failed. */
  #line(where: string, line: string): boolean {
    const result = this.#parser.parse(where, line);
    if (result === 'invalid') this.invalid = true;
    return result !== 'failed';
  }

  protected override complain(step: 'open' | 'read', name: string, reason: string): void {
    this.#log.say('error', `Failed to ${step} '${name}': ${reason}`);
  }

  protected override take({ path, text }: { path: string; text: string }): boolean {
    let good = true;
    for (const [number, line] of configLines(text)) good = this.#line(`${path}:${number}`, line) && good;
    this.#lendAges();
    return good;
  }

  /** X lines have the age of the directory that they are in. */
  #lendAges(): void {
    const directories = [...this.#table.items.values()].flatMap(({ items }) =>
      items.filter(({ type }) => directoryTypes.has(type)),
    );
    for (const { items } of this.#table.globs.values()) {
      for (const item of items) {
        if (item.type !== 'X') continue;
        const matches = pathMatcher(item.path);
        let lender: Item | undefined;
        for (const directory of directories) {
          if (pathEquals(directory.path, item.path)) {
            lender = directory;
            break;
          }
          const isNearer =
            lender === undefined
              ? pathStartsWith(item.path, directory.path) !== undefined
              : pathStartsWith(directory.path, lender.path) !== undefined && matches(directory.path);
          if (isNearer) lender = directory;
        }
        if (lender?.age !== undefined) item.age = lender.age;
      }
    }
  }
}

/** Applies lines in the order that they need. */
class Worker {
  readonly #run: Run;
  readonly #dryRun: boolean;
  readonly #cleaner: Cleaner;
  readonly #autofs: readonly string[];
  /** The first failure's errno. */
  failure: string | undefined;

  constructor(run: Run, dryRun: boolean) {
    this.#run = run;
    this.#dryRun = dryRun;
    this.#cleaner = new Cleaner(run);
    const mounts = run.host.mountTable().filter(({ fstype }) => fstype === 'autofs');
    this.#autofs = mounts.map(({ target }) => target);
  }

  /** What clears away comes before what makes; what has one path before what adjusts many. */
  work(operations: ReadonlySet<Operation>): void {
    const { items, globs } = this.#run.table;
    const phases: Operation[][] = [['purge'], ['remove', 'clean'], ['create']];
    for (const phase of phases) {
      const wanted = phase.filter((operation) => operations.has(operation));
      if (wanted.length === 0) continue;
      for (const group of [...items.values(), ...globs.values()]) this.#group(group, wanted);
    }
  }

  #group(group: ItemGroup, operations: readonly Operation[]): void {
    if (operations.includes('create')) {
      if (group.parent !== undefined) this.#group(group.parent, ['create']);
    } else for (const child of group.children) this.#group(child, operations);
    for (const item of group.items) this.#item(item, operations);
  }

  #item(item: Item, operations: readonly Operation[]): void {
    const todo = operations.filter((operation) => !item.done.has(operation));
    if (todo.length === 0) return;
    for (const operation of operations) item.done.add(operation);
    if (this.#isBelowAutofs(item.path)) return;
    for (const operation of operations) {
      try {
        this.#apply(item, operation);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (operation !== 'create' || !item.allowFailure) this.failure ??= error.code;
      }
    }
  }

  #apply(item: Item, operation: Operation): void {
    if (this.#dryRun) sayWould(this.#run, item, operation);
    else if (operation === 'create') createItem(this.#run, item);
    else if (operation === 'clean') this.#cleaner.clean(item);
    else if (operation === 'purge') this.#purge(item);
    else this.#remove(item);
  }

  /** tmpfiles.d(5), `$`: what the line may have made goes, with all that it holds. */
  #purge(item: Item): void {
    if (!item.purge || !purgedTypes.has(item.type)) return;
    const paths = isPattern(item.path) ? globPaths(this.#run.host.files, item.path) : [item.path];
    for (const path of paths) this.#removeTree(path, false);
  }

  #removeTree(path: string, contents: boolean): void {
    const { log, host } = this.#run;
    log.attempt(
      () => removeTree(host.files, path, contents),
      (reason) => `rm_rf(${path}): ${reason}`,
    );
  }

  /** R and D with --remove: where the release does so, what other lines are about stays, `x` before all. */
  #removeOwn(item: Item, path: string): void {
    if (this.#run.host.voice.tmpfiles.sparesOtherLines && this.#cleaner.hasLinesBelow(path))
      this.#cleaner.removeBelow(item, path);
    else this.#removeTree(path, item.type === 'D');
  }

  #remove(item: Item): void {
    const { files } = this.#run.host;
    const { log } = this.#run;
    if (item.type === 'D') this.#removeOwn(item, item.path);
    else if (item.type === 'R') globItem(this.#run, item, (_run, _item, path) => this.#removeOwn(item, path));
    else if (item.type === 'r') {
      globItem(this.#run, item, (_run, _item, path) => {
        log.attempt(
          () => {
            const stat = files.tryLstat(path);
            if (stat?.type === 'directory') files.rmdir(path);
            else if (stat !== undefined) files.unlink(path);
          },
          (reason) => `rm(${path}): ${reason}`,
        );
      });
    }
  }

  /** Waking a file system that is mounted on demand could take for ever. */
  #isBelowAutofs(path: string): boolean {
    if (this.#autofs.length === 0) return false;
    const fixed = isPattern(path) ? path.slice(0, path.slice(0, path.search(/[*?[]/)).lastIndexOf('/') + 1) : path;
    const mount = this.#autofs.find((target) => pathStartsWith(fixed, target) !== undefined);
    if (mount === undefined) return false;
    this.#run.log.say('warning', `Detected autofs mount point ${mount} during canonicalization of ${fixed}.`);
    this.#run.log.say('notice', `Skipping ${path}`);
    return true;
  }
}

/** Makes, cleans and removes files as tmpfiles.d(5) says. The result is the exit status. */
async function run(context: ProgramContext, options: TmpfilesOptions): Promise<number> {
  const { host } = context;
  const log = new Log(context);
  const directories = options.user ? userDirectories(context) : configurationDirectories('tmpfiles.d');
  if (options.catConfig)
    return catConfigFiles(context, listConfigFiles(host.files, options.root, directories), options);
  if (!host.files.access('/proc/self', 'exists')) {
    log.say(
      'error',
      '/proc/ is not mounted, but required for successful operation of systemd-tmpfiles. Please mount /proc/.',
    );
    return 1;
  }

  const table = new ItemTable();
  const reader = new Reader(context, options, directories, log, table);
  if (!reader.readAll()) return 1;
  reader.readCredential('tmpfiles.extra');
  table.linkParents();

  const mask = host.files.umask(0);
  try {
    const worker = new Worker({ context, host, root: options.root, log, table }, options.dryRun);
    worker.work(options.operations);
    const { failure } = worker;
    if (failure !== undefined && noResources.has(failure)) return 1;
    if (reader.invalid) return dataError;
    return failure === undefined ? 0 : cannotCreate;
  } finally {
    host.files.umask(mask);
  }
}
