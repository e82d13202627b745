import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  CannotSimulate,
  InvalidOption,
  JobFailed,
  type Program,
  type SimulateOptions,
  simulate,
  WaitTimeout,
} from '../../../src/simulation/simulate.ts';

const service = (lines: string): string => `[Service]\nExecStart=/usr/bin/a\n${lines}\n`;

describe('time', () => {
  const backup: SimulateOptions = {
    units: {
      'backup.service': { Service: { Type: 'oneshot', ExecStart: '/usr/bin/backup --all' } },
      'backup.timer': { Timer: { OnActiveSec: '30min' } },
    },
    programs: {
      '/usr/bin/backup': (p: Program) => {
        p.log(`backs up ${p.args.join(' ')}`);
        p.exit(0, { after: '5min' });
      },
    },
  };

  it('passes when it is told to, and what is due in it happens', async () => {
    const sim = await simulate(backup);
    const unit = sim.unit('backup.service');
    await sim.start('backup.timer');
    expect(sim.unit('backup.timer').nextElapse).toEqual(new Date('2026-01-01T00:30:00Z'));
    await sim.advance('29min');
    expect(unit.starts).toBe(0);
    await sim.advance('2min');
    expect(unit).toMatchObject({ starts: 1, activeState: 'activating', subState: 'start' });
    await sim.advance('5min');
    expect(unit).toMatchObject({ activeState: 'inactive', result: 'success', exitStatus: 0 });
    expect(unit.journal({ grep: /backs up/ }).map(({ message, time }) => [message, time.toISOString()])).toEqual([
      ['backs up --all', '2026-01-01T00:30:00.000Z'],
    ]);
    expect(sim.elapsedMs).toBe(36 * 60_000);
    expect(sim.now).toEqual(new Date('2026-01-01T00:36:00Z'));
  });

  it('passes while a start is waited for, and not where it is not', async () => {
    const sim = await simulate(backup);
    await sim.start('backup.service', { wait: false });
    expect(sim.elapsedMs).toBe(0);
    await sim.start('backup.service');
    expect(sim.elapsedMs).toBe(5 * 60_000);
    await expect(sim.start('backup.service', { timeout: '1min' })).rejects.toThrow(WaitTimeout);
  });

  it('begins at a moment and in a zone, and goes up to a moment', async () => {
    const sim = await simulate({ startTime: '2027-03-27 12:00:00', timeZone: 'Europe/Berlin' });
    expect(sim.now).toEqual(new Date('2027-03-27T11:00:00Z'));
    await sim.advanceTo('2027-03-28 12:00:00');
    expect(sim.elapsedMs).toBe(23 * 3_600_000);
    await sim.advanceTo('2027-03-28 12:00:00 America/New_York');
    await sim.advanceTo('2027-03-28T18:00:00Z');
    expect(sim.now).toEqual(new Date('2027-03-28T18:00:00Z'));
    await expect(sim.advanceTo('2027-03-28 19:59:59')).rejects.toThrow(/has been; it is Sun 2027-03-28 20:00:00 CEST/);
    await sim.setClock('2030-01-01');
    expect(sim.now).toEqual(new Date('2029-12-31T23:00:00Z'));
  });

  it('is the same whenever it is played, and another for another seed', async () => {
    const units: SimulateOptions['units'] = {
      'a.timer': { Timer: { OnActiveSec: '1h', RandomizedDelaySec: '1h' } },
      'a.service': service('Type=oneshot'),
    };
    const next = async (seed: number): Promise<Date | undefined> => {
      const sim = await simulate({ units, seed });
      await sim.start('a.timer');
      return sim.unit('a.timer').nextElapse;
    };
    expect(await next(1)).toEqual(await next(1));
    expect(await next(1)).not.toEqual(await next(2));
  });
});

