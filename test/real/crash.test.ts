/**
 * A manager that crashes, on the real thing: its program is executed anew in the same process, and what it manages goes on.
 *
 * $CRASHES (3) is how many crashes there are at random moments under load, $SEED (1) what makes them: npm run crashes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontDoor } from '../support/built.ts';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`crashes of a PID 1 left out: ${reason}`);

const rounds = Number(process.env.CRASHES ?? 3);
const seed = Number(process.env.SEED ?? 1);

const unit = (path: string, text: string) => ({ path: `/etc/systemd/system/${path}`, text });
const shell = (script: string): string => `/bin/sh -c '${script}'`;
const until = (file: string): string => `until [ -e ${file} ]; do sleep 0.02; done`;

/** One of each type, which nobody stops. */
const steady = {
  'simple.service': `[Service]\nExecStart=/bin/sleep infinity\n`,
  'forking.service': `[Service]\nType=forking\nExecStart=${shell('sleep infinity & exit 0')}\n`,
  'pidfile.service': `[Service]\nType=forking\nPIDFile=/run/pidfile\nExecStart=${shell('sleep infinity & echo $$! > /run/pidfile')}\n`,
  'notify.service': `[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=30\nExecStart=${shell('systemd-notify READY=1 STATUS=up; while :; do sleep 1; systemd-notify WATCHDOG=1; done')}\n`,
  'oneshot.service': `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n`,
  'dynamic.service': `[Service]\nDynamicUser=yes\nRuntimeDirectory=dynamic\nExecStart=/bin/sleep infinity\n`,
};

const files = [
  ...Object.entries(steady).map(([name, text]) => unit(name, text)),
  ...['a', 'b', 'c', 'd'].map((name) =>
    unit(`restless-${name}.service`, `[Service]\nExecStart=/bin/sh -c "exec sleep 100000${name.charCodeAt(0)}"\n`),
  ),
  unit(
    'lines.service',
    `[Service]\nExecStart=${shell('i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.01; done')}\n`,
  ),
  unit('slow.service', `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${shell(until('/run/go'))}\n`),
  unit('bad.service', `[Service]\nType=oneshot\nExecStart=${shell(`${until('/run/go')}; exit 9`)}\n`),
  unit('dies.service', `[Service]\nExecStart=${shell(`${until('/run/die')}; exit 7`)}\n`),
  unit('echo.socket', '[Socket]\nListenStream=/run/echo\n'),
  unit('echo.service', '[Service]\nExecStart=/bin/sleep infinity\n'),
  unit('tick.timer', '[Timer]\nOnActiveSec=1h\nPersistent=no\n'),
  unit('tick.service', '[Service]\nType=oneshot\nExecStart=/bin/true\n'),
];

const steadyFacts = `systemctl show ${Object.keys(steady).join(' ')} echo.socket tick.timer -p Id,ActiveState,SubState,MainPID,InvocationID,NRestarts,StatusText,NextElapseUSecMonotonic,ActiveEnterTimestampMonotonic; cut -d" " -f22 /proc/1/stat; cat /proc/1/comm`;

