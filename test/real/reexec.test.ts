/** systemctl daemon-reexec on the real thing: the same process and children, and nobody who was connected notices. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontDoor } from '../support/built.ts';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`re-execution of a PID 1 left out: ${reason}`);

const unit = (path: string, text: string) => ({ path: `/etc/systemd/system/${path}`, text });
const shell = (script: string): string => `/bin/sh -c '${script}'`;

const files = [
  unit(
    'lines.service',
    `[Service]\nExecStart=${shell('i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.005; done')}\nCPUWeight=1\nNice=19\n`,
  ),
  unit(
    'slow.service',
    `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${shell('until [ -e /run/go ]; do sleep 0.05; done')}\n`,
  ),
  unit(
    'bad.service',
    `[Service]\nType=oneshot\nExecStart=${shell('until [ -e /run/go ]; do sleep 0.05; done; exit 9')}\n`,
  ),
  unit('ends.service', `[Service]\nExecStart=${shell('until [ -e /run/go ]; do sleep 0.05; done')}\n`),
  unit(
    'store.service',
    `[Service]\nType=notify\nNotifyAccess=all\nFileDescriptorStoreMax=4\nExecStart=/usr/bin/perl /usr/local/store.pl\n`,
  ),
  unit('echo.socket', '[Socket]\nListenStream=/run/echo\n'),
  unit('echo.service', '[Service]\nExecStart=/bin/sleep infinity\n'),
  {
    path: '/usr/local/store.pl',
    text: `use Socket;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0); connect($s, sockaddr_un($ENV{NOTIFY_SOCKET})) or die;
pipe(my $r, my $w); syswrite($w, "left");
# sendmsg(2) with SCM_RIGHTS, x86-64 and arm64 have the same layout
my $fds = pack('i', fileno($r)); my $data = "FDSTORE=1\\nFDNAME=kept";
my $control = pack('Q i i', 16 + 4, 1, 1) . $fds . ("\\0" x 4);
my $iov = pack('P Q', $data, length $data);
my $message = pack('Q Q P Q P Q i x4', 0, 0, $iov, 1, $control, length $control, 0);
syscall(&sendmsg_number, fileno($s), $message, 0) >= 0 or die "sendmsg: $!";
syswrite($s, "READY=1"); sleep 100000;
sub sendmsg_number { return \`uname -m\` =~ /x86_64/ ? 46 : 211 }
`,
  },
];

/** Numbers of the lines of a unit that are in the journal, in order. */
function gapsIn(text: string): { count: number; gaps: string[] } {
  const numbers = text.split('\n').flatMap((line) => (/^line \d+$/.test(line) ? [Number(line.slice(5))] : []));
  const gaps = numbers.flatMap((number, i) =>
    i > 0 && number !== numbers[i - 1]! + 1 ? [`${numbers[i - 1]} → ${number}`] : [],
  );
  return { count: numbers.length, gaps };
}

