/** A whole manager: what its services say and leave, and what callers ask of it. */
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import type { DescriptorKind } from '../../../../src/control/protocol.ts';
import type { ControlRequest, PassedDescriptors } from '../../../../src/control/server.ts';
import { answerRequest } from '../../../../src/main/answer.ts';
import { allCompletions } from '../../../../src/main/completions.ts';
import { programs } from '../../../../src/main/programs.ts';
import { SimEnded } from '../../../../src/simulation/machine/machine.ts';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { allLoaded } from '../../../../src/simulation/system.ts';
import type { Service } from '../../../../src/units/service.ts';
import { type World, world } from '../../world.ts';
import { bytes, check, type Door, Fault, type Input, type Session, wordsOf } from '../door.ts';
import { Mutator } from '../mutate.ts';
import { finished } from '../turns.ts';

/** Whether the manager met an error of its own; what it has said and done until now is forgotten. */
function settleAccounts(w: World): void {
  const wrong = w.logged.find(({ message }) => message.includes('Internal error'));
  w.logged.length = 0;
  w.changes.length = 0;
  w.streams.length = 0;
  for (const list of [w.host.spawned, w.host.kills, w.host.removedIpc, w.host.released, w.host.revertedTerminals])
    list.length = 0;
  w.host.consoleText = '';
  if (wrong !== undefined) throw new Fault(wrong.message);
}

/** So that the log does not grow. */
function emptyLog(w: World): void {
  w.manager.journal.rotate();
  w.manager.journal.vacuum({ bytes: 1, files: 1, olderThanUsec: 0 });
}

// ---- notify ---------------------------------------------------------------------------------------------------------

const notifyService = (access: string): string =>
  `[Service]\nType=notify\nNotifyAccess=${access}\nExecStart=/usr/bin/d\nWatchdogSec=1h\nFileDescriptorStoreMax=4\n` +
  'Restart=always\nRestartSec=0\nStartLimitIntervalSec=0\nTimeoutStartSec=1h\n';
const notifyUnits = ['main', 'all', 'exec', 'none'];

const notify = ((): Door => {
  const mutator = new Mutator(
    [
      'READY=1\nSTATUS=up\nMAINPID=101',
      'RELOADING=1\nMONOTONIC_USEC=1',
      'STOPPING=1',
      'WATCHDOG=1\nWATCHDOG_USEC=5000000',
      'WATCHDOG=trigger',
      'FDSTORE=1\nFDNAME=x',
      'FDSTOREREMOVE=1\nFDNAME=x',
      'BARRIER=1',
      'ERRNO=2\nBUSERROR=x',
      'EXTEND_TIMEOUT_USEC=1000000',
      'MAINPID=1\nREADY=1\n',
    ],
    [
      'READY=1',
      'MAINPID=',
      'STATUS=',
      'ERRNO=',
      'FDNAME=',
      'FDSTORE=1',
      'FDPOLL=0',
      'EXTEND_TIMEOUT_USEC=',
      '\n',
      '\0',
    ],
  );
  return {
    name: 'notify',
    share: 0.5,
    make: (r) => [mutator.make(r), Buffer.of(r.int(0, 5), r.chance(0.7) ? 0 : r.int(1, 6), r.int(0, 255))],
    open: () => {
      const units = Object.fromEntries(notifyUnits.map((access) => [`${access}.service`, notifyService(access)]));
      const w = world({ units, programs: { d: () => {} } });
      const services = notifyUnits.map((access) => {
        const service = w.unit(`${access}.service`) as Service;
        w.up(service);
        return service;
      });
      const descriptors = w.host.openFds().size;
      let cases = 0;
      return {
        run: ([data = Buffer.alloc(0), how]: Input) => {
          const [whose = 0, count = 0, kind = 0] = how ?? [];
          const { host } = w;
          const main = services[whose % services.length]!.mainPid;
          const process = host.table.get(main);
          const child = kind > 200 ? process?.fork() : undefined;
          const pid = whose > 4 ? kind : (child?.pid ?? main);
          const fds = Array.from({ length: count }, () => host.makeFd('passed'));
          host.datagram('/run/systemd/notify', data, { pid, uid: whose > 4 ? kind : 0, gid: 0 }, fds);
          host.settle();
          host.advance(10);
          child?.exit(0);
          host.settle();
          // A stream each for those that have begun anew, and what four of them may keep.
          check(host.openFds().size <= descriptors + 40, () => `${host.openFds().size} descriptors are open`);
          if (++cases % 500 === 0) emptyLog(w);
          settleAccounts(w);
        },
      };
    },
  };
})();