describe.skipIf(reason !== undefined)('a PID 1 that crashes', () => {
  let container: Container;
  const sh = async (command: string): Promise<string> => {
    const { out, err } = await container.sh(command);
    return (out + err).trim();
  };
  /** Crashes that were told so far. */
  const told = async (): Promise<number> =>
    Number(await sh('journalctl -o cat | grep -cE "executed anew, with units"'));
  const crash = async (signal: string, meanwhile = 'true'): Promise<void> => {
    const before = await told();
    await sh(`kill -${signal} 1; ${meanwhile}`);
    await container.wait(`test "$(journalctl -o cat | grep -cE 'executed anew, with units')" -gt ${before}`);
  };
  beforeAll(async () => {
    container = await Container.boot(files, ['/usr/bin/systemctl', 'init', '--crash-limit=1000000']);
    await sh(`systemctl start ${Object.keys(steady).join(' ')} echo.socket tick.timer`);
  }, 180_000);
  afterAll(() => container?.end());

  it('goes on as the same process with the same services, and those who wait get their answers', async () => {
    const before = await sh(steadyFacts);
    expect(before.match(/ActiveState=active/g)?.length).toBe(8);
    const waits = [
      'systemctl start slow bad > /root/waits 2>&1; echo $? >> /root/waits',
      'journalctl -f -n 0 -o cat -t tester > /root/follows',
      'systemd-run --wait -q /bin/sh -c "until [ -e /run/go ]; do sleep 0.05; done; exit 5"; echo $? > /root/ran',
    ];
    for (const wait of waits) await sh(`(${wait}) < /dev/null > /dev/null 2>&1 &`);
    await container.wait('test "$(systemctl list-jobs --no-legend | grep -c running)" = 2');
    await container.wait('systemctl is-active "run-u*"');
    await container.wait('logger -t tester one; grep -q one /root/follows');
    const open = Number(await sh('ls /proc/1/fd | wc -l'));
    await crash('SEGV', 'logger -t tester two');
    expect(await sh(steadyFacts)).toBe(before);
    expect(await sh('journalctl -p 2 -o cat | tail -n 1')).toMatch(
      /^Caught <SEGV> from PID \d+( \(\w+\))?, executed anew, with units as they were\.$/,
    );
    expect(container.console).toContain('Caught <SEGV>');
    // Where it waited for events.
    expect(await sh('journalctl -p 3 -o cat | grep -A 9 "^Stack of the crash:"')).toMatch(/\(uv_run\+0x/);
    expect(await sh('systemctl list-jobs --no-legend | wc -l')).toBe('2');
    await sh('touch /run/go');
    await container.wait('grep -q "^[0-9]$" /root/waits && test -s /root/ran');
    expect(await sh('cat /root/ran')).toBe('5');
    expect(await sh('cat /root/waits')).toBe(
      'Job for bad.service failed because the control process exited with error code.\nSee "systemctl status bad.service" and "journalctl -xeu bad.service" for details.\n1',
    );
    await container.wait('grep -q two /root/follows');
    expect(await sh('tail -n 1 /root/follows; systemctl is-active slow')).toBe('two\nactive');
    for (const signal of ['ABRT', 'BUS', 'ILL', 'FPE']) await crash(signal);
    expect(await sh(steadyFacts)).toBe(before);
    expect(Number(await sh('ls /proc/1/fd | wc -l'))).toBeLessThanOrEqual(open + 2);
  }, 300_000);

  it('tells ends that come meanwhile with their status', async () => {
    await sh('systemctl start dies');
    await crash('ABRT', 'touch /run/die');
    await container.wait('systemctl is-failed dies');
    expect(await sh('systemctl show dies -p Result,ExecMainStatus,ExecMainCode')).toBe(
      'Result=exit-code\nExecMainCode=1\nExecMainStatus=7',
    );
  }, 120_000);

  it('takes up what services write, in order and nothing twice, and refuses nobody who connects', async () => {
    await sh('systemctl start lines');
    const connects = sh(
      "perl -MSocket -e 'my $n = 0; while (! -e q(/run/enough)) { socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un(q(/run/echo))) or die qq(refused after $n: $!); $n++; select(undef, undef, undef, 0.05) } print qq(all $n taken)'",
    );
    for (let i = 1; i <= 3; i++) {
      await container.wait(`test "$(journalctl -u lines -o cat | wc -l)" -gt ${i * 30}`);
      await crash('SEGV');
    }
    await sh('systemctl stop lines; touch /run/enough');
    expect(await connects).toMatch(/^all \d+ taken$/);
    const { out } = await container.sh('journalctl -u lines -o cat --no-pager');
    const numbers = out.split('\n').flatMap((line) => (/^line \d+$/.test(line) ? [Number(line.slice(5))] : []));
    const steps = numbers.map((number, index) => number - (numbers[index - 1] ?? 0));
    expect(steps.filter((step) => step < 1)).toEqual([]);
    // What was read in the very turn of a crash is with the program that has crashed; that may be more than a line.
    expect(steps.filter((step) => step > 1).length).toBeLessThanOrEqual(3);
    expect(numbers.length).toBeGreaterThan(90);
  }, 300_000);

  it(
    `${rounds} times at random moments under load (seed ${seed}) loses no service, and starts none twice`,
    async () => {
      const random = randomFrom(seed);
      const before = await sh(steadyFacts);
      const restless = ['a', 'b', 'c', 'd'].map((name) => `restless-${name}.service`);
      const signals = ['SEGV', 'ABRT', 'BUS', 'ILL', 'FPE'];
      for (let round = 0; round < rounds; round++) {
        const commands = restless.map((name) => {
          const verb = ['start', 'stop', 'restart'][random(3)]!;
          return { name, verb, text: `sleep 0.${random(10)}${random(10)}; systemctl ${verb} ${name}; echo $?` };
        });
        const answers = Promise.all(commands.map(({ text }) => sh(text)));
        await sh(`sleep 0.${random(10)}${random(10)}`);
        const signal = signals[random(signals.length)]!;
        await crash(signal);
        const done = await answers;
        // A call that was lost with the program says so; made again it leads to what it asked for.
        for (const [index, { name, verb }] of commands.entries())
          if (done[index] !== '0') await sh(`systemctl ${verb} ${name}`);
        const about = `round ${round} of seed ${seed}: ${signal}, ${commands.map(({ text }) => text).join(' & ')}`;
        for (const { name, verb } of commands) {
          const wanted = verb === 'stop' ? 0 : 1;
          // The pattern is not itself what it looks for.
          const seconds = `[1]00000${name.charCodeAt('restless-'.length)}`;
          const count = Number(await sh(`grep -zlx '${seconds}' /proc/[0-9]*/cmdline 2>/dev/null | wc -l`));
          expect(`${name} ${count}`, about).toBe(`${name} ${wanted}`);
          expect(await sh(`systemctl is-active ${name}`), about).toBe(wanted === 1 ? 'active' : 'inactive');
        }
        expect(await sh(steadyFacts), about).toBe(before);
      }
    },
    120_000 + rounds * 20_000,
  );
});

/** Numbers below `below`, always the same for a seed. */
function randomFrom(first: number): (below: number) => number {
  let state = first;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a user’s manager that crashes', () => {
  let directory: string;
  let env: Record<string, string | undefined>;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pidone-crash-'));
    for (const name of ['units', 'run']) mkdirSync(join(directory, name), { mode: 0o700 });
    const put = (name: string, text: string): void =>
      writeFileSync(join(directory, 'units', name), `[Unit]\nDefaultDependencies=no\n${text}`);
    put('default.target', 'AllowIsolate=yes\n');
    put('a.service', '[Service]\nExecStart=/bin/sleep 1000\n');
    env = {
      PATH: process.env.PATH,
      HOME: directory,
      XDG_RUNTIME_DIR: join(directory, 'run'),
      SYSTEMD_UNIT_PATH: join(directory, 'units'),
      PIDONE_SOCKET: join(directory, 'control'),
    };
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const call = (...argv: string[]): Promise<string> => outputOf(spawn(frontDoor, ['--user', ...argv], { env }));
  const start = (...options: string[]): Promise<{ manager: ChildProcess; ended: Promise<unknown> }> =>
    up(spawn(frontDoor, ['init', '--user', ...options], { env, stdio: 'ignore' }));
  const up = async (manager: ChildProcess): Promise<{ manager: ChildProcess; ended: Promise<unknown> }> => {
    const ended = new Promise((done) => manager.on('exit', (code, signal) => done(code ?? signal)));
    while (!(await call('is-active', 'default.target')).startsWith('active')) expect(manager.exitCode).toBeNull();
    await call('start', 'a.service');
    return { manager, ended };
  };

  it('goes on, and ends in order', async () => {
    const { manager, ended } = await start();
    try {
      const pid = await call('show', 'a.service', '-p', 'MainPID', '--value');
      for (const signal of ['SIGSEGV', 'SIGABRT'] as const) {
        manager.kill(signal);
        expect(await call('show', 'a.service', '-p', 'MainPID', '--value')).toBe(pid);
      }
      expect(Number(pid)).toBeGreaterThan(1);
      manager.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      manager.kill('SIGKILL');
    }
  }, 120_000);

  it('goes on when V8 has no room left in its heap', async () => {
    const lib = join(frontDoor, '../../lib/pidone');
    const options = ['--max-old-space-size=14', '--max-semi-space-size=1', '--expose-gc'];
    const program = [...options, join(lib, 'pidone.cjs'), 'init', '--user'];
    const { manager, ended } = await up(spawn(join(lib, 'node'), program, { env, stdio: 'ignore' }));
    try {
      while ((await call('is-system-running')) !== 'running\n') expect(manager.exitCode).toBeNull();
      const pid = await call('show', 'a.service', '-p', 'MainPID', '--value');
      let set = 0;
      while (set < 200 && (await call('set-environment', `A${set}=${'x'.repeat(120_000)}`)) === '') set++;
      expect(await call('show', '-p', 'NCrashes', '--value')).toBe('1\n');
      expect(await call('show', 'a.service', '-p', 'MainPID', '--value')).toBe(pid);
      // What each has set whose call was answered.
      expect((await call('show-environment')).match(/^A/gm)?.length).toBeGreaterThanOrEqual(set);
      manager.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      manager.kill('SIGKILL');
    }
  }, 120_000);

  it('still ends with its parent, where that was asked for, when it was another thread that crashed', async () => {
    const parent = spawn('sh', ['-c', `setpriv --pdeathsig=KILL ${frontDoor} init --user & wait`], {
      env,
      stdio: 'ignore',
    });
    try {
      while (!(await call('is-system-running')).startsWith('running')) expect(parent.exitCode).toBeNull();
      const pid = Number(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8'));
      // One that takes the signal.
      const thread = readdirSync(`/proc/${pid}/task`).find((id) => {
        const blocked = /^SigBlk:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8'))![1];
        return Number(id) !== pid && (BigInt(`0x${blocked}`) & (1n << 10n)) === 0n;
      });
      // tgkill(2)
      const send = `syscall(${process.arch === 'arm64' ? 131 : 234}, ${pid}, ${thread}, 11) == 0 or die $!`;
      expect(await outputOf(spawn('perl', ['-e', send]))).toBe('');
      // The main thread may answer one more question before it is gone.
      await expect.poll(() => call('show', '-p', 'NCrashes', '--value')).toBe('1\n');
      parent.kill('SIGKILL');
      await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  }, 120_000);

  it.each([
    ['halts in order, with the status of the crash', 'SIGTERM', 139],
    ['ends at the crash that is one too many', 'SIGSEGV', 'SIGSEGV'],
  ] as const)(
    'is safe when it has crashed too often, and %s',
    async (_, signal, end) => {
      const { manager, ended } = await start('--crash-limit=2');
      try {
        for (let crash = 1; crash <= 2; crash++) {
          manager.kill('SIGSEGV');
          expect(await call('is-active', 'a.service')).toBe('active\n');
        }
        expect(await call('is-system-running')).toBe('maintenance\n');
        expect(await call('restart', 'a.service')).toMatch(
          /^Failed to restart a\.service: The manager is in safe mode/,
        );
        manager.kill(signal);
        expect(await ended).toBe(end);
      } finally {
        await call('kill', 'a.service');
        manager.kill('SIGKILL');
      }
    },
    120_000,
  );
});

function outputOf(child: ChildProcess): Promise<string> {
  let out = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((done) => child.on('close', () => done(out)));
}
