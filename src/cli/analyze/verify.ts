/** systemd-analyze verify: loads units as a manager would, plans their start, and says what is wrong with them. */
import { locateExecutable } from '../../exec/executable.ts';
import { withoutEffect } from '../../exec/without-effect.ts';
import { Transaction } from '../../jobs/transaction.ts';
import type { Manager } from '../../manager/manager.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import type { ExecCommand } from '../../unitfile/language/exec-command.ts';
import { buildUnitName, unitPrefix } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import { Service } from '../../units/service.ts';
import { Socket } from '../../units/socket.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { runProgram } from '../common/run-program.ts';
import { absolute, Findings, loadArgument, loadingManager, nameOf } from './loading-manager.ts';
import type { AnalyzeOptions } from './options.ts';

class Verifier {
  readonly #context: CliContext;
  readonly #options: AnalyzeOptions;
  readonly #manager: Manager;

  constructor(context: CliContext, options: AnalyzeOptions, manager: Manager) {
    this.#context = context;
    this.#options = options;
    this.#manager = manager;
  }

  #error(text: string): false {
    say(this.#context, 'error', text);
    return false;
  }

  /** All checks of a unit are made, whatever the first of them says. */
  async verify(unit: Unit): Promise<boolean> {
    const results = [this.#plan(unit), this.#checkSocket(unit), this.#checkExecutables(unit)];
    if (this.#options.man) results.push(await this.#checkManuals(unit));
    this.#tellWithoutEffect(unit);
    return results.every((result) => result);
  }

  /** A start and everything it pulls in, up to the point where jobs would be installed. */
  #plan(unit: Unit): boolean {
    const manager = this.#manager;
    try {
      new Transaction(
        {
          log: (level, message, of) => manager.log(level, message, of),
          voice: this.#context.host.voice.manager,
          skipLine: () => {},
          retryLoad: () => {},
          allUnits: () => manager.units.all(),
        },
        [{ type: 'start', unit }],
        'replace',
      ).resolve('replace');
      return true;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      if (error.busName === 'org.freedesktop.systemd1.TransactionOrderIsCyclic') {
        const what = 'Requested transaction contains an unfixable cyclic ordering dependency';
        say(this.#context, 'warning', `${what}: ${error.message}`);
      }
      return this.#error(`${unit.id}: Failed to create ${unit.id}/start: ${error.message}`);
    }
  }

  #checkSocket(unit: Unit): boolean {
    if (!(unit instanceof Socket)) return true;
    const service = this.#serviceOf(unit);
    if (service === undefined) {
      return this.#error(`${unit.id}: service unit for the socket cannot be loaded: No data available`);
    }
    if (service.loadState === 'loaded') return true;
    return this.#error(`${unit.id}: service ${service.id} not loaded, socket cannot be started.`);
  }

  /** A socket that accepts has a service for each connection; any instance stands for them. */
  #serviceOf(unit: Unit): Unit | undefined {
    if (unit.loaded.socket?.Accept === true) {
      const name = buildUnitName(unitPrefix(unit.id) ?? '', 'internal', '.service');
      return name === undefined ? undefined : this.#manager.units.load(name);
    }
    // Where dependencies are not looked at, the trigger is none either.
    const name = unit.loaded.socket?.Service;
    return name === undefined ? undefined : this.#manager.units.load(name);
  }

