import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { exits, runs, type World, type WorldOptions, world } from '../../../support/world.ts';

const programs = ['d', 'cond', 'pre', 'pre2', 'post', 'reload', 'stop', 'stoppost', 'one', 'two', 'three'];

const made = (scripts: WorldOptions['programs'] = {}): World =>
  world({ programs: { ...Object.fromEntries(programs.map((name) => [name, runs])), ...scripts } });
const names = (w: World): string[] => w.host.spawned.map((p) => p.comm);

describe('phases', () => {
  const text = `ExecCondition=/usr/bin/cond
ExecStartPre=/usr/bin/pre
ExecStartPre=/usr/bin/pre2
ExecStart=/usr/bin/d
ExecStartPost=/usr/bin/post
ExecReload=/usr/bin/reload
ExecStop=/usr/bin/stop
ExecStopPost=/usr/bin/stoppost
`;
  const all = Object.fromEntries(programs.filter((p) => p !== 'd').map((p) => [p, exits(0, 10)]));

  it('come in order, and each is told what it may know', () => {
    const w = made(all);
    const service = w.service('a.service', text);
    const start = w.start(service);
    w.host.advance(100);
    expect(start.result).toBe('done');
    const main = service.mainPid;
    w.reload(service);
    w.host.advance(100);
    expect(service.subState).toBe('running');
    w.stop(service);
    w.host.advance(100);
    expect(names(w)).toEqual(['cond', 'pre', 'pre2', 'd', 'post', 'reload', 'stop', 'stoppost']);
    expect(w.path(service)).toEqual([
      'condition',
      'start-pre',
      'start-post',
      'running',
      'reload',
      'running',
      'stop',
      'stop-sigterm',
      'stop-post',
      'dead',
    ]);
    const told = Object.fromEntries(
      w.host.spawned.map((p) => [
        p.comm,
        ['MAINPID', 'SERVICE_RESULT', 'EXIT_CODE', 'EXIT_STATUS'].map((name) => p.env(name) ?? '').join('|'),
      ]),
    );
    expect(told).toEqual({
      cond: '|||',
      pre: '|||',
      pre2: '|||',
      d: '|||',
      post: `${main}|||`,
      reload: `${main}|||`,
      stop: `${main}|success||`,
      stoppost: '|success|killed|TERM',
    });
    expect(service.statusesOf('ExecStartPre').map((s) => [s.code, s.status, s.pid > 0])).toEqual([
      ['exited', 0, true],
      ['exited', 0, true],
    ]);
    expect(service.statusesOf('ExecStart')[0]).toMatchObject({ code: 'killed', status: 15, pid: main });
  });

  it('a failing ExecStartPre ends the start; ExecStop is not run, ExecStopPost is', () => {
    const w = made({ ...all, pre: exits(7) });
    const service = w.service('a.service', text);
    const job = w.start(service);
    w.host.advance(100);
    expect(job.result).toBe('failed');
    expect(service.result).toBe('exit-code');
    expect(names(w)).toEqual(['cond', 'pre', 'stoppost']);
    expect(w.messages(service)).toEqual([
      'Control process exited, code=exited, status=7/NOTRUNNING',
      "Failed with result 'exit-code'.",
    ]);
  });

  it('the prefix - lets a command fail', () => {
    const w = made({ ...all, pre: exits(7) });
    const service = w.service('a.service', text.replace('=/usr/bin/pre\n', '=-/usr/bin/pre\n'));
    w.start(service);
    w.host.advance(100);
    expect(service.subState).toBe('running');
  });

  it('a missing program behind the prefix - is passed over', () => {
    const w = made(all);
    const service = w.service('a.service', 'ExecStartPre=-/usr/bin/nothing\nExecStart=/usr/bin/d\n');
    w.up(service);
    expect(service.subState).toBe('running');
    expect(w.messages(service)).toEqual(['Executable /usr/bin/nothing missing, skipping: No such file or directory']);
  });

  it('ExecCondition skips with 1 to 254, fails with 255 and by signal', () => {
    for (const [status, result, sub] of [
      [1, 'exec-condition', 'dead'],
      [254, 'exec-condition', 'dead'],
      [255, 'exit-code', 'failed'],
    ] as const) {
      const w = made({ ...all, cond: exits(status) });
      const service = w.service('a.service', text);
      const job = w.start(service);
      w.host.advance(100);
      expect(service.result).toBe(result);
      expect(service.subState).toBe(sub);
      expect(job.result).toBe(sub === 'dead' ? 'done' : 'failed');
      expect(service.conditionResult).toBe(sub !== 'dead');
      expect(names(w)).toEqual(['cond', 'stoppost']);
    }
    const w = made({ ...all, cond: (p) => p.die(9) });
    const service = w.service('a.service', text);
    w.start(service);
    w.host.advance(100);
    expect(service.result).toBe('signal');
  });

  it('a main process that ends well runs ExecStop and ExecStopPost, one that fails only the latter', () => {
    for (const [status, after] of [
      [0, ['stop', 'stoppost']],
      [3, ['stoppost']],
    ] as const) {
      const w = made(all);
      const service = w.service('a.service', text);
      w.start(service);
      w.host.advance(100);
      w.host.running('d')!.exit(status);
      w.host.advance(100);
      expect(names(w).slice(5)).toEqual(after);
      expect(w.host.spawned.at(-1)!.env('EXIT_STATUS')).toBe(String(status));
      expect(service.subState).toBe(status === 0 ? 'dead' : 'failed');
    }
  });

  it('a failing ExecReload leaves the service running', () => {
    const w = made({ ...all, reload: exits(1) });
    const service = w.service('a.service', text);
    w.start(service);
    w.host.advance(100);
    const job = w.reload(service);
    w.host.advance(100);
    expect(job.result).toBe('failed');
    expect(service.subState).toBe('running');
    expect(service.reloadResult).toBe('exit-code');
    expect(service.result).toBe('success');
  });
});