// ---- PID files ------------------------------------------------------------------------------------------------------

const pidFile = ((): Door => {
  const mutator = new Mutator(
    ['101\n', '1\n', '0\n', '-5', ' 77 \n', '4294967297\n', '0x10', '101', '99999999999999999999\n', ''],
    ['\n', ' ', '+', '1', '\0'],
  );
  return {
    name: 'pid-file',
    share: 0.05,
    make: (r) => [mutator.make(r), Buffer.of(r.int(0, 9))],
    open: () => {
      const w = world({ programs: { d: () => {}, other: () => {} } });
      const file = '/run/d.pid';
      let content: Buffer = Buffer.alloc(0);
      let how = 0;
      w.host.onSpawn = (process: SimProcess) => {
        const daemon = process.daemonize();
        const own = content.length === 0 ? bytes(`${daemon.pid}\n`) : content;
        w.files.removeTree(file);
        if (how === 0) w.files.symlink('/etc/passwd', file);
        else if (how === 1) w.files.mkdirs(file);
        else if (how === 2) w.files.symlink(file, file);
        else w.files.put(file, own);
        process.exit(0);
      };
      const text = `Type=forking\nPIDFile=${file}\nExecStart=/usr/bin/d\nTimeoutStartSec=1\nStartLimitIntervalSec=0\n`;
      w.put('/usr/bin/d', '');
      const service = w.service('p.service', `[Unit]\nStartLimitIntervalSec=0\n[Service]\n${text}`);
      let cases = 0;
      return {
        run: ([data = Buffer.alloc(0), choice]: Input) => {
          content = data;
          how = choice?.[0] ?? 9;
          w.up(service);
          const { mainPid } = service;
          check(mainPid !== 1 && mainPid !== w.host.pid, 'the manager is its main process');
          w.host.advance(2000);
          w.stop(service);
          w.host.advance(200_000);
          check(service.activeState === 'inactive' || service.activeState === 'failed', `it is ${service.activeState}`);
          if (++cases % 200 === 0) emptyLog(w);
          settleAccounts(w);
        },
      };
    },
  };
})();

// ---- calls ----------------------------------------------------------------------------------------------------------

/** What a caller's process does that has no descriptors to give. */
class Request implements ControlRequest {
  readonly program: string;
  readonly argv: readonly string[];
  readonly env = { TERM: 'xterm', COLUMNS: '60', SYSTEMD_COLORS: '1' };
  readonly cwd = '/root';
  readonly terminal = { stdin: false, stdout: true, stderr: false, columns: 60, lines: 20 };
  readonly caller;
  readonly abort = new AbortController();
  readonly continuation = undefined;
  goesOn: ControlRequest['goesOn'];
  written = 0;

  constructor(program: string, argv: readonly string[], uid: number) {
    this.program = program;
    this.argv = argv;
    this.caller = { pid: 200, uid, gid: uid };
  }
  get signal(): AbortSignal {
    return this.abort.signal;
  }
  out(text: string): void {
    this.written += text.length;
    check(this.written < 64 * 1024 * 1024, 'an answer without end');
  }
  flush(): void {}
  err(text: string): void {
    this.out(text);
  }
  drained(): Promise<void> {
    return Promise.resolve();
  }
  turn(): Promise<void> {
    return Promise.resolve();
  }
  openPager(): void {}
  pass(_kind: DescriptorKind): Promise<PassedDescriptors | undefined> {
    return Promise.resolve(undefined);
  }
  forward(): void {}
  become(): void {}
}