  /** The first command of each line that has any, unless its failure does not count. */
  #checkExecutables(unit: Unit): boolean {
    const { service, socket } = unit.loaded;
    const lists: (readonly ExecCommand[] | undefined)[] =
      unit instanceof Service && service !== undefined
        ? [
            service.ExecCondition,
            service.ExecStartPre,
            service.ExecStart,
            service.ExecStartPost,
            service.ExecReload,
            service.ExecStop,
            service.ExecStopPost,
          ]
        : [socket?.ExecStartPre, socket?.ExecStartPost, socket?.ExecStopPre, socket?.ExecStopPost];
    let good = true;
    for (const list of lists) {
      const command = list?.[0];
      if (command === undefined || command.ignoreFailure) continue;
      const code = this.#hindrance(command.path);
      if (code === undefined) continue;
      good = this.#error(`${unit.id}: Command ${command.path} is not executable: ${errorText(code)}`);
    }
    return good;
  }

  #hindrance(path: string): string | undefined {
    const root = this.#options.root ?? '';
    const host: Host = this.#context.host;
    const places = root === '' ? [] : [`${root}/usr/bin`, `${root}/bin`, `${root}/usr/sbin`, `${root}/sbin`];
    const located = locateExecutable(host, path.startsWith('/') ? root + path : path, places);
    return 'code' in located ? located.code : undefined;
  }

  async #checkManuals(unit: Unit): Promise<boolean> {
    let good = true;
    for (const uri of unit.loaded.unit.Documentation) {
      if (!uri.startsWith('man:')) continue;
      const page = uri.slice('man:'.length);
      const [, name = page, section] = /^(.*)\(([^()]*)\)$/.exec(page) ?? [];
      const code = await this.#manual(section === undefined ? [name] : [section, name]);
      if (code !== 0) good = this.#error(`${unit.id}: Command 'man ${page}' failed with code ${code}`);
    }
    return good;
  }

  /** Exit status of man(1), whose output nobody wants to see. */
  async #manual(args: readonly string[]): Promise<number> {
    if ('code' in locateExecutable(this.#context.host, 'man', [])) {
      return 1;
    }
    try {
      return await runProgram(this.#context, ['sh', '-c', 'exec man "$@" </dev/null >/dev/null 2>&1', 'sh', ...args]);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return 1;
    }
  }

  /** Settings that are read and do nothing here: no error, but nothing to find out by surprise. */
  #tellWithoutEffect(unit: Unit): void {
    for (const { key, inPart, reason } of withoutEffect(unit.loaded, this.#context.host)) {
      const how = inPart ? 'has an effect only in part here' : 'has no effect here';
      say(this.#context, 'notice', `${unit.id}: ${key}= ${how}${reason === undefined ? '' : `: ${reason}`}`);
    }
  }
}

/** `FILE:NAME` is checked under another name: as a copy in a directory that is removed afterwards. */
function withAliases(context: CliContext, args: readonly string[]): { names: string[]; directory?: string } | string {
  const { files } = context.host;
  let directory: string | undefined;
  const names: string[] = [];
  for (const arg of args) {
    const colon = arg.indexOf(':');
    if (colon < 0) {
      names.push(arg);
      continue;
    }
    const alias = nameOf(arg.slice(colon + 1));
    try {
      if (alias === '') return errorText('EADDRNOTAVAIL');
      directory ??= `/tmp/systemd-analyze-${context.host.randomBytes(6).toString('hex')}`;
      if (files.tryLstat(directory) === undefined) files.mkdir(directory, 0o700);
      files.writeAtomic(`${directory}/${alias}`, files.readFile(absolute(context, arg.slice(0, colon))), 0o644);
    } catch (error) {
      if (directory !== undefined) files.removeTree(directory);
      if (!(error instanceof SystemError)) throw error;
      return errorText(error.code);
    }
    names.push(`${directory}/${alias}`);
  }
  return { names, ...(directory === undefined ? {} : { directory }) };
}

/** Exit status 1 where something is wrong; with --recursive-errors= also for lines that are only ignored. */
export async function verify(context: CliContext, options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const prepared = withAliases(context, args);
  if (typeof prepared === 'string') {
    say(context, 'error', `Couldn't process aliases: ${prepared}`);
    return 1;
  }
  const { host } = context;
  const hearsExits = host.onExits;
  try {
    const findings = new Findings(context, options.scope === 'system' ? 'system' : 'user');
    const manager = loadingManager(context, options, prepared.names, findings);
    const verifier = new Verifier(context, options, manager);
    let good = true;
    const units: Unit[] = [];
    for (const name of prepared.names) {
      const unit = loadArgument(context, options, manager, name);
      if (unit === undefined) good = false;
      else units.push(unit);
    }
    for (const unit of units) if (!(await verifier.verify(unit))) good = false;
    if (!good) return 1;
    switch (options.recursiveErrors) {
      case undefined:
        return 0;
      case 'one':
        return prepared.names.some((name) => findings.units.has(nameOf(name))) ? 1 : 0;
      default:
        return findings.units.size > 0 ? 1 : 0;
    }
  } finally {
    host.onExits = hearsExits;
    if (prepared.directory !== undefined) host.files.removeTree(prepared.directory);
  }
}