describe('Type=oneshot', () => {
  it('runs its commands one after the other and is dead', () => {
    const w = made({ one: exits(0, 50), two: exits(0, 50), three: exits(0, 50) });
    const service = w.service(
      'a.service',
      'Type=oneshot\nExecStart=/usr/bin/one\nExecStart=/usr/bin/two\nExecStart=/usr/bin/three\n',
    );
    const job = w.start(service);
    w.host.advance(149);
    expect(service.activeState).toBe('activating');
    w.host.advance(2);
    expect(job.result).toBe('done');
    expect(service.subState).toBe('dead');
    expect(service.statusesOf('ExecStart').map((s) => s.code)).toEqual(['exited', 'exited', 'exited']);
    expect(w.messages(service)).toEqual(['Deactivated successfully.']);
    expect(service.jobDoneMessage('start', 'done')).toBe('Finished %s.');
  });

  it('stops at the first that fails', () => {
    const w = made({ one: exits(0), two: exits(9) });
    const service = w.service(
      'a.service',
      'Type=oneshot\nExecStart=/usr/bin/one\nExecStart=/usr/bin/two\nExecStart=/usr/bin/three\n',
    );
    expect(w.up(service).result).toBe('failed');
    expect(names(w)).toEqual(['one', 'two']);
    expect(service.statusesOf('ExecStart').map((s) => s.pid > 0)).toEqual([true, true, false]);
  });

  it('remains with RemainAfterExit=, until it is stopped', () => {
    const w = made({ one: exits(0), stop: exits(0) });
    const service = w.service(
      'a.service',
      'Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/one\nExecStop=/usr/bin/stop\n',
    );
    expect(w.up(service).result).toBe('done');
    expect(service.subState).toBe('exited');
    expect(service.activeState).toBe('active');
    w.stop(service);
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(names(w)).toEqual(['one', 'stop']);
  });

  it('without any command goes through a life all the same', () => {
    const w = made();
    const service = w.service('a.service', 'Type=oneshot\nRemainAfterExit=yes\nExecStop=/usr/bin/stop\n');
    w.up(service);
    expect(w.path(service)).toEqual(['start', 'exited']);
  });

  it('ends what its command left behind', () => {
    const w = made({
      one: (p) => {
        p.fork();
        p.exit(0);
      },
    });
    const service = w.service('a.service', 'Type=oneshot\nExecStart=/usr/bin/one\n');
    w.up(service);
    expect(service.subState).toBe('dead');
    expect(w.host.running('forked')).toBeUndefined();
  });
});