const callUnits = {
  'a.service':
    '[Unit]\nDescription=A\nAfter=b.service\nWants=t.target\n[Service]\nExecStart=/usr/bin/d\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
  'b.service': '[Service]\nType=oneshot\nExecStart=/bin/true\nRemainAfterExit=yes\nRuntimeDirectory=b\n',
  'c@.service': '[Service]\nExecStart=/usr/bin/d %i\nUser=daemon\n',
  'bad.service': '[Service]\nExecStart=relative\nNoSuch=1\n',
  't.target': '[Unit]\nDescription=T\nAllowIsolate=yes\n',
  's.socket': '[Socket]\nListenStream=/run/s.sock\n',
  's.service': '[Service]\nExecStart=/usr/bin/d\n',
  'w.timer': '[Timer]\nOnCalendar=daily\nUnit=b.service\n',
  'p.path': '[Path]\nPathExists=/run/p\nUnit=b.service\n',
  'multi-user.target': '[Unit]\nWants=a.service s.socket w.timer p.path\n',
};

const operands =
  'a.service|b|c@1.service|c@x y.service|bad.service|t.target|s.socket|w.timer|p.path|*|a*|[|nosuch|/etc/fstab|-.slice|--|' +
  '-|1|0|4294967296|A=b|PATH|MainPID|MemoryMax=1G|CPUWeight=5|CPUQuota=10%|debug|now|+5|12:30|daily|5min|/bin/true|-o|json|' +
  '@system-service|cap_chown|_PID=1|MESSAGE=x|yesterday|2024-01-01|/|/run/x|default.target|multi-user.target|all|system|' +
  '_SYSTEMD_UNIT=a.service|pid=1|signal|TERM|9|%n|$HOME|a.service.wants|/etc/systemd/system/a.service';
const operandMutator = new Mutator(operands.split('|'), ['=', '*', '.service', '@', ',', ':', '/', '--', '\n']);

interface Vocabulary {
  readonly verbs: readonly string[];
  /** With what stands for an argument. */
  readonly options: readonly (readonly [name: string, hasArgument: boolean])[];
}
const vocabularies: Readonly<Record<string, Vocabulary>> = Object.fromEntries(
  Object.entries(await allCompletions()).map(([program, { verbs, options }]) => [
    program,
    {
      verbs: verbs.map(({ name }) => name),
      options: options.flatMap(({ names, placeholder }) =>
        names.map((name) => [name, placeholder !== undefined] as const),
      ),
    },
  ]),
);
// Like others, but that they are read at the first call.
await Promise.all(Object.values(programs).map(async (load) => allLoaded(await load())));
const programNames = [...Object.keys(programs), ...Array.from({ length: 12 }, () => 'systemctl')];

function wordsFor(r: Random, program: string): Buffer[] {
  const { verbs, options } = vocabularies[program] ?? { verbs: [], options: [] };
  const words: Buffer[] = [];
  if (verbs.length > 0 && r.chance(0.95)) words.push(bytes(r.pick(verbs)));
  for (let left = r.int(0, 4); left > 0; left--) {
    if (options.length === 0 || r.chance(0.5)) words.push(operandMutator.make(r));
    else {
      const [name, hasArgument] = r.pick(options);
      const argument = operandMutator.make(r);
      if (!hasArgument) words.push(bytes(name));
      else if (name.startsWith('--')) words.push(Buffer.concat([bytes(`${name}=`), argument]));
      else words.push(bytes(name), argument);
    }
  }
  if (r.chance(0.05)) words.reverse();
  return words;
}

/** Calls after which there is a new machine: one may end it. */
const callsOfMachine = 100;

const call: Door = {
  name: 'call',
  share: 0.2,
  renew: callsOfMachine,
  make: (r) => {
    const program = r.pick(programNames);
    return [bytes(program), Buffer.of(r.chance(0.7) ? 0 : 1), ...wordsFor(r, program)];
  },
  open: openCalls,
};

function openCalls(): Session {
  const make = (): World => {
    const made = world({ units: callUnits, programs: { d: () => {} } });
    return made.boot();
  };
  let w = make();
  return {
    run: async ([program, who, ...words]: Input) => {
      const argv = wordsOf(words).map((word) => word.slice(0, 2000));
      const request = new Request(program?.toString() ?? '', argv, (who?.[0] ?? 0) * 1000);
      try {
        await finished(w.host, answerRequest(w.host, w.manager, request), () => request.abort.abort());
      } catch (error) {
        if (!(error instanceof SimEnded)) throw error;
      }
      w.host.settle();
      const isOver = w.ended.length > 0 || w.host.exited !== undefined;
      settleAccounts(w);
      if (isOver) w = make();
    },
  };
}

export const managerDoors: readonly Door[] = [notify, pidFile, call];