describe.skipIf(reason !== undefined)('a PID 1', () => {
  let container: Container;
  const sh = async (command: string): Promise<string> => {
    const { out, err } = await container.sh(command);
    return (out + err).trim();
  };
  beforeAll(async () => {
    container = await Container.boot(files);
  }, 180_000);
  afterAll(() => container?.end());

  it('speaks as the release that was decided at its boot, whatever the image has become', async () => {
    const version = (): Promise<string> => sh('systemctl --version | head -n 1');
    const before = await version();
    const other = before.startsWith('systemd 257') ? 262 : 257;
    await sh(`echo Version=${other} > /etc/pidone.conf; systemctl daemon-reexec`);
    expect([await version(), await sh('rm /etc/pidone.conf; cat /run/pidone/release | cut -d" " -f1')]).toEqual([
      before,
      /\d+/.exec(before)![0],
    ]);
  });

  it('goes on as a new program, and those who wait get their answers', async () => {
    await sh('systemctl start store echo.socket ends');
    const facts = 'systemctl show store -p MainPID,InvocationID,NFileDescriptorStore; cut -d" " -f22 /proc/1/stat';
    const before = await sh(facts);
    expect(before).toContain('NFileDescriptorStore=1');
    const waits = [
      'systemctl start slow bad > /root/waits 2>&1; echo $? >> /root/waits',
      'journalctl -f -n 0 -o cat -t tester > /root/follows',
      'systemd-run --wait -q /bin/sh -c "until [ -e /run/go ]; do sleep 0.05; done; exit 5"; echo $? > /root/ran',
      'systemctl kill --wait -s CONT ends; echo $? > /root/killed',
    ];
    for (const wait of waits) await sh(`(${wait}) < /dev/null > /dev/null 2>&1 &`);
    await container.wait('test "$(systemctl list-jobs --no-legend | grep -c running)" = 2');
    await container.wait('systemctl is-active "run-u*"');
    const exe = await sh('ls -l /proc/1/fd | wc -l');
    expect(await sh('logger -t tester one; systemctl daemon-reexec; echo $?; logger -t tester two')).toBe('0');
    expect(await sh(facts)).toBe(before);
    expect(await sh('tr "\\0" " " < /proc/1/cmdline')).toContain('--state-fd=');
    expect(await sh('cat /proc/1/comm')).toBe('systemd');
    expect(await sh('systemctl list-jobs --no-legend | wc -l')).toBe('2');
    await sh('touch /run/go');
    await container.wait('grep -q "^[0-9]$" /root/waits && test -s /root/ran && test -s /root/killed');
    expect(await sh('cat /root/ran /root/killed')).toBe('5\n0');
    expect(await sh('cat /root/waits')).toBe(
      'Job for bad.service failed because the control process exited with error code.\nSee "systemctl status bad.service" and "journalctl -xeu bad.service" for details.\n1',
    );
    await container.wait('grep -q two /root/follows');
    expect(await sh('cat /root/follows; systemctl is-active slow')).toBe('one\ntwo\nactive');
    await sh('systemctl daemon-reexec; systemctl daemon-reexec');
    // Nothing that was handed over is left open.
    expect(Number(await sh('ls -l /proc/1/fd | wc -l'))).toBeLessThanOrEqual(Number(exe) + 4);
  }, 300_000);

  it('loses no line of a service that writes all the time, refuses nobody who connects, and hears signals', async () => {
    await sh('systemctl start lines');
    const connects = sh(
      "perl -MSocket -e 'my $n = 0; while (! -e q(/run/enough)) { socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un(q(/run/echo))) or die qq(refused after $n: $!); $n++; select(undef, undef, undef, 0.05) } print qq(all $n taken)'",
    );
    for (let i = 0; i < 3; i++) {
      await container.wait('systemctl daemon-reexec');
      container.signal('SIGHUP');
    }
    await container.wait('journalctl -o cat | grep -c "Received SIGHUP" | grep -q 3');
    await sh('systemctl stop lines; touch /run/enough');
    expect(await connects).toMatch(/^all \d+ taken$/);
    const { count, gaps } = gapsIn((await container.sh('journalctl -u lines -o cat --no-pager')).out);
    expect(gaps).toEqual([]);
    expect(count).toBeGreaterThan(100);
  }, 300_000);

  it('stays what it was where the new program does not start, or is no file', async () => {
    const pid = await sh('systemctl show store -p MainPID --value');
    await sh(
      'mv /usr/lib/pidone/node /usr/lib/pidone/node.real; printf "#!/bin/sh\\nexit 3\\n" > /usr/lib/pidone/node; chmod +x /usr/lib/pidone/node',
    );
    expect(await sh('systemctl daemon-reexec; echo $?')).toMatch(/^1\n.* does not start \(status 3\)$/);
    await sh('mv /usr/lib/pidone/node.real /usr/lib/pidone/node; mv /usr/lib/pidone/bin/systemctl /root/');
    expect(await sh('systemctl daemon-reexec; echo $?')).toMatch(/^1\n.*No such file or directory$/);
    await sh('mv /root/systemctl /usr/lib/pidone/bin/');
    expect(await sh('systemctl show store -p MainPID --value')).toBe(pid);
    expect(await sh('systemctl daemon-reexec; echo $?')).toBe('0');
    expect(await sh('systemctl show store -p MainPID --value')).toBe(pid);
  }, 300_000);
});

describe('a user’s manager', () => {
  it('goes on as a new program, and ends in order', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pidone-reexec-'));
    for (const name of ['units', 'run']) mkdirSync(join(directory, name), { mode: 0o700 });
    const put = (name: string, text: string): void =>
      writeFileSync(join(directory, 'units', name), `[Unit]\nDefaultDependencies=no\n${text}`);
    put('default.target', 'AllowIsolate=yes\n');
    put('a.service', '[Service]\nExecStart=/bin/sleep 1000\n');
    const env = {
      PATH: process.env.PATH,
      HOME: directory,
      XDG_RUNTIME_DIR: join(directory, 'run'),
      SYSTEMD_UNIT_PATH: join(directory, 'units'),
      PIDONE_SOCKET: join(directory, 'control'),
    };
    const manager = spawn(frontDoor, ['init', '--user'], { env, stdio: 'ignore' });
    const ended = new Promise<number | null>((done) => manager.on('exit', done));
    const call = (...argv: string[]): Promise<string> => outputOf(spawn(frontDoor, ['--user', ...argv], { env }));
    try {
      while (!(await call('is-active', 'default.target')).startsWith('active')) expect(manager.exitCode).toBeNull();
      await call('start', 'a.service');
      const pid = await call('show', 'a.service', '-p', 'MainPID', '--value');
      expect(await call('daemon-reexec')).toBe('');
      expect(readFileSync(`/proc/${manager.pid}/cmdline`, 'utf8')).toContain('--state-fd=');
      expect(await call('show', 'a.service', '-p', 'MainPID', '--value')).toBe(pid);
      expect(Number(pid)).toBeGreaterThan(1);
      manager.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      manager.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);
});

function outputOf(child: ChildProcess): Promise<string> {
  let out = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((done) => child.on('close', () => done(out)));
}
