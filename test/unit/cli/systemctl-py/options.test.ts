/** Options of systemctl.py: what they do, and one line where they have no meaning here. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string) => `/etc/systemd/system/${name}`;
const hosts = '127.0.0.1 localhost # this machine\n::1 localhost ip6-localhost ip6-loopback\n\n10.0.0.2 box\n';
const files = {
  [unit('app.service')]:
    '[Service]\nEnvironment=A=1 B=b\nEnvironmentFile=/etc/app.env\nExecStart=/bin/app\n[Install]\nWantedBy=multi-user.target\n',
  [unit('other.service')]: '[Service]\nEnvironment=A=1\nExecStart=/bin/other\n',
  '/etc/app.env': 'A=2\n',
  '/etc/extra.env': 'A=5\nC=c\n',
  '/etc/hosts': hosts,
  '/etc/systemd/system-preset/10-own.preset': 'enable app.service\n',
};

let system: SimSystem;
beforeEach(() => {
  system = new SimSystem(files);
});

const run = (line: string | readonly string[], caller?: Parameters<SimSystem['systemctl']>[1]) =>
  system.systemctl(line, caller);
/** What the process of a program that was spawned last has of a variable. */
const given = (comm: string, name: string) =>
  system.host.spawned
    .filter((process) => process.comm === comm)
    .at(-1)
    ?.env(name);

describe('-e', () => {
  it('gives variables to what is started, which count more than the unit’s own', async () => {
    expect(await run(['start', '-e', 'A=3', '--extra-vars=C="two words" D=$x', 'app'])).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    expect(['A', 'B', 'C', 'D'].map((name) => given('app', name))).toEqual(['3', 'b', 'two words', '$x']);
    expect((await run('start other')).status).toBe(0);
    expect(given('other', 'A')).toBe('1');
  });

  it('takes files, and the later counts', async () => {
    await run('restart -e A=3 -e @/etc/extra.env app');
    expect([given('app', 'A'), given('app', 'C')]).toEqual(['5', 'c']);
    await run('restart --environment @/etc/extra.env -e A=6 app');
    expect([given('app', 'A'), given('app', 'C')]).toEqual(['6', 'c']);
  });

  it('stays until the unit is reverted, and only root reads the values', async () => {
    await run('start -e A=secret app');
    const directory = '/run/systemd/system/app.service.d';
    expect(system.look(`${directory}/zz-extra-vars.0`)).toBe('file 600 0:0 "A=\\"secret\\"\\n"');
    await run('restart app');
    expect(given('app', 'A')).toBe('secret');
    await run('restart -e B=x app');
    expect([given('app', 'A'), given('app', 'B')]).toEqual(['2', 'x']);
    await run('revert app');
    await run('restart app');
    expect([given('app', 'A'), given('app', 'B')]).toEqual(['2', 'b']);
  });

  it('is refused where it is no variable, and told where nothing is started', async () => {
    expect(await run('start -e nonsense app')).toEqual({
      status: 1,
      out: '',
      err: '-e nonsense: neither NAME=VALUE nor @FILE.\n',
    });
    const { status, err } = await run('is-active -e A=1 app');
    expect([status, err]).toEqual([3, "Ignoring -e: 'is-active' starts nothing that could be given variables.\n"]);
    expect((await run('start -e A=1 sockets.target')).err).toBe(
      'Ignoring -e: no service is named that could be given variables.\n',
    );
  });
});

describe('-4 and -6', () => {
  it('leave localhost to one family of addresses in /etc/hosts', async () => {
    expect(await run('is-active -4 app')).toMatchObject({ status: 3, err: '' });
    expect(system.files.readText('/etc/hosts')).toBe(
      '127.0.0.1 localhost # this machine\n::1 ip6-localhost ip6-loopback\n\n10.0.0.2 box\n',
    );
    system.files.put('/etc/hosts', hosts);
    await run('version --ipv6');
    expect(system.files.readText('/etc/hosts')).toBe(
      '# this machine\n::1 localhost ip6-localhost ip6-loopback\n\n10.0.0.2 box\n',
    );
  });

  it('are root’s, and say what is in the way', async () => {
    const caller = { caller: { pid: 5, uid: 33, gid: 33 } };
    expect((await run('is-active -4 app', caller)).err).toBe('Ignoring -4: only root changes /etc/hosts.\n');
    expect(system.files.readText('/etc/hosts')).toBe(hosts);
    system.files.unlink('/etc/hosts');
    expect((await run('is-active -6 app')).err).toBe('Failed to change /etc/hosts (-6): No such file or directory\n');
  });
});

describe('options without a meaning here', () => {
  it.each([
    ['--init', 'Ignoring --init: this call ends when it is answered, and nothing stays for it.\n'],
    ['-1', 'Ignoring --init: this call ends when it is answered, and nothing stays for it.\n'],
    ['-0', 'Ignoring --exit: it is for a call that becomes the init.\n'],
    ['--exit', 'Ignoring --exit: it is for a call that becomes the init.\n'],
    ['-00', 'Ignoring --exit: it is for a call that becomes the init.\n'],
    ['-c InitLoopSleep=1', 'Ignoring -c InitLoopSleep=1: it is a variable of systemctl.py.\n'],
    [
      '--config=DefaultTimeoutStartSec=5',
      'Ignoring -c DefaultTimeoutStartSec=5: system.conf has DefaultTimeoutStartSec=.\n',
    ],
    ['--maxtimeout=300', 'Ignoring --maxtimeout=300: TimeoutStartSec= and TimeoutStopSec= of each unit count.\n'],
    ['-v', ''],
    ['-vvv', ''],
    ['--no-ask-password', ''],
    ['--no-warn', ''],
    ['--no-wall', ''],
    ['-i', ''],
  ])('%s is accepted: the call does what it does without, and a line says so', async (option, err) => {
    expect(await run(`is-active ${option} app`)).toEqual({ status: 3, out: 'inactive\n', err });
    expect(await run(`${option} start app`)).toMatchObject({ status: 0, err });
    expect(await run(`version ${option}`)).toMatchObject({ status: 0, err });
  });
});

describe('options of both', () => {
  it('--preset-mode= takes systemctl.py’s words, too', async () => {
    const state = async () => (await run('is-enabled app')).out;
    expect((await run('preset --preset-mode=disable app')).status).toBe(0);
    expect(await state()).toBe('disabled\n');
    expect((await run('preset --preset-mode=enable app')).status).toBe(0);
    expect(await state()).toBe('enabled\n');
    expect((await run('preset --preset-mode=all app')).status).toBe(0);
    expect((await run('preset --preset-mode=some app')).err).toBe('Failed to parse preset mode: some.\n');
  });

  it('mean what systemd says where they differ', async () => {
    // There -v is for debugging, and --now of these two shows files and an order.
    expect((await run('list-dependencies --now --plain app')).out).toMatch(/^app\.service\n/);
    expect((await run('list-unit-files --now app.service')).out).toMatch(/^UNIT FILE +STATE +PRESET\n/);
    // There they are accepted without effect.
    expect((await run('start --no-block app')).status).toBe(0);
    expect((await run('start --job-mode=odd app')).err).toContain('Job mode odd invalid');
    expect((await run('list-dependencies --reverse --plain app')).out).toBe('app.service\n');
  });
});
