/** `systemctl status`: how units, or the whole system, are doing. */

import { withoutEffect, withoutEffectText } from '../../exec/without-effect.ts';
import type { JournalEntry } from '../../journal/entry/entry.ts';
import { EntryFormatter } from '../../journal/read/format.ts';
import { mayReadJournal } from '../../journal/storage/readers.ts';
import { type Style, styleOf } from '../../program/colors.ts';
import { inTurns, printInTurns, workInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { errnoName } from '../../sys/errno-names.ts';
import { errorText } from '../../sys/error-text.ts';
import { versionLine } from '../../sys/version.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { currentlyActive } from '../../units/concurrency.ts';
import { controlGroupOf } from '../../units/control-group.ts';
import type { CommandRun } from '../../units/control-process.ts';
import { Mount } from '../../units/mount.ts';
import { Service } from '../../units/service.ts';
import { type ExecStatus, execKinds } from '../../units/service-types.ts';
import { Slice } from '../../units/slice.ts';
import { Socket, socketCommands } from '../../units/socket.ts';
import { TimerUnit } from '../../units/timer.ts';
import {
  type ActiveState,
  type ConditionStatus,
  isActiveOrReloading,
  isInactiveOrFailed,
  type Unit,
} from '../../units/unit.ts';
import { exitStatusName } from '../../values/exit-status.ts';
import { unlimitedUnits } from '../../values/limits.ts';
import { signalName } from '../../values/signals.ts';
import { formatTimeSpanUsec, toUsec } from '../../values/time/time-span.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { cpuUsageMs, usesCpu } from '../common/cpu-usage.ts';
import { changedOnDisk } from '../common/jobs.ts';
import { type ManagerView, managerOf, unitToTellOf } from '../common/manager-view.ts';
import { processTree } from '../common/process-tree.ts';
import { nextElapse } from './list.ts';
import type { SystemctlOptions } from './options.ts';
import { isFullWidth, Moments } from './output.ts';
import { expandUnitNames, listUnits, sortUnits, withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

/** Everything that one call needs to print units. */
class StatusPrinter {
  readonly #context: CliContext;
  readonly #manager: ManagerView;
  readonly #options: SystemctlOptions;
  readonly #style: Style;
  readonly #moments: Moments;
  readonly #full: boolean;
  readonly #log: EntryFormatter;
  #first = true;
  ellipsized = false;

  constructor(context: CliContext, manager: ManagerView, options: SystemctlOptions) {
    this.#context = context;
    this.#manager = manager;
    this.#options = options;
    this.#style = styleOf(context);
    this.#moments = new Moments(context, options.timestampStyle);
    // A pipe or a pager takes lines of any length.
    this.#full = isFullWidth(context, options) || !this.#style.onTerminal;
    this.#log = new EntryFormatter({
      mode: options.output,
      zone: callersZone(context),
      all: options.showEmpty,
      full: this.#full,
      color: this.#style.colored,
      columns: this.#style.columns,
      utf8: this.#style.utf8,
    });
  }

  /** One more of several: set apart by an empty line. */
  #begin(): void {
    if (!this.#first) this.#context.out('\n');
    this.#first = false;
  }

  // ---- the whole system -------------------------------------------------------------------------------------------

  async system(): Promise<void> {
    const { colors, glyphs } = this.#style;
    const manager = this.#manager;
    const state = manager.systemState;
    const color = state === 'degraded' ? colors.red : state === 'running' ? colors.green : colors.yellow;
    const { hostname } = manager.host;
    this.#begin();
    this.#context.out(
      `${color}${glyphs.circle}${colors.normal} ${hostname}\n` +
        `    State: ${color}${state}${colors.normal}\n` +
        `    Units: ${manager.units.nameCount} loaded (incl. loaded aliases)\n` +
        `     Jobs: ${manager.jobs.size} queued\n` +
        `   Failed: ${manager.units.failed.size} units\n` +
        (manager.crashes.count > 0 ? `  Crashes: ${manager.crashes.count}\n` : '') +
        `    Since: ${this.#moments.both(manager.timestamps.userspace.realtime)}\n` +
        `  systemd: ${versionLine(manager.host.voice)}\n` +
        '   CGroup: /\n',
    );
    const root = manager.units.find('-.slice');
    if (root !== undefined) await this.#tree(root, '/', 11);
  }

  #tree(unit: Unit, path: string, indent: number): Promise<void> {
    const options = { prefix: ' '.repeat(indent), full: this.#full, style: this.#style };
    return printInTurns(this.#context, processTree(this.#context, this.#manager, unit, path, options));
  }

  // ---- one unit ---------------------------------------------------------------------------------------------------

  /** The exit status of the LSB: 0 active, 3 not, 4 no such unit. */
  async unit(name: string): Promise<number> {
    const unit = unitToTellOf(this.#context, this.#manager, name);
    if (unit.loadState === 'not-found' && unit.activeState === 'inactive') {
      say(this.#context, 'error', `Unit ${name} could not be found.`);
      return 4;
    }
    const cpu = await this.#cpuLine(unit);
    this.#begin();
    this.#context.out(
      this.#head(unit) +
        this.#activity(unit) +
        this.#invocation(unit) +
        this.#triggers(unit) +
        this.#conditions(unit) +
        this.#places(unit) +
        this.#processes(unit) +
        this.#active(unit) +
        cpu,
    );
    const path = controlGroupOf(unit);
    if (path !== '' && this.#hasGroup(unit)) {
      this.#context.out(`     CGroup: ${path}\n`);
      await this.#tree(unit, path, 13);
    }
    await this.#logLines(unit);
    if (this.#manager.loader.needsReload(unit.loaded))
      say(this.#context, 'warning', changedOnDisk(unit.id, this.#options.scope));
    return isActiveOrReloading(unit.activeState) ? 0 : 3;
  }

  /** In later systemd a socket or mount has a control group from its first process on. */
  #hasGroup(unit: Unit): boolean {
    const { host, tracker } = this.#manager;
    if (host.voice.systemctl.emptyCGroup || unit.perpetual || unit.type === 'slice') return true;
    if (tracker.hasProcesses(unit.id)) return true;
    return (unit.type === 'socket' || unit.type === 'mount') && tracker.hasCpu(unit.id);
  }

  #stateColor(state: ActiveState): [on: string, off: string] {
    const { colors } = this.#style;
    if (state === 'failed') return [colors.red, colors.normal];
    return isActiveOrReloading(state) ? [colors.green, colors.normal] : ['', ''];
  }

  #enableColor(state: string): [on: string, off: string] {
    const { colors } = this.#style;
    if (state === 'disabled') return [colors.yellow, colors.normal];
    return state === 'enabled' ? [colors.green, colors.normal] : ['', ''];
  }

  #pathLink(path: string, text = path): string {
    return this.#style.link(`file://${this.#manager.host.hostname}${path}`, text);
  }

  #head(unit: Unit): string {
    const [on, off] = this.#stateColor(unit.activeState);
    const { loaded } = unit;
    let text = `${on}${stateGlyph(unit.activeState, this.#style)}${off} ${unit.id}`;
    if (unit.description !== '' && unit.description !== unit.id) text += ` - ${unit.description}`;
    text += `\n${this.#loadedLine(unit)}`;
    if (loaded.transient) text += '  Transient: yes\n';
    return text + this.#dropIns(loaded.dropInPaths);
  }

  #loadedLine(unit: Unit): string {
    const { colors } = this.#style;
    const { loadState, loaded } = unit;
    const bad = loadState === 'error' || loadState === 'not-found' || loadState === 'bad-setting';
    const state = bad ? `${colors.red}${loadState}${colors.normal}` : loadState;
    const reason = loaded.loadError?.message ?? '';
    if (reason !== '') return `     Loaded: ${state} (Reason: ${reason})\n`;
    const path = loaded.sourcePath ?? loaded.fragmentPath;
    if (path === undefined) return `     Loaded: ${state}\n`;
    const shown = this.#pathLink(path);
    const enabled = this.#manager.unitFiles.of(unit).state;
    if (enabled === '') return `     Loaded: ${state} (${shown})\n`;
    const [on, off] = this.#enableColor(enabled);
    const preset = this.#manager.unitFiles.of(unit).preset;
    const [presetOn, presetOff] = this.#enableColor(preset);
    const hidden = preset === '' || presetHidden.has(enabled);
    // systemctl writes the colours of a preset that it does not show.
    const presetText = `${hidden ? '' : '; preset: '}${presetOn}${hidden ? '' : preset}${presetOff}`;
    return `     Loaded: ${state} (${shown}; ${on}${enabled}${off}${presetText})\n`;
  }

  #dropIns(paths: readonly string[]): string {
    const indent = ' '.repeat(13);
    let text = '';
    let directory: string | undefined;
    paths.forEach((path, index) => {
      const slash = path.lastIndexOf('/');
      const own = path.slice(0, slash) || '/';
      if (own !== directory) {
        text += `${text === '' ? '    Drop-In: ' : indent}${own}\n${indent}${this.#style.glyphs.right}`;
        directory = own;
      }
      const next = paths[index + 1];
      const last = next === undefined || next.slice(0, next.lastIndexOf('/')) !== own;
      text += this.#pathLink(path, path.slice(slash + 1)) + (last ? '\n' : ', ');
    });
    return text;
  }

  #activity(unit: Unit): string {
    const { activeState, subState } = unit;
    const [on, off] = this.#stateColor(activeState);
    const state = activeState === subState ? activeState : `${activeState} (${subState})`;
    let text = `     Active: ${on}${state}${off}`;
    const result = 'result' in unit && typeof unit.result === 'string' ? unit.result : 'success';
    if (result !== 'success') text += ` (Result: ${result})`;
    const since = sinceOf(unit);
    if (since <= 0) text += '\n';
    else {
      text += ` since ${this.#moments.both(since)}\n`;
      const runtimeMax = unit.loaded.service?.RuntimeMaxSec ?? unit.loaded.scope?.RuntimeMaxSec;
      if (activeState === 'active' && runtimeMax !== undefined && runtimeMax !== Number.POSITIVE_INFINITY)
        text += `      Until: ${this.#moments.both(since + runtimeMax)}\n`;
      text += durationLine(unit);
    }
    const reason = unit.reasonNotRun;
    if (reason !== undefined) return `${text}    Not run: ${reason}\n`;
    const idle = withoutEffectText(withoutEffect(unit.loaded, this.#manager.host));
    return idle === '' ? text : `${text}  No effect: ${idle}\n`;
  }

  #triggers(unit: Unit): string {
    const list = (label: string, units: Iterable<Unit>, ownGlyph: boolean): string =>
      [...units]
        .map((other, index) => {
          const [on, off] = this.#stateColor(other.activeState);
          const glyph = ownGlyph ? stateGlyph(other.activeState, this.#style) : this.#style.glyphs.circle;
          return `${index === 0 ? label : ' '.repeat(label.length)} ${on}${glyph}${off} ${other.id}\n`;
        })
        .join('');
    let text = list('TriggeredBy:', unit.related('triggeredBy'), true);
    if (unit instanceof TimerUnit) {
      const next = nextElapse(unit, this.#moments.nowMs, this.#context.host.monotonic());
      text += `    Trigger: ${next === Number.POSITIVE_INFINITY ? 'n/a' : this.#moments.both(next)}\n`;
    }
    return text + list('   Triggers:', unit.related('triggers'), false);
  }

  #conditions(unit: Unit): string {
    const { colors, glyphs } = this.#style;
    let text = '';
    if (!unit.conditionResult && unit.conditionTimestamp.realtime > 0) {
      const when = this.#moments.both(unit.conditionTimestamp.realtime);
      text += `  Condition: start ${colors.yellow}${this.#manager.host.voice.systemctl.unmetCondition}${colors.normal} at ${when}\n`;
      const { conditionType } = this.#manager.host.voice.manager;
      // The last one comes first, as systemd has them.
      const unmet = unit.conditions.filter((c) => c.result === 'failed' || c.result === 'error').reverse();
      unmet.forEach((condition, index) => {
        const { type, trigger, negate, parameter } = condition;
        const glyph = index + 1 < unmet.length ? glyphs.branch : glyphs.right;
        text += `             ${glyph} Condition${conditionType(type)}=${trigger ? '|' : ''}${negate ? '!' : ''}${parameter} was not met\n`;
      });
    }
    if (!unit.assertResult && unit.assertTimestamp.realtime > 0) {
      const when = this.#moments.both(unit.assertTimestamp.realtime);
      text += `     Assert: start ${colors.red}assertion failed${colors.normal} at ${when}\n`;
      let shown: ConditionStatus | undefined;
      for (const assert of unit.asserts) {
        const unmet = assert.result === 'failed' || assert.result === 'error';
        if (unmet && (!assert.trigger || shown === undefined)) shown = assert;
      }
      if (shown?.trigger === true) text += '             none of the trigger assertions were met\n';
      else if (shown !== undefined)
        text += `             Assert${shown.type}=${shown.negate ? '!' : ''}${shown.parameter} was not met\n`;
    }
    return text;
  }

  #invocation(unit: Unit): string {
    if (!this.#manager.host.voice.systemctl.invocationLine || unit.invocationId === '') return '';
    return ` Invocation: ${unit.invocationId}\n`;
  }

  #places(unit: Unit): string {
    const { loaded } = unit;
    let text = '';
    const where = loaded.mount?.Where ?? loaded.automount?.Where;
    if (where) text += `      Where: ${where}\n`;
    const what = unit instanceof Mount ? (unit.mounted?.source ?? loaded.mount?.What) : loaded.swap?.What;
    if (what) text += `       What: ${what}\n`;
    loaded.unit.Documentation.forEach((uri, index) => {
      text += `   ${(index === 0 ? 'Docs:' : '').padStart(9)} ${this.#style.link(uri, uri)}\n`;
    });
    loaded.socket?.Listen.forEach(({ kind, address }, index) => {
      text += `   ${(index === 0 ? 'Listen:' : '').padStart(9)} ${address} (${kind})\n`;
    });
    if (unit instanceof Socket && loaded.socket?.Accept === true) {
      text += `   Accepted: ${unit.accepted}; Connected: ${unit.connections};`;
      if (unit.refused > 0) text += `   Refused: ${unit.refused}`;
      text += '\n';
    }
    return text;
  }

  // ---- processes --------------------------------------------------------------------------------------------------

  #processes(unit: Unit): string {
    const voice = this.#manager.host.voice.systemctl;
    const main = unit instanceof Service ? unit.mainStatus : undefined;
    const mainPid = main?.pid ?? 0;
    const running = unit instanceof Service && unit.mainPid > 0;
    let controlPid = 'controlPid' in unit && typeof unit.controlPid === 'number' ? unit.controlPid : 0;
    let text = '';
    for (const { kind, command, status } of runsOf(unit)) {
      if (status?.code === undefined) continue;
      const bad = !isCleanEnd(status);
      const { colors } = this.#style;
      const on = !bad ? '' : command.ignoreFailure ? colors.yellow : colors.red;
      const off = bad ? colors.normal : '';
      text += `    Process: ${status.pid} ${kind}=${command.argv.join(' ')} ${on}(${endOf(status)})${off}\n`;
      if (status.pid === controlPid) controlPid = 0;
    }
    if (mainPid > 0 || controlPid > 0) {
      if (mainPid > 0) {
        text += `   Main PID: ${mainPid}`;
        if (running) text += this.#comm(mainPid);
        else if (main?.code !== undefined) text += ` (${endOf(main)})`;
      }
      if (controlPid > 0)
        text += `${mainPid > 0 ? '; Control PID: ' : '  Cntrl PID: '}${controlPid}${this.#comm(controlPid)}`;
      text += '\n';
    }
    if (unit instanceof Service) {
      if (unit.statusText !== '') text += `     Status: "${unit.statusText}"\n`;
      const error = voice.error(unit.statusErrors, errnoMessage(unit.statusErrors.errno));
      if (error !== '') text += `      Error: ${error}\n`;
      text += this.#fdStore(unit);
    }
    return text;
  }

  /** How many units of a slice are up, and how many may be. */
  #active(unit: Unit): string {
    if (!this.#manager.host.voice.systemctl.activeUnitsLine || !(unit instanceof Slice)) return '';
    const { ConcurrencySoftMax, ConcurrencyHardMax, ActivatingConcurrencyMax } = unit.loaded.slice ?? {};
    const limits = [
      ['soft limit', ConcurrencySoftMax],
      ['hard limit', ConcurrencyHardMax],
      ['activating limit', ActivatingConcurrencyMax],
    ] as const;
    const { grey, normal } = this.#style.colors;
    const set = limits.filter(([, limit]) => limit !== undefined && limit !== unlimitedUnits);
    const text =
      set.length === 0 ? '' : ` ${grey}(${set.map(([name, limit]) => `${name}: ${limit}`).join('; ')})${normal}`;
    return ` Act. Units: ${currentlyActive(unit)}${text}\n`;
  }

  /** What a unit has used of the processors, once it has used any. */
  async #cpuLine(unit: Unit): Promise<string> {
    if (!this.#manager.host.voice.systemctl.cpuLine) return '';
    if (!usesCpu(this.#manager, unit)) return '';
    const ms = await workInTurns(this.#context, cpuUsageMs(this.#manager, unit));
    return `        CPU: ${formatTimeSpanUsec(toUsec(ms), 1000n)}\n`;
  }

  #fdStore(unit: Service): string {
    const kept = unit.fdStore.entries.length;
    const limit = unit.settings.FileDescriptorStoreMax;
    if (!this.#manager.host.voice.systemctl.fdStoreLine || (kept === 0 && limit === 0)) return '';
    const { grey, normal } = this.#style.colors;
    return `   FD Store: ${kept}${grey} (limit: ${limit})${normal}\n`;
  }

  #comm(pid: number): string {
    const comm = this.#manager.host.process(pid)?.comm;
    return comm === undefined ? '' : ` (${comm})`;
  }

  // ---- log --------------------------------------------------------------------------------------------------------

  async #logLines(unit: Unit): Promise<void> {
    const { lines, quiet } = this.#options;
    if (lines === 0) return;
    const { host, caller } = this.#context;
    const { journal } = this.#manager;
    const source = mayReadJournal(host, caller) ? journal : journal.ofUser(caller.uid);
    if (source === undefined) return;
    const found = journal.unitLog(unit.id, {
      source,
      lines,
      notBeforeUsec: Math.round(unit.inactiveExitTimestamp.monotonic * 1000),
      notBeforeRealtimeUsec: Math.round(unit.inactiveExitTimestamp.realtime * 1000),
      uid: caller.uid,
    });
    const entries: JournalEntry[] = [];
    let rotated = false;
    for await (const part of inTurns(this.#context, found))
      if (part === 'rotated') rotated = !quiet;
      else if (part !== undefined) entries.push(part);
    if (entries.length > 0 || rotated) this.#context.out('\n');
    for await (const entry of inTurns(this.#context, entries.reverse())) this.#context.out(this.#log.format(entry));
    if (this.#log.ellipsized) this.ellipsized = true;
    if (rotated)
      this.#context.out('Notice: journal has been rotated since unit was started, output may be incomplete.\n');
  }
}

/** States of unit files for which the preset says nothing. */
const presetHidden: ReadonlySet<string> = new Set(['alias', 'static', 'generated', 'transient']);

export function stateGlyph(state: ActiveState, { glyphs }: Style): string {
  switch (state) {
    case 'failed':
      return glyphs.cross;
    case 'inactive':
    case 'maintenance':
      return glyphs.whiteCircle;
    case 'reloading':
      return glyphs.circleArrow;
    default:
      return glyphs.circle;
  }
}

/** When the state it is in began: wall clock milliseconds, 0 for never. */
function sinceOf(unit: Unit): number {
  const state = unit.activeState;
  if (isActiveOrReloading(state)) return unit.activeEnterTimestamp.realtime;
  if (isInactiveOrFailed(state)) return unit.inactiveEnterTimestamp.realtime;
  return state === 'activating' ? unit.inactiveExitTimestamp.realtime : unit.activeExitTimestamp.realtime;
}

/** How long it was active, once it is not any more. */
function durationLine(unit: Unit): string {
  const from = unit.activeEnterTimestamp.realtime;
  const to = unit.activeExitTimestamp.realtime;
  if (unit.type === 'target' || !isInactiveOrFailed(unit.activeState) || from <= 0 || to < from) return '';
  return `   Duration: ${formatTimeSpanUsec(toUsec(to) - toUsec(from), 1000n)}\n`;
}

function errnoMessage(errno: number): string {
  const name = errnoName(errno);
  return name === undefined ? `Unknown error ${errno}` : errorText(name);
}

/** The commands of which it says how they went. */
function* runsOf(unit: Unit): Generator<CommandRun & { readonly kind: string }> {
  if (unit instanceof Socket)
    for (const kind of socketCommands) for (const run of unit.commandsOf(kind)) yield { kind, ...run };
  if (unit instanceof Service)
    for (const kind of execKinds) {
      const commands = unit.commands(kind);
      for (const [index, status] of unit.statusesOf(kind).entries()) yield { kind, command: commands[index]!, status };
    }
}

/** Ended as a daemon may: with status 0, or by a signal that asks it to. */
function isCleanEnd({ code, status }: ExecStatus): boolean {
  if (code === 'exited') return status === 0;
  return code === 'killed' && (status === 1 || status === 2 || status === 13 || status === 15);
}

/** `code=exited, status=5/NOTINSTALLED` or `code=killed, signal=TERM`. */
function endOf({ code, status }: ExecStatus): string {
  if (code !== 'exited') return `code=${code}, signal=${signalName(status)}`;
  const name = exitStatusName(status, ['libc', 'systemd']);
  return `code=exited, status=${status}${name === undefined ? '' : `/${name}`}`;
}

/** The unit that a process belongs to. */
export function unitOfProcess(manager: ManagerView, pid: number): Unit | undefined {
  const id = pid === manager.host.pid ? 'init.scope' : manager.tracker.unitOfPid(pid);
  return id === undefined ? undefined : manager.units.find(id);
}

/** Says that a process is of no unit. PID 0 is whoever asks. */
export function sayNoUnit(context: CliContext, pid: number): void {
  const isThere = pid === 0 || context.host.process(pid) !== undefined;
  say(context, 'error', context.host.voice.systemctl.noUnitOfProcess(pid, isThere));
}

export const verbStatus: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const printer = new StatusPrinter(context, manager, options);
  let status = 0;
  const each = async (names: Iterable<string>): Promise<void> => {
    for await (const name of inTurns(context, names)) {
      const result = await printer.unit(name);
      if (status === 0) status = result;
    }
  };
  if (args.length === 0) {
    const filtered = options.states.length > 0 || options.types.length > 0;
    if (!filtered) await printer.system();
    if (options.all || filtered) {
      const units = await sortUnits(context, await listUnits(context, manager, options, []));
      await each(units.map((unit) => unit.id));
    }
  } else {
    const patterns: string[] = [];
    for await (const arg of inTurns(context, args)) {
      const pid = parseUnsigned(arg);
      if (pid === undefined) {
        patterns.push(arg);
        continue;
      }
      const unit = unitOfProcess(manager, pid);
      if (unit !== undefined) {
        await each([unit.id]);
        continue;
      }
      sayNoUnit(context, pid);
      status = 1;
    }
    if (patterns.length > 0) {
      const { names } = await expandUnitNames(context, manager, options, patterns);
      await each(options.withDependencies ? await withDependencies(context, manager, options, names) : names);
    }
  }
  if (printer.ellipsized && !options.quiet) context.out('Hint: Some lines were ellipsized, use -l to show in full.\n');
  return status;
};
