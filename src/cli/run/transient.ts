/** The units that systemd-run makes: a service, a scope, or a service behind a timer, path or socket unit. */
import { DescriptorKind, ForwardFlag } from '../../control/protocol.ts';
import type { PassedDescriptors } from '../../control/server.ts';
import { locateExecutable } from '../../exec/executable.ts';
import type { Job } from '../../jobs/job.ts';
import type { TransientUnits } from '../../manager/transient.ts';
import { styleOf } from '../../program/colors.ts';
import { jsonText } from '../../program/json.ts';
import { message, say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { expandArguments } from '../../unitfile/language/exec-command.ts';
import { changeUnitSuffix, mangleUnitName, unitTypeOf } from '../../unitfile/language/unit-name.ts';
import { Scope } from '../../units/scope.ts';
import { Service } from '../../units/service.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, statusOf } from '../common/failure.ts';
import { LiveLog } from '../common/live-log.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { describeTransient, startTransient, waitForJob } from '../common/transient.ts';
import { UnitText } from '../common/unit-text.ts';
import { type RunOptions, type Trigger, triggerOf } from './options.ts';
import { exitStatusOf, sayOutcome, waitUntilBegun, waitUntilDone } from './wait.ts';

/** What systemd-run does once its arguments are known. */
export function runTransient(context: CliContext, options: RunOptions): Promise<number> {
  const { continuation } = context;
  return statusOf(async () => {
    if (continuation !== undefined) return new Run(context, options).goOn(continuation.facts as Running);
    for (const warning of options.warnings) say(context, 'warning', warning);
    const command = locateCommand(context, options);
    const run = new Run(context, { ...options, command });
    await run.nameByProcess();
    if (options.scope) return run.scope();
    const trigger = triggerOf(options);
    return trigger === undefined ? run.service() : run.triggered(trigger);
  });
}

/** Settings with which the program is looked for elsewhere than in the caller's own tree. */
const otherTrees = /^(?:RootDirectory|RootImage|ExecSearchPath|MountImages|ExtensionImages)=/;

/** The program with the path at which the caller finds it: one that is nowhere is told early. */
function locateCommand(context: CliContext, { command, properties }: RunOptions): string[] {
  const [name, ...rest] = command;
  if (name === undefined || properties.some((property) => otherTrees.test(property))) return command;
  const path = name.includes('/') && !name.startsWith('/') ? `${context.cwd}/${name}` : name;
  const search = (context.env.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  const located = locateExecutable(context.host, path, search);
  if ('path' in located) return [located.path, ...rest];
  // What may not be looked at may all the same be there for the manager.
  if (located.code === 'EACCES' || located.code === 'EPERM') return command;
  return failVerb(context, `Failed to find executable ${name}: ${errorText(located.code)}`);
}

/** A service that was started for a call. */
interface Running {
  readonly unit: string;
  /** Of its start, while that is waited for. */
  readonly job: number | undefined;
  /** The caller's terminal is copied. */
  readonly forwards: boolean;
}

class Run {
  readonly #context: CliContext;
  readonly #options: RunOptions;
  readonly #manager: ManagerView;

  /** Of units that are given none, without suffix. */
  #ownName: string | undefined;

  constructor(context: CliContext, options: RunOptions) {
    this.#context = context;
    this.#options = options;
    this.#manager = managerOf(context);
  }

  /** Finds the caller's process by its number in the pidfs of the kernel (6.9), which no other has before the next boot. */
  async nameByProcess(): Promise<void> {
    const { callerProcess, caller, host } = this.#context;
    if (this.#options.unit !== undefined || !host.voice.run.namedByProcess) return;
    for (const fd of (await callerProcess?.pass(DescriptorKind.process))?.fds ?? []) {
      const number = host.files.tryStat(`/proc/self/fd/${fd}`)?.ino;
      if (number !== undefined) this.#ownName = `run-p${caller.pid}-i${number}`;
      host.discardFd(fd);
    }
  }

  // ---- the three kinds --------------------------------------------------------------------------------------------

  async service(): Promise<number> {
    const { stdio, wait, noBlock, verbose, output } = this.#options;
    const name = this.#unitName('.service');
    const passed = stdio === 'journal' ? undefined : await this.#passed(stdio === 'pty' ? 'terminal' : 'stdio');
    let given = passed?.fds;
    let watch: { close(): void } | undefined;
    let log: LiveLog | undefined;
    try {
      const unit = this.#describe('service', name, () => this.#serviceText(name, passed));
      log = verbose ? new LiveLog(this.#context, this.#manager, [name], output) : undefined;
      const job = this.#start('service', [
        {
          ...unit,
          prepare: (made) => {
            if (wait || stdio !== 'journal') watch = this.#manager.changes.watch(made, () => {});
            if (given === undefined || !(made instanceof Service)) return;
            const [stdin, stdout = stdin, stderr = stdout] = given;
            if (stdin !== undefined) made.setStdio({ stdin, stdout: stdout!, stderr: stderr! });
            given = undefined;
          },
        },
      ]);
      return await this.#started(job.unit as Service, !noBlock && stdio === 'journal' ? job : undefined);
    } finally {
      log?.end();
      for (const fd of new Set(given)) this.#context.host.discardFd(fd);
      watch?.close();
    }
  }

  async #started(unit: Service, job: Job | undefined): Promise<number> {
    const { stdio, wait, noBlock } = this.#options;
    // What starts at once has its invocation by then.
    if (noBlock) await this.#context.turn();
    if (job !== undefined) {
      this.#mayGoOn({ unit: unit.id, job: job.id, forwards: false });
      await this.#waitForJob(job);
    }
    this.#tellWhatRuns(unit);
    if (!wait && stdio === 'journal') return 0;
    return this.#follow(unit, false);
  }

  #tellWhatRuns({ id, invocationId }: Service): void {
    const { json, quiet } = this.#options;
    if (json === undefined) this.#inform(this.#context.host.voice.run.running('', id, invocationId));
    else if (!quiet) {
      const { colors } = styleOf(this.#context);
      this.#context.out(jsonText({ unit: id, invocation_id: invocationId }, json, colors));
    }
  }

  #mayGoOn(facts: Running): void {
    const { callerProcess } = this.#context;
    if (callerProcess !== undefined) callerProcess.goesOn = () => ({ kind: 'call', facts });
  }

  /** In a new program of the manager. */
  async goOn({ unit: name, job: id, forwards }: Running): Promise<number> {
    const unit = this.#manager.units.find(name);
    if (!(unit instanceof Service)) return failVerb(this.#context, `Unit ${name} is gone.`);
    const watch = this.#manager.changes.watch(unit, () => {});
    try {
      const job = id === undefined ? undefined : this.#manager.jobs.findKept(id);
      return await (id === undefined ? this.#follow(unit, forwards) : this.#started(unit, job));
    } finally {
      watch.close();
    }
  }

  async scope(): Promise<number> {
    const { callerProcess, caller, host } = this.#context;
    const { uid, gid, nice, workingDirectory, environment, quiet, json } = this.#options;
    const name = this.#unitName('.scope');
    const pidfd = (await callerProcess?.pass(DescriptorKind.process))?.fds[0];
    let given = pidfd;
    if (callerProcess === undefined)
      failVerb(this.#context, 'A scope needs a process that asks for it over the socket.');
    try {
      const unit = this.#describe('scope', name, () => {
        const text = this.#head(name, this.#options.properties);
        this.#killAndPlace(text);
        return text;
      });
      const job = this.#start('scope', [
        {
          ...unit,
          prepare: (made) => {
            if (!(made instanceof Scope)) return;
            made.attach(caller.pid, given);
            given = undefined;
          },
        },
      ]);
      const scope = job.unit;
      await this.#waitForJob(job);
      const group = gid === undefined ? undefined : host.lookupGroup(gid);
      if (gid !== undefined && group === undefined) failVerb(this.#context, host.voice.run.noSuchId('group', gid));
      const user = uid === undefined ? undefined : host.lookupUser(uid);
      if (uid !== undefined && user === undefined) failVerb(this.#context, host.voice.run.noSuchId('user', uid));
      const login =
        user === undefined
          ? []
          : [`HOME=${user.home}`, `SHELL=${user.shell}`, `USER=${user.name}`, `LOGNAME=${user.name}`];
      const mark = this.#manager.tracker.markOf(scope.id, user?.uid);
      callerProcess?.become({
        message:
          quiet || json !== undefined
            ? ''
            : message(this.#context, 'info', host.voice.run.running(host.voice.run.scope, name, scope.invocationId)),
        argv: this.#scopeCommand([...login, ...environment]),
        env: [`INVOCATION_ID=${scope.invocationId}`, ...login, ...environment],
        cwd: workingDirectory,
        nice,
        uid: user?.uid,
        gid: group?.gid ?? user?.gid,
        tag: mark?.tag,
        check: mark?.check,
      });
      return 0;
    } finally {
      if (given !== undefined) host.closeFd(given);
    }
  }

  async triggered(trigger: Trigger): Promise<number> {
    const { command, unit } = this.#options;
    const suffix = `.${trigger}`;
    const [service, name] = this.#triggerNames(unit, suffix);
    const text = this.#describe(trigger, name, () => {
      const properties = this.#options[`${trigger}Properties`];
      const made = this.#head(name, properties);
      // A timer that will not elapse again goes away by itself.
      if (trigger === 'timer') made.set('RemainAfterElapse', 'no');
      return made;
    });
    const job = this.#start(trigger, [
      text,
      ...(command.length === 0 ? [] : [this.#describe(trigger, service, () => this.#serviceText(service, undefined))]),
    ]);
    await this.#waitForJob(job);
    this.#inform(`Running ${trigger} as unit: ${name}`);
    if (command.length > 0) this.#inform(`Will run service as unit: ${service}`);
    return 0;
  }

  // ---- what they share --------------------------------------------------------------------------------------------

  #inform(text: string): void {
    if (!this.#options.quiet) say(this.#context, 'info', text);
  }

  /** The name asked for, or one that nobody has. */
  #unitName(suffix: string): string {
    const { unit, wait, stdio } = this.#options;
    if (unit !== undefined) return this.#mangle(unit, suffix);
    const own = this.#ownName === undefined ? undefined : `${this.#ownName}${suffix}`;
    // On older kernels it is not its alone.
    if (own !== undefined && this.#manager.units.find(own) === undefined) return own;
    // As on a real system, who waits is on the bus and is named by its connection there.
    if (wait || stdio !== 'journal') return this.#manager.transient.newName(suffix);
    return `run-r${this.#context.host.randomBytes(16).toString('hex')}${suffix}`;
  }

  #mangle(name: string, suffix: string): string {
    const notice = this.#options.quiet ? {} : { notice: (text: string) => say(this.#context, 'notice', text) };
    const mangled = mangleUnitName(name, { suffix, ...notice });
    return mangled ?? failVerb(this.#context, 'Failed to mangle unit name: Invalid argument');
  }

  /** Service, then what starts it. */
  #triggerNames(unit: string | undefined, suffix: string): [string, string] {
    const change = (name: string, to: string): string =>
      changeUnitSuffix(name, to) ?? failVerb(this.#context, 'Failed to change unit suffix: Invalid argument');
    if (unit === undefined) {
      const service = this.#unitName('.service');
      return [service, change(service, suffix)];
    }
    switch (unitTypeOf(unit)) {
      case 'service':
        return [unit, change(unit, suffix)];
      case 'timer':
        return [change(unit, '.service'), unit];
      default:
        return [this.#mangle(unit, '.service'), this.#mangle(unit, suffix)];
    }
  }

  async #passed(kind: 'terminal' | 'stdio'): Promise<PassedDescriptors> {
    const passed = await this.#context.callerProcess?.pass(DescriptorKind[kind]);
    if (passed === undefined || passed.fds.length !== 3) {
      for (const fd of passed?.fds ?? []) this.#context.host.discardFd(fd);
      return failVerb(this.#context, 'Failed to get the standard descriptors of the caller.');
    }
    return passed;
  }

  #describe(what: string, name: string, make: () => UnitText): ReturnType<typeof describeTransient> {
    return describeTransient(this.#context, what, make, { taken: () => this.#manager.transient.taken(name) });
  }

  #start(what: string, units: Parameters<TransientUnits['start']>[0]): Job {
    const [{ name }] = units;
    const type = unitTypeOf(name);
    // Names of other types are taken as they are; what makes a service or a scope is then no property of theirs.
    if ((what === 'service' || what === 'scope') && type !== what)
      failVerb(this.#context, this.#context.host.voice.run.otherType(what, name, type ?? ''));
    return startTransient(this.#context, this.#manager, what, units, this.#options.jobMode);
  }

  #waitForJob(job: Job): Promise<void> {
    return waitForJob(this.#context, this.#options, job);
  }

  /** Description=, CollectMode=, and the properties given. */
  #head(name: string, properties: readonly string[]): UnitText {
    const { command, unit, collect, description } = this.#options;
    const text = new UnitText(this.#manager, name);
    const { host, program } = this.#context;
    text.setDescription(description ?? host.voice.run.description(program, command, unit ?? ''));
    if (collect) text.set('CollectMode', 'inactive-or-failed');
    for (const property of properties) text.assign(property);
    return text;
  }

  /** Of ExecStart=. */
  #prefix(): string {
    const { expand, ignoreFailure } = this.#options;
    return `${ignoreFailure ? '-' : ''}${expand === false ? ':' : ''}`;
  }

  /** A scope's command is the caller's own process: its variables are those of the caller. */
  #scopeCommand(assignments: readonly string[]): readonly string[] {
    const { command, expand, quiet } = this.#options;
    const { env, host } = this.#context;
    if (!(expand ?? host.voice.run.scopesExpand)) {
      if (expand === undefined && !quiet && host.voice.run.warnsOfScopes && command.some((word) => word.includes('$')))
        say(
          this.#context,
          'warning',
          'Scope command line contains environment variable, which is not expanded by default for now, but will be ' +
            'expanded by default in the future. Use --expand-environment=yes/no to explicitly control it as needed.',
        );
      return command;
    }
    const variables = new Map(Object.entries(env));
    for (const assignment of assignments) {
      const equals = assignment.indexOf('=');
      variables.set(assignment.slice(0, equals), assignment.slice(equals + 1));
    }
    return expandArguments(command, variables);
  }

  #killAndPlace(text: UnitText): void {
    if (this.#options.sendSighup) text.set('SendSIGHUP', 'yes');
    const slice = this.#slice();
    if (slice !== undefined) text.set('Slice', slice);
  }

  #serviceText(name: string, passed: PassedDescriptors | undefined): UnitText {
    const { properties, remainAfterExit, serviceType, uid, gid, nice, workingDirectory, environment, command } =
      this.#options;
    const text = this.#head(name, properties);
    this.#killAndPlace(text);
    if (remainAfterExit) text.set('RemainAfterExit', 'yes');
    if (serviceType !== undefined) text.set('Type', serviceType);
    if (uid !== undefined) text.set('User', uid);
    if (gid !== undefined) text.set('Group', gid);
    if (nice !== undefined) text.set('Nice', String(nice));
    if (workingDirectory !== undefined) text.set('WorkingDirectory', workingDirectory);
    if (passed !== undefined) {
      if (passed.terminal !== '') text.set('TTYPath', passed.terminal);
      const { env, terminal } = this.#context;
      const onTerminal = passed.terminal !== '' || terminal.stdin || terminal.stdout || terminal.stderr;
      if (onTerminal && env.TERM !== undefined) text.setEnvironment([`TERM=${env.TERM}`]);
    }
    if (environment.length > 0) text.setEnvironment(environment);
    if (command.length > 0) text.setCommand('ExecStart', command, this.#prefix());
    return text;
  }

  /** The slice asked for, below the caller's own with --slice-inherit. */
  #slice(): string | undefined {
    const { slice, sliceInherit } = this.#options;
    const parts: string[] = [];
    if (sliceInherit) {
      const own = this.#manager.tracker.unitOfPid(this.#context.caller.pid);
      const placed = own === undefined ? undefined : this.#manager.units.find(own)?.startedInSlice;
      if (placed !== undefined && placed !== '-.slice') parts.push(placed.slice(0, -'.slice'.length));
    }
    if (slice !== undefined && slice !== '') parts.push(slice);
    return parts.length === 0 ? undefined : this.#mangle(parts.join('-'), '.slice');
  }

  /** Until the service is over: what it says goes to the caller's terminal meanwhile. */
  async #follow(unit: Service, forwards: boolean): Promise<number> {
    const { stdio, wait, quiet } = this.#options;
    const { callerProcess } = this.#context;
    this.#mayGoOn({ unit: unit.id, job: undefined, forwards });
    if (stdio === 'pty' && !forwards) {
      this.#inform('Press ^] three times within 1s to disconnect TTY.');
      // A process that is given a terminal empties it first: what was typed before would be lost.
      await waitUntilBegun(this.#context, this.#manager, unit);
      callerProcess?.forward(ForwardFlag.on | (wait ? 0 : ForwardFlag.mayLeave));
      this.#mayGoOn({ unit: unit.id, job: undefined, forwards: true });
    }
    await waitUntilDone(this.#context, this.#manager, unit);
    if (stdio === 'pty') callerProcess?.forward(quiet ? 0 : ForwardFlag.endLine);
    if (wait && !quiet) sayOutcome(this.#context, this.#manager, unit);
    return exitStatusOf(unit);
  }
}