describe('Type=exec', () => {
  it('waits for the program to run', () => {
    const w = made();
    const service = w.service('a.service', 'Type=exec\nExecStart=/usr/bin/d\n');
    const job = w.up(service);
    expect(w.path(service)).toEqual(['start', 'running']);
    expect(job.result).toBe('done');
  });

  it('fails the start where it does not', () => {
    for (const [text, status] of [
      ['ExecStart=/usr/bin/none', 203],
      ['ExecStart=/etc/passwd', 203],
      ['User=nobodyhere\nExecStart=/usr/bin/d', 217],
      ['Group=nogrouphere\nExecStart=/usr/bin/d', 216],
    ] as const) {
      const w = made();
      const service = w.service('a.service', `Type=exec\n${text}\n`);
      expect(w.up(service).result).toBe('failed');
      expect(service.result).toBe('exit-code');
      expect(service.mainStatus.status).toBe(status);
    }
    const w = made();
    w.host.failing.set('/usr/bin/d', { step: 'CHDIR', errno: 2, code: 'ENOENT' });
    const service = w.service('a.service', 'Type=exec\nWorkingDirectory=/no/such\nExecStart=/usr/bin/d\n');
    expect(w.up(service).result).toBe('failed');
    expect(w.messages(service)).toEqual([
      'Changing to the requested working directory failed: No such file or directory',
      'Failed at step CHDIR spawning /usr/bin/d: No such file or directory',
      'Main process exited, code=exited, status=200/CHDIR',
      "Failed with result 'exit-code'.",
    ]);
  });

  it('is out of resources without its environment file, or where nothing can be forked', () => {
    const w = made();
    const service = w.service('a.service', 'Type=exec\nEnvironmentFile=/no/such/env\nExecStart=/usr/bin/d\n');
    expect(w.up(service).result).toBe('failed');
    expect(service.result).toBe('resources');
    expect(w.messages(service)).toEqual([
      'Failed to load environment files: No such file or directory',
      "Failed to run 'start' task: No such file or directory",
      "Failed with result 'resources'.",
    ]);
    w.host.forkError = { code: 'EAGAIN', errno: 11 };
    const other = w.service('b.service', 'ExecStart=/usr/bin/d\n');
    expect(w.up(other).result).toBe('failed');
    expect(other.result).toBe('resources');
  });
});