describe('a program without a script does what its unit expects', () => {
  it.each([
    ['Type=simple', { activeState: 'active', subState: 'running' }],
    ['Type=exec', { activeState: 'active', subState: 'running' }],
    ['Type=notify', { activeState: 'active', subState: 'running' }],
    ['Type=notify-reload', { activeState: 'active', subState: 'running' }],
    ['Type=dbus\nBusName=org.example.A', { activeState: 'active', subState: 'running' }],
    ['Type=forking\nPIDFile=/run/a.pid', { activeState: 'active', subState: 'running' }],
    ['Type=oneshot', { activeState: 'inactive', subState: 'dead' }],
    ['Type=oneshot\nRemainAfterExit=yes', { activeState: 'active', subState: 'exited' }],
    ['Type=notify\nWatchdogSec=10s', { activeState: 'active', subState: 'running' }],
    ['Type=simple\nUser=nobody-knows\nGroup=them', { activeState: 'active', subState: 'running' }],
    ['Type=simple\nExecStartPre=/usr/bin/b\nExecStartPost=/usr/bin/c', { activeState: 'active', subState: 'running' }],
  ])('%s', async (lines, state) => {
    const sim = await simulate({ units: { 'a.service': service(lines) } });
    await sim.start('a.service');
    await sim.advance('1h');
    expect(sim.unit('a.service')).toMatchObject({ ...state, result: 'success', starts: 1 });
    if (state.subState === 'running') expect(sim.unit('a.service').mainPid).not.toBe(0);
    await sim.stop('a.service');
    expect(sim.unit('a.service')).toMatchObject({ activeState: 'inactive', result: 'success' });
  });

  it('reloads as it is told to', async () => {
    const sim = await simulate({
      units: { 'a.service': service('Type=notify-reload'), 'b.service': service('ExecReload=/bin/reload') },
    });
    await sim.start(['a.service', 'b.service']);
    await sim.reload(['a.service', 'b.service']);
    const reloaded = sim.changes.filter(({ to }) => to === 'reloading').map(({ unit }) => unit);
    expect(new Set(reloaded)).toEqual(new Set(['a.service', 'b.service']));
  });

  it('mounts what a mount unit mounts', async () => {
    const sim = await simulate({ units: { 'srv.mount': { Mount: { What: '/dev/sda1', Where: '/srv' } } } });
    await sim.start('srv.mount');
    expect(sim.unit('srv.mount')).toMatchObject({ activeState: 'active', subState: 'mounted' });
    await sim.stop('srv.mount');
    expect(sim.unit('srv.mount').activeState).toBe('inactive');
  });
});

describe('a script', () => {
  it('has arguments, environment, signals, children and files', async () => {
    const sim = await simulate({
      units: { 'a.service': service('ExecStart=\nExecStart=/usr/bin/a -x $WORD\nEnvironment="WORD=two words"') },
      programs: {
        '/usr/bin/a': (p) => {
          p.log(`${p.path} ${p.args.join('|')} ${p.env.WORD} ${p.unit} ${p.isMain}`);
          p.error('to stderr\nin two lines');
          p.ignore('SIGHUP');
          p.on('SIGUSR1', () => p.files.write('/run/usr1', 'came'));
          p.on('SIGTERM', () => p.exit(3, { after: '1s' }));
          p.fork((child) => child.log('a child'));
          p.after('10s', () => p.log('later'));
        },
      },
    });
    const unit = sim.unit('a.service');
    await unit.start();
    expect(unit.processes).toHaveLength(2);
    await unit.kill('SIGHUP', { whom: 'main' });
    await unit.kill('SIGUSR1', { whom: 'main' });
    expect(sim.files.read('/run/usr1')).toBe('came');
    await sim.advance('10s');
    const before = sim.elapsedMs;
    await unit.stop();
    expect(sim.elapsedMs - before).toBe(1000);
    expect(unit).toMatchObject({ activeState: 'failed', result: 'exit-code', exitStatus: 3 });
    expect(unit.processes).toHaveLength(0);
    expect(unit.journal({ programsOnly: true }).map(({ message }) => message)).toEqual([
      '/usr/bin/a -x|two|words two words a.service true',
      'to stderr',
      'in two lines',
      'a child',
      'later',
    ]);
  });

  it('may be of a unit, and wait', async () => {
    const sim = await simulate({
      units: { 'a.service': service('Type=oneshot') },
      programs: {
        'a.service': async (p) => {
          for (const word of ['one', 'two']) {
            await p.sleep('1min');
            p.log(word);
          }
          p.exit(0);
        },
      },
    });
    await sim.start('a.service');
    expect(sim.elapsedMs).toBe(120_000);
    expect(sim.journal({ unit: 'a.service', programsOnly: true }).map(({ message }) => message)).toEqual([
      'one',
      'two',
    ]);
  });

  it('writes where StandardOutput= says', async () => {
    const sim = await simulate({
      units: { 'a.service': service('StandardOutput=append:/var/log/a.log\nStandardError=null\nType=oneshot') },
      programs: {
        '/usr/bin/a': (p) => {
          p.log('kept');
          p.error('lost');
          p.exit();
        },
      },
    });
    await sim.start('a.service');
    await sim.start('a.service');
    expect(sim.files.read('/var/log/a.log')).toBe('kept\nkept\n');
  });

  it('that throws fails the test, whether at once, later or after a wait', async () => {
    for (const script of [
      () => {
        throw new Error('planted');
      },
      (p: Program) =>
        p.after('1s', () => {
          throw new Error('planted');
        }),
      async (p: Program) => {
        await p.sleep('1s');
        throw new Error('planted');
      },
    ]) {
      const sim = await simulate({ units: { 'a.service': service('') }, programs: { '/usr/bin/a': script } });
      await expect(sim.start('a.service').then(() => sim.advance('2s'))).rejects.toThrow('planted');
    }
  });

  it('can be changed, and taken away', async () => {
    const sim = await simulate({ units: { 'a.service': service('') }, programs: { '/usr/bin/a': null } });
    const unit = sim.unit('a.service');
    await unit.start();
    expect(unit).toMatchObject({ activeState: 'failed', exitStatus: 203 });
    sim.program('/usr/bin/a', (p) => p.exit(7));
    await unit.start();
    await unit.waitFor({ activeState: 'failed' });
    expect(unit.exitStatus).toBe(7);
    sim.program('/usr/bin/a', (p) => p.crash('SIGSEGV'));
    await unit.start();
    expect(unit).toMatchObject({ exitStatus: 'SIGSEGV', result: 'core-dump' });
  });
});

