/**
 * systemd-sysusers(8): makes system users and groups as sysusers.d(5) says. Here configuration is read; a line becomes an
 * `Item` (parse.ts, item.ts), which allocate.ts gives a number that nobody has in the databases (databases.ts), shells.ts
 * a shell; write.ts writes the databases anew.
 *
 * It asks no manager. Where configuration lies, and paths below --root=, are in ../common/.
 */

import { ownBusiness } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { type Severity, say } from '../../program/messages.ts';
import { simpleProgram } from '../../program/program.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { pathJoin } from '../../text/paths.ts';
import {
  configLines,
  configurationDirectories,
  credentialsDirectory,
  listConfigFiles,
} from '../common/config-files.ts';
import { ConfigReader, catConfigFiles } from '../common/config-reader.ts';
import { settleConfigOptions } from '../common/options.ts';
import { Allocator } from './allocate.ts';
import { type Entry, readDatabase } from './databases.ts';
import { type Configuration, newItem } from './item.ts';
import { defaultOptions, rows, type SysusersOptions } from './options.ts';
import { LineParser } from './parse.ts';
import { Writer } from './write.ts';

const commandLine = new CommandLine({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [CONFIGURATION FILE...]',
    about: 'Creates system user accounts.',
    width: 25,
    manual: 'systemd-sysusers.service(8)',
  },
  options: [[undefined, rows]],
  errors: 'logged',
  defaults: defaultOptions,
  settle: settleConfigOptions,
});

export const systemdSysusers = simpleProgram(commandLine, ownBusiness, run);

const directories = configurationDirectories('sysusers.d');
const dayMs = 86_400_000;

/** Reads lines and files into a configuration. */
class Reader extends ConfigReader<SysusersOptions> {
  readonly #parser: LineParser;

  constructor(context: ProgramContext, options: SysusersOptions, parser: LineParser) {
    super(context, options, directories);
    this.#parser = parser;
  }

  protected override readOperands(): boolean {
    const { inline, operands } = this.options;
    if (!inline) return super.readOperands();
    return operands.every((line, index) => this.#parser.parse(`(argument):${index + 1}`, line));
  }

  protected override complain(step: 'open' | 'read', name: string, reason: string): void {
    const ignoring = step === 'open' ? ', ignoring' : '';
    say(this.context, 'error', `Failed to ${step} '${name}'${ignoring}: ${reason}`);
  }

  protected override take(file: { path: string; text: string }, name: string): boolean {
    const path = name === '-' ? name : file.path;
    let good = true;
    for (const [number, line] of configLines(file.text)) good = this.#parser.parse(`${path}:${number}`, line) && good;
    return good;
  }
}

/** Users and groups that are only named as members, or for members. */
function addImplicit({ users, groups, members }: Configuration): void {
  for (const [group, names] of members) {
    for (const name of names) if (!users.has(name)) users.set(name, newItem('u', name));
    if (!users.has(group) && !groups.has(group)) groups.set(group, newItem('g', group));
  }
}

/** $SOURCE_DATE_EPOCH makes what is written reproducible. */
function today({ env, host }: ProgramContext): number {
  const epoch = env.SOURCE_DATE_EPOCH;
  return Math.floor((epoch !== undefined && /^\d{1,12}$/.test(epoch) ? Number(epoch) * 1000 : host.now()) / dayMs);
}

/** Makes system users and groups as sysusers.d(5) says. The result is the exit status. */
async function run(context: ProgramContext, options: SysusersOptions): Promise<number> {
  const { files } = context.host;
  const { root, dryRun } = options;
  if (options.catConfig) return catConfigFiles(context, listConfigFiles(files, root, directories), options);

  const tell = (severity: Severity, text: string): void => say(context, severity, text);
  const configuration: Configuration = { users: new Map(), groups: new Map(), members: new Map(), ranges: undefined };
  const reader = new Reader(context, options, new LineParser(context.host, root, configuration, tell));
  if (!reader.readAll()) return 1;
  reader.readCredential('sysusers.extra');
  addImplicit(configuration);

  const fail = (text: string, error: unknown): number => {
    if (!(error instanceof SystemError)) throw error;
    tell('error', `${text}: ${errorText(error.code)}`);
    return 1;
  };
  let lock: { close(): void } | undefined;
  try {
    if (!dryRun) lock = files.lockFile(pathJoin(root ?? '', '/etc/.pwd.lock'));
  } catch (error) {
    return fail('Failed to take /etc/passwd lock', error);
  }
  const mask = files.umask(0o022);
  try {
    const read = (kind: 'passwd' | 'group'): Entry[] | undefined =>
      readDatabase(files, pathJoin(root ?? '', '/etc', kind), kind);
    let passwd: Entry[] | undefined;
    let group: Entry[] | undefined;
    try {
      passwd = read('passwd');
    } catch (error) {
      return fail('Failed to load user database', error);
    }
    try {
      group = read('group');
    } catch (error) {
      return fail('Failed to read group database', error);
    }
    const allocator = new Allocator({ files, root, configuration, say: tell }, passwd, group);
    allocator.allocate();
    const { newUsers, newGroups } = allocator;
    const credentials = credentialsDirectory(context);
    const { host } = context;
    const writer = new Writer({
      host,
      root,
      configuration,
      newUsers,
      newGroups,
      today: today(context),
      credentials,
      dryRun,
      say: tell,
    });
    return writer.write() ? 0 : 1;
  } finally {
    files.umask(mask);
    lock?.close();
  }
}