describe('Type=forking', () => {
  const daemon = (process: SimProcess): void => {
    process.daemonize();
    process.exit(0, 20);
  };

  it('guesses the main process of a daemon', () => {
    const w = made({ d: daemon });
    const service = w.service('a.service', 'Type=forking\nExecStart=/usr/bin/d\n');
    const job = w.start(service);
    w.host.advance(10);
    expect(service.subState).toBe('start');
    w.host.advance(20);
    expect(job.result).toBe('done');
    const main = w.host.running('forked')!;
    expect(service.mainPid).toBe(main.pid);
    main.exit(4);
    w.host.settle();
    expect(service.result).toBe('exit-code');
    expect(service.mainStatus.status).toBe(4);
  });

  it('lives as long as any of several, none of which is the main one', () => {
    const w = made({
      d: (p) => {
        p.daemonize();
        p.daemonize();
        p.exit(0);
      },
    });
    const service = w.service('a.service', 'Type=forking\nExecStart=/usr/bin/d\n');
    w.up(service);
    expect(service.subState).toBe('running');
    expect(service.mainPid).toBe(0);
    w.host.running('forked')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('running');
    w.host.running('forked')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('dead');
  });

  it('reads the PID file, also one that comes late', () => {
    const w = made({
      d: (p) => {
        const main = p.daemonize();
        main.fork();
        p.exit(0);
        w.host.schedule(500, () => w.host.files.put('/run/d.pid', `${main.pid}\n`));
      },
    });
    const service = w.service('a.service', 'Type=forking\nPIDFile=/run/d.pid\nExecStart=/usr/bin/d\n');
    const job = w.start(service);
    w.host.advance(400);
    expect(service.subState).toBe('start');
    expect(w.messages(service)).toEqual([
      "Can't open PID file /run/d.pid (yet?) after start: No such file or directory",
    ]);
    w.host.advance(200);
    expect(job.result).toBe('done');
    expect(service.mainPid).toBe(Number(w.host.files.readText('/run/d.pid')));
    w.stop(service);
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(w.host.files.tryStat('/run/d.pid')).toBeUndefined();
  });

  it('does not believe a PID file that names a process of another', () => {
    const w = made({ d: daemon });
    const foreign = w.host.addForeign();
    w.host.files.put('/run/d.pid', `${foreign.pid}\n`);
    w.host.files.chown('/run/d.pid', 1000, 1000);
    const service = w.service(
      'a.service',
      'Type=forking\nPIDFile=/run/d.pid\nTimeoutStartSec=5\nExecStart=/usr/bin/d\n',
    );
    w.start(service);
    w.host.advance(6000);
    expect(service.result).toBe('timeout');
    expect(w.messages(service)).toContain(
      `New main PID ${foreign.pid} does not belong to service, and PID file is not owned by root. Refusing.`,
    );
    expect(foreign.alive).toBe(true);
  });

  it('follows a daemon that moves to a new process and says so in its PID file', () => {
    const w = made({
      d: (p) => {
        const main = p.daemonize();
        w.host.files.put('/run/d.pid', `${main.pid}\n`);
        p.exit(0);
      },
    });
    const service = w.service('a.service', 'Type=forking\nPIDFile=/run/d.pid\nExecStart=/usr/bin/d\n');
    w.up(service);
    const old = w.host.table.get(service.mainPid)!;
    const fresh = old.fork();
    w.host.files.put('/run/d.pid', `${fresh.pid}\n`);
    old.exit(0);
    w.host.settle();
    expect(service.subState).toBe('running');
    expect(service.mainPid).toBe(fresh.pid);
  });
});

describe('Type=idle', () => {
  it('counts as active at once; its program waits until there are no jobs', () => {
    const w = made();
    const busy = w.service('busy.service', 'Type=oneshot\nExecStart=/usr/bin/one\n');
    w.up(busy);
    const service = w.service('a.service', 'Type=idle\nExecStartPre=/usr/bin/pre\nExecStart=/usr/bin/d\n');
    const job = w.up(service);
    expect(job.result).toBe('done');
    expect(service.subState).toBe('start-pre');
    expect(service.activeState).toBe('active');
    w.host.running('pre')!.exit(0);
    w.host.settle();
    expect(w.host.running('d')!.request!.idleFd).toBeDefined();
    expect([...w.host.openFds().values()]).toContain('pipe');
    w.host.running('one')!.exit(0);
    w.host.settle();
    expect([...w.host.openFds().values()]).not.toContain('pipe');
  });
});