describe('units', () => {
  it('come from a directory with drop-ins and links, and earlier ones win', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pidone-units-'));
    try {
      mkdirSync(join(folder, 'a.service.d'));
      mkdirSync(join(folder, 'multi-user.target.wants'));
      writeFileSync(join(folder, 'a.service'), service(''));
      writeFileSync(join(folder, 'b.service'), service(''));
      writeFileSync(join(folder, 'notes.txt'), 'no unit');
      writeFileSync(join(folder, 'a.service.d/x.conf'), '[Unit]\nDescription=from the drop-in\n');
      symlinkSync('../a.service', join(folder, 'multi-user.target.wants/a.service'));
      symlinkSync('/dev/null', join(folder, 'c.service'));
      symlinkSync('a.service', join(folder, 'alias.service'));
      const b = { 'b.service': { Unit: { Description: 'from the object' }, Service: { ExecStart: ['/usr/bin/b'] } } };
      for (const place of [folder, pathToFileURL(folder)]) {
        const sim = await simulate({ units: [b, place], boot: 'multi-user.target' });
        expect(sim.unit('a.service').activeState).toBe('active');
        expect((await sim.unit('a.service').properties()).Description).toBe('from the drop-in');
        expect((await sim.unit('b.service').properties()).Description).toBe('from the object');
        expect(sim.unit('c.service').loadState).toBe('masked');
        expect(sim.unit('alias.service').name).toBe('a.service');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('know what they depend on, and each start has an id of its own', async () => {
    const sim = await simulate({
      units: { 'a.service': `[Unit]\nRequires=b.service\n${service('')}`, 'b.service': service('') },
    });
    const [a, b] = [sim.unit('a'), sim.unit('b')];
    expect((await a.dependencies()).Requires).toContain('b.service');
    expect((await b.dependencies()).RequiredBy).toEqual(['a.service']);
    await a.start();
    const { invocationId } = a;
    expect(invocationId).toMatch(/^[0-9a-f]{32}$/);
    await a.restart();
    expect(a.invocationId).not.toBe(invocationId);
  });

  it('have their programs for who looks at files that nobody has loaded', async () => {
    const units = { 'a.service': service('') };
    const sim = await simulate({ units });
    expect(await sim.command('systemd-analyze', 'verify', 'a.service')).toMatchObject({ status: 0, stderr: '' });
    const without = await simulate({ units, programs: { '/usr/bin/a': null } });
    const { status, stderr } = await without.command('systemd-analyze', 'verify', 'a.service');
    expect(stderr).toContain('a.service: Command /usr/bin/a is not executable: No such file or directory');
    expect(status).toBe(1);
  });

  it('plan a transaction, and do nothing of it', async () => {
    const sim = await simulate({
      units: {
        'a.service': `[Unit]\nRequires=b.service\nConflicts=c.service\n${service('')}`,
        'b.service': service(''),
        'c.service': service(''),
        'bad.service': '[Unit]\nRequires=none.service\n[Service]\nExecStart=/usr/bin/a\n',
      },
    });
    await sim.start('c');
    const { now, changes } = sim;
    const before = changes.length;
    const planned = await sim.plan('start', 'a');
    expect(planned).toContainEqual({ unit: 'a.service', type: 'start' });
    expect(planned).toContainEqual({ unit: 'b.service', type: 'start' });
    expect(planned).toContainEqual({ unit: 'c.service', type: 'stop' });
    expect([sim.now, changes.length, sim.unit('a').activeState]).toEqual([now, before, 'inactive']);
    expect(await sim.plan('stop', 'c')).toEqual([{ unit: 'c.service', type: 'stop' }]);
    await expect(sim.plan('start', 'bad')).rejects.toThrow('Failed to start bad.service: Unit none.service not found.');
    await expect(sim.plan('start', 'a', { jobMode: 'isolate' })).rejects.toThrow('may not be isolated');
  });

  it('are enabled before the boot, and written and read again while it runs', async () => {
    const sim = await simulate({
      units: { 'a.service': `${service('')}[Install]\nWantedBy=multi-user.target\n` },
      enable: ['a.service'],
      boot: 'multi-user.target',
    });
    const unit = sim.unit('a.service');
    expect(unit.activeState).toBe('active');
    sim.write('a.service', { Service: { ExecStart: '/usr/bin/a', KillMode: 'process', SendSIGHUP: true } });
    await sim.daemonReload();
    expect(await unit.properties()).toMatchObject({ KillMode: 'process', SendSIGHUP: 'yes', ActiveState: 'active' });
  });

  it('a socket is connected to, and starts its service', async () => {
    const sim = await simulate({
      units: { 'a.socket': '[Socket]\nListenStream=/run/a.sock\n', 'a.service': service('') },
    });
    await sim.start('a.socket');
    expect(sim.unit('a.service').activeState).toBe('inactive');
    await sim.unit('a.socket').connect();
    expect(sim.unit('a.service')).toMatchObject({ activeState: 'active', starts: 1 });
    await sim.stop('a.service');
    expect(sim.unit('a.socket').subState).toBe('listening');
    await sim.advance('1min');
    expect(sim.unit('a.service').starts).toBe(1);
    await expect(sim.unit('a.service').connect()).rejects.toThrow('only sockets');
  });

  it('a path unit sees files that come', async () => {
    const sim = await simulate({
      units: { 'a.path': '[Path]\nPathExists=/srv/go\n', 'a.service': service('Type=oneshot') },
      programs: {
        '/usr/bin/a': (p) => {
          p.files.remove('/srv/go');
          p.exit();
        },
      },
    });
    await sim.start('a.path');
    sim.files.write('/srv/go', '');
    await sim.unit('a.service').waitFor({ starts: 1, activeState: 'inactive' });
    expect(sim.files.exists('/srv/go')).toBe(false);
  });

  it('all stop in order at a halt', async () => {
    const sim = await simulate({
      units: { 'a.service': service(''), 'b.service': `[Unit]\nAfter=a.service\n${service('')}` },
    });
    await sim.start(['a.service', 'b.service']);
    await sim.halt();
    const down = sim.changes.filter(({ unit, to }) => /^[ab]\./.test(unit) && to === 'inactive');
    expect(down.map(({ unit }) => unit)).toEqual(['b.service', 'a.service']);
  });
});

describe('what goes wrong says what it is', () => {
  it('a start that fails has the result and the last lines', async () => {
    const sim = await simulate({
      units: { 'a.service': service('Type=oneshot') },
      programs: {
        '/usr/bin/a': (p) => {
          p.error('no such table');
          p.exit(4);
        },
      },
    });
    const error = await sim.start('a.service').catch((e) => e);
    expect(error).toBeInstanceOf(JobFailed);
    expect(error).toMatchObject({ unit: 'a.service', jobResult: 'failed', result: 'exit-code', exitStatus: 4 });
    expect(error.message).toMatch(/^Failed to start a\.service: exit-code \(its main process ended with status 4\)\n/);
    expect(error.message).toMatch(/\n {4}a\[\d+\]: no such table\n/);
    await expect(sim.start('none.service')).rejects.toThrow(
      'Failed to start none.service: Unit none.service not found.',
    );
  });

  it('a start that fails with what it needs tells why that has failed', async () => {
    const sim = await simulate({
      units: {
        'a.service': `[Unit]\nRequires=b.service\nAfter=b.service\n${service('')}`,
        'b.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/b\n',
      },
      programs: {
        '/usr/bin/b': (p) => {
          p.error('no luck');
          p.exit(7);
        },
      },
    });
    const error = await sim.start('a').catch((e) => e);
    expect(error).toMatchObject({ name: 'JobFailed', unit: 'a.service', jobResult: 'dependency' });
    expect(error.message).toContain(
      'a unit that it needs has failed (b.service: exit-code (its main process ended with status 7))',
    );
    expect(error.log.join('\n')).toMatch(/b\[\d+\]: no luck/);
  });

  it('what can not come is not waited for', async () => {
    const sim = await simulate({ units: { 'a.service': service('') } });
    await sim.start('a.service');
    await expect(sim.unit('a.service').waitFor({ activeState: 'failed' })).rejects.toThrow(
      /^Waited until of a\.service activeState is failed: it is active \(running\), result 'success', nRestarts 0; nothing is left that could happen, at /,
    );
    await expect(sim.waitFor(() => false, { timeout: 0 })).rejects.toThrow(WaitTimeout);
  });

  it.each([
    [
      { 'a.socket': '[Socket]\nListenNetlink=kobject-uevent 1\n', 'a.service': service('') },
      'a.socket',
      /^a.socket: ListenNetlink=/,
    ],
    [
      {
        'a.service': service('StandardInput=socket\nSockets=a.socket'),
        'a.socket': '[Socket]\nListenStream=/run/a\nAccept=no\n',
      },
      'a.service',
      /StandardInput=socket can't be simulated/,
    ],
  ])('%o is refused when it is started', async (units, name, message) => {
    const sim = await simulate({ units });
    const error = await sim.start(name).catch((e) => e);
    expect(error).toBeInstanceOf(CannotSimulate);
    expect(error.message).toMatch(message);
  });

  it.each([
    [{ units: { 'a.servce': '' } }, /^'a.servce' is no name of a unit's file; valid are NAME.TYPE/],
    [
      { units: { 'a.service': { Timer: {} } } },
      /^a.service: \[Timer\] is no section of it; valid are Unit, Service, Install$/,
    ],
    [
      { units: { 'a.service': { Service: { ExecStrat: '/x' } } } },
      /no directive ExecStrat=; did you mean ExecStart=\?$/,
    ],
    [{ units: { 'a.service': { Service: { ExecStart: '/x\n' } } } }, /ExecStart= has a line break/],
    [{ units: '/nowhere/units' }, /ENOENT|No such file/],
    [{ startTime: 'soon' }, /^startTime: 'soon' is no moment/],
    [{ timeZone: 'Europe/Nowhere' }, /^timeZone: 'Europe\/Nowhere' is no time zone/],
    [{ programs: { '/usr/bin/a': 'exit' } }, /^programs: '\/usr\/bin\/a' is string/],
    [{ files: { 'etc/a': '' } }, /^'etc\/a' is no absolute path/],
  ])('%o', async (options, message) => {
    await expect((async () => simulate(options as never))()).rejects.toThrow(message);
  });

  it('spans, statuses, signals, programs and units that there are not', async () => {
    const sim = await simulate({ units: { 'a.service': service('') } });
    await sim.start('a.service');
    await expect(sim.advance('soon')).rejects.toThrow("advance: 'soon' is no span of time");
    await expect(sim.advance(-1)).rejects.toThrow(InvalidOption);
    await expect(sim.unit('a.service').exit(256)).rejects.toThrow('256 is no exit status');
    await expect(sim.unit('a.service').kill('SIGNOT')).rejects.toThrow("'SIGNOT' is no signal");
    await expect(sim.command('ls')).rejects.toThrow("'ls' is no program of pidone's; valid are systemctl,");
    expect(sim.unit('a')).toBe(sim.unit('a.service'));
    expect(() => sim.unit('')).toThrow(InvalidOption);
    expect(() => sim.unit('x'.repeat(300))).toThrow('is not valid');
    await expect(sim.enable('none.service')).rejects.toMatchObject({ name: 'CommandFailed', status: 1 });
  });
});