describe('KillMode=', () => {
  const withChild = (process: SimProcess): void => void process.fork();

  it.each([
    ['control-group', true, true],
    ['mixed', true, true],
    ['process', true, false],
    ['none', false, false],
  ])('%s', (mode, mainDies, childDies) => {
    const w = made({ d: withChild });
    const service = w.service('a.service', `ExecStart=/usr/bin/d\nKillMode=${mode}\nTimeoutStopSec=1\n`);
    w.up(service);
    const main = w.host.running('d')!;
    const child = w.host.running('forked')!;
    w.stop(service);
    w.host.advance(5000);
    expect(service.activeState).toBe('inactive');
    expect(main.alive).toBe(!mainDies);
    expect(child.alive).toBe(!childDies);
    if (mode === 'mixed') expect(child.received).toEqual([9]);
    if (!childDies)
      expect(w.messages(service)).toContain(`Unit process ${child.pid} (forked) remains running after unit stopped.`);
  });

  it('SendSIGHUP= and signals of choice', () => {
    const w = made({ d: (p) => p.ignores.add(1) });
    const service = w.service(
      'a.service',
      'ExecStart=/usr/bin/d\nKillSignal=SIGUSR1\nRestartKillSignal=SIGUSR2\nSendSIGHUP=yes\nSuccessExitStatus=SIGUSR1 SIGUSR2\n',
    );
    w.up(service);
    w.restart(service);
    w.host.settle();
    expect(w.host.spawned[0]!.received).toEqual([12, 18]);
    expect(service.subState).toBe('running');
    w.stop(service);
    w.host.settle();
    expect(w.host.spawned[1]!.received).toEqual([10, 18, 1]);
    expect(service.subState).toBe('dead');
  });

  it('a start finds what is left of the life before', () => {
    const w = made({ d: withChild });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nKillMode=process\n');
    w.up(service);
    const child = w.host.running('forked')!;
    w.stop(service);
    w.host.settle();
    w.up(service);
    expect(w.messages(service, 4)).toContain(
      `Found left-over process ${child.pid} (forked) in control group while starting unit. Ignoring.`,
    );
  });
});

describe('directories and files of one life', () => {
  it('RuntimeDirectory= goes with the service, unless it is preserved', () => {
    const w = made();
    const service = w.service(
      'a.service',
      'User=daemon\nRuntimeDirectory=mine sub/yours\nStateDirectory=kept\nExecStart=/usr/bin/d\n',
    );
    w.up(service);
    expect(w.host.files.stat('/run/mine')).toMatchObject({ uid: 1, gid: 1, mode: 0o755 });
    expect(w.host.files.stat('/run/sub')).toMatchObject({ uid: 0 });
    expect(w.host.running('d')!.env('RUNTIME_DIRECTORY')).toBe('/run/mine:/run/sub/yours');
    w.stop(service);
    w.host.settle();
    expect(w.host.files.tryStat('/run/mine')).toBeUndefined();
    expect(w.host.files.tryStat('/run/sub/yours')).toBeUndefined();
    expect(w.host.files.tryStat('/var/lib/kept')).toBeDefined();
    service.clean(new Set(['state']));
    expect(service.subState).toBe('cleaning');
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(w.host.files.tryStat('/var/lib/kept')).toBeUndefined();
    expect(() => service.clean(new Set(['cache']))).toThrow('No matching resources found.');
  });

  it('cleaning of many files leaves the manager its turns, and ends when it takes too long', () => {
    const w = made();
    const service = w.service('a.service', 'StateDirectory=kept\nTimeoutCleanSec=5\nExecStart=/usr/bin/d\n');
    w.host.files.mkdirs('/var/lib/kept');
    for (let i = 0; i < 1000; i++) w.host.files.put(`/var/lib/kept/${i}`, '');
    // Each file takes its time.
    const unlink = w.host.files.unlink.bind(w.host.files);
    w.host.files.unlink = (path) => {
      w.host.spend(10);
      unlink(path);
    };
    service.clean(new Set(['state']));
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(service.cleanResult).toBe('timeout');
    expect(w.host.files.readdir('/var/lib/kept').length).toBeGreaterThan(100);
  });

  it('RuntimeDirectoryPreserve=restart keeps it over a restart only', () => {
    const w = made();
    const service = w.service(
      'a.service',
      'RuntimeDirectory=mine\nRuntimeDirectoryPreserve=restart\nRestart=on-failure\nExecStart=/usr/bin/d\n',
    );
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.settle();
    expect(service.subState).toBe('auto-restart');
    expect(w.host.files.tryStat('/run/mine')).toBeDefined();
    w.host.advance(1000);
    w.restart(service);
    w.host.settle();
    expect(service.subState).toBe('running');
    expect(w.host.files.tryStat('/run/mine')).toBeDefined();
    w.stop(service);
    w.host.settle();
    expect(w.host.files.tryStat('/run/mine')).toBeUndefined();
  });
});
