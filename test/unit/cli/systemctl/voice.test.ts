/** What systemctl says and how it ends, as the release that belongs to the image does. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string) => `/etc/systemd/system/${name}`;

const files = {
  [unit('run.service')]: '[Service]\nExecStart=/bin/run\n[Install]\nWantedBy=multi-user.target\n',
  [unit('bare.service')]: '[Service]\nExecStart=/bin/run\n',
  [unit('skips.service')]: '[Unit]\nConditionPathExists=!/etc\n[Service]\nExecStart=/bin/run\n',
  [unit('talk.socket')]: '[Socket]\nListenStream=/run/talk\nListenStream=127.0.0.1:80\n',
  [unit('talk.service')]: '[Service]\nExecStart=/bin/run\n',
  [unit('look.path')]: '[Path]\nPathExists=/b\nDirectoryNotEmpty=/a/c\nUnit=run.service\n',
  [unit('keeps.service')]: '[Service]\nExecStart=/bin/run\nFileDescriptorStoreMax=3\n',
};

const systemOf = (release: Release) => new SimSystem(files, { release });

describe.each([
  [252, { active: 3, failed: 1, enabled: 1, word: '' }],
  [253, { active: 4, failed: 4, enabled: 4, word: 'not-found\n' }],
  [262, { active: 4, failed: 4, enabled: 4, word: 'not-found\n' }],
] as const)('in the voice of %i', (release, expected) => {
  it('units that are not there have an exit status', async () => {
    const system = systemOf(release);
    expect(await system.systemctl('is-active nothing')).toMatchObject({ status: expected.active, out: 'inactive\n' });
    expect(await system.systemctl('is-failed nothing')).toMatchObject({ status: expected.failed });
    expect(await system.systemctl('is-enabled nothing')).toMatchObject({
      status: expected.enabled,
      out: expected.word,
    });
    // One that is there makes it the status of one that is not so.
    expect(await system.systemctl('is-active nothing bare')).toMatchObject({ status: 3 });
    expect(await system.systemctl('is-enabled nothing bare')).toMatchObject({
      status: release === 252 ? 1 : 0,
    });
  });
});

describe('links', () => {
  it.each([
    [
      252,
      'Created symlink /etc/systemd/system/multi-user.target.wants/run.service -> /etc/systemd/system/run.service.',
    ],
    [
      256,
      "Created symlink '/etc/systemd/system/multi-user.target.wants/run.service' -> '/etc/systemd/system/run.service'.",
    ],
  ] as const)('are told of in the way of %i', async (release, line) => {
    const { err } = await systemOf(release).systemctl('enable run', { env: { LC_ALL: 'C' } });
    expect(err.trimEnd().replace('→', '->')).toBe(line);
  });
  it.each([
    [252, 'Failed to enable unit: Unit file nothing.service does not exist.\n'],
    [257, 'Failed to enable unit: Unit nothing.service does not exist\n'],
  ] as const)('that can not be made are told of in the way of %i', async (release, line) => {
    expect(await systemOf(release).systemctl('enable nothing')).toEqual({ status: 1, out: '', err: line });
  });
});

describe('disable of a unit without installation config', () => {
  it.each([
    [252, '', false],
    [253, '', true],
    [257, '--no-warn ', false],
    [257, '--quiet ', false],
  ] as const)('%i %s', async (release, option, tells) => {
    const { err, status } = await systemOf(release).systemctl(`disable ${option}bare`);
    expect({ status, tells: err.startsWith('The unit files have no installation config') }).toEqual({
      status: 0,
      tells,
    });
  });
  it('is silent where links were removed or could have been', async () => {
    const system = systemOf(257);
    await system.systemctl('enable run');
    expect((await system.systemctl('disable run')).err).toBe(
      "Removed '/etc/systemd/system/multi-user.target.wants/run.service'.\n",
    );
    expect((await system.systemctl('disable run')).err).toBe('');
  });
});

it('disable and stop warn of what may start a unit again', async () => {
  const said = async (release: Release) => {
    const system = systemOf(release);
    await system.systemctl('start talk.socket talk.service');
    const disabled = (await system.systemctl('disable talk.service')).err.replace(/The unit files.*/s, '');
    return [disabled, (await system.systemctl('stop talk.service')).err];
  };
  expect(await said(252)).toEqual([
    '',
    'Warning: Stopping talk.service, but it can still be activated by:\n  talk.socket\n',
  ]);
  expect(await said(256)).toEqual([
    "Disabling 'talk.service', but its triggering units are still active:\ntalk.socket\n",
    "Stopping 'talk.service', but its triggering units are still active:\ntalk.socket\n",
  ]);
});

describe('lists', () => {
  it('of units have the legend of their release', async () => {
    const system = systemOf(257);
    await system.systemctl('start run');
    expect((await system.systemctl('list-units run.service')).out.replaceAll('→', '->')).toBe(
      '  UNIT        LOAD   ACTIVE SUB     DESCRIPTION\n' +
        '  run.service loaded active running run.service\n\n' +
        'Legend: LOAD   -> Reflects whether the unit definition was properly loaded.\n' +
        '        ACTIVE -> The high-level unit activation state, i.e. generalization of SUB.\n' +
        '        SUB    -> The low-level unit activation state, values depend on unit type.\n\n' +
        '1 loaded units listed. Pass --all to see loaded but inactive units, too.\n' +
        "To show all installed unit files use 'systemctl list-unit-files'.\n",
    );
    expect((await system.systemctl('list-units nothing.service')).out).toContain(
      'DESCRIPTION\n\n0 loaded units listed.',
    );
  });
  it.each([
    [252, ['/run/talk', '127.0.0.1:80']],
    [254, ['127.0.0.1:80', '/run/talk']],
  ] as const)('of sockets are in the order of %i', async (release, order) => {
    const system = systemOf(release);
    await system.systemctl('start talk.socket');
    const { out } = await system.systemctl('list-sockets --no-legend talk.socket');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(order);
  });
  it('of paths are there from 254 on', async () => {
    expect(await systemOf(252).systemctl('list-paths')).toEqual({
      status: 1,
      out: '',
      err: 'Unknown command verb list-paths.\n',
    });
    const system = systemOf(254);
    await system.systemctl('start look.path');
    expect((await system.systemctl('list-paths')).out).toBe(
      'PATH CONDITION         UNIT      ACTIVATES\n' +
        '/a/c DirectoryNotEmpty look.path run.service\n' +
        '/b   PathExists        look.path run.service\n\n' +
        '2 paths listed.\nPass --all to see loaded but inactive paths, too.\n',
    );
  });
});

it.each([
  [252, 'Unknown command verb t-x.'],
  [257, "Unknown command verb 't-x', did you mean 'stop'?"],
  [262, "Unknown command verb 't-x', did you mean 'cat'?"],
  [262, "Unknown command verb 'frobnicate'."],
] as const)('%i: %s', async (release, said) => {
  const verb = /verb '?([\w-]+)/.exec(said)![1]!;
  expect(await systemOf(release).systemctl(verb)).toEqual({ status: 1, out: '', err: `${said}\n` });
});

describe('what follows from settings', () => {
  const own: Record<string, string> = {
    dynamic: 'DynamicUser=yes',
    rooted: 'PrivateTmp=yes\nRootDirectory=/srv\nWorkingDirectory=-/opt/x',
    apart: 'PrivateTmp=disconnected',
    logged: 'LogNamespace=own',
    sealed: 'DevicePolicy=closed\nSetCredentialEncrypted=a:AAAA',
    kept: 'FileDescriptorStoreMax=3',
    taken: 'ImportCredential=a*\nImportCredential=b:c',
    contained: 'RootDirectory=/srv',
  };
  const files = Object.fromEntries(
    Object.entries(own).map(([name, lines]) => [unit(`${name}.service`), `[Service]\nExecStart=/bin/run\n${lines}\n`]),
  );
  files[unit('door.socket')] = '[Socket]\nListenStream=/run/door\nAccept=yes\n';
  files[unit('door@.service')] = '[Service]\nExecStart=/bin/run\n';
  it.each([
    ['dynamic.service', 252, 'RequiresMountsFor=/var/tmp PrivateTmpEx=connected'],
    ['dynamic.service', 257, 'PrivateTmpEx=disconnected'],
    ['dynamic.service', 258, 'WantsMountsFor=/var PrivateTmpEx=disconnected'],
    ['apart.service', 257, 'PrivateTmpEx=disconnected'],
    [
      'rooted.service',
      252,
      'RequiresMountsFor=/srv RequiresMountsFor=/var/tmp PrivateTmpEx=connected BindLogSockets=yes',
    ],
    [
      'rooted.service',
      256,
      'WantsMountsFor=/opt/x WantsMountsFor=/srv WantsMountsFor=/tmp WantsMountsFor=/var/tmp PrivateTmpEx=connected BindLogSockets=yes',
    ],
    ['sealed.service', 252, 'DeviceAllow=/dev/tpmrm0'],
    ['sealed.service', 257, 'DeviceAllow=char-tpm'],
    ['sealed.service', 262, ''],
    ['kept.service', 252, ''],
    ['kept.service', 254, 'CanClean=fdstore'],
    ['taken.service', 254, 'ImportCredential="a*" ImportCredential=b'],
    ['contained.service', 257, 'WantsMountsFor=/srv BindLogSockets=yes'],
    ['door.socket', 252, 'FileDescriptorName=door.socket'],
    ['door.socket', 257, 'FileDescriptorName=connection'],
  ] as const)('%s in %i: %s', async (name, release, shown) => {
    const properties =
      'RequiresMountsFor,WantsMountsFor,DeviceAllow,CanClean,ImportCredential,PrivateTmpEx,FileDescriptorName,BindLogSockets';
    const { out } = await new SimSystem(files, { release }).systemctl(`show ${name} -p ${properties}`);
    // Each word of a list by itself; what is as it always is, and the paths of the socket, left out.
    const seen = out.split('\n').flatMap((line) => {
      const [property, value = ''] = line.split('=');
      return value === 'no' || value.startsWith('/run') ? [] : value.split(' ').map((word) => `${property}=${word}`);
    });
    const words = seen.filter((word) => /=./.test(word) && word !== 'DeviceAllow=rw');
    expect(words.sort()).toEqual(shown.split(' ').filter(Boolean).sort());
  });
  it.each([
    [252, ['systemd-journald-varlink@own.socket', 'systemd-journald@own.socket']],
    [257, ['systemd-journald-sync@own.service', 'systemd-journald-varlink@own.socket', 'systemd-journald@own.socket']],
  ] as const)('a journal of its own needs in %i', async (release, units) => {
    const { out } = await new SimSystem(files, { release }).systemctl('show logged.service -p Requires --value');
    const needed = out
      .trim()
      .split(' ')
      .filter((name) => name.includes('@own'));
    expect(needed.sort()).toEqual(units);
  });
});

describe('what the newest shows', () => {
  const files = {
    [unit('plain.service')]: '[Service]\nExecStart=/bin/run\n',
    [unit('parts.service')]: '[Service]\nExecStart=/bin/run\nDelegateNamespaces=net\nPrivateNetwork=yes\n',
    [unit('secret.service')]: '[Service]\nExecStart=/bin/run\nSetCredential=a:b\nRootDirectory=/srv\n',
    [unit('named.service')]: '[Service]\nExecStart=/bin/run\nSetCredential=a:b\nBusName=a.b\n',
  };
  it.each([
    ['plain', 262, 'DelegateNamespaces', '18446744073709551615'],
    ['parts', 262, 'DelegateNamespaces', String(0x40000000)],
    ['plain', 262, 'OOMKills', '18446744073709551615'],
    ['plain', 262, 'StateDirectoryQuota', '[not set]'],
    ['plain', 257, 'CanLiveMount', 'no'],
    ['parts', 257, 'CanLiveMount', 'yes'],
    ['secret', 257, 'CanLiveMount', 'yes'],
    ['secret', 252, 'Type', 'simple'],
    ['secret', 257, 'Type', 'exec'],
    ['named', 257, 'Type', 'dbus'],
    ['plain', 257, 'Type', 'simple'],
  ] as const)('%s in %i: %s is %s', async (name, release, property, value) => {
    const { out } = await new SimSystem(files, { release }).systemctl(`show ${name} -p ${property} --value`);
    expect(out).toBe(`${value}\n`);
  });
  it.each([
    [257, 'usr=verity+signed+encrypted+unprotected+absent:home=encrypted+unprotected+absent'],
    [
      262,
      'usr=verity+signed+encrypted+encryptedwithintegrity+unprotected+absent:home=encrypted+encryptedwithintegrity',
    ],
  ] as const)('images may hold in %i', async (release, part) => {
    const { out } = await new SimSystem(files, { release }).systemctl('show plain -p RootImagePolicy --value');
    expect(out).toContain(part);
  });
});

describe('filters of system calls', () => {
  const files = {
    [unit('serves.service')]: '[Service]\nExecStart=/bin/run\nSystemCallFilter=@system-service\nSystemCallLog=mseal\n',
    [unit('mounts.service')]: '[Service]\nExecStart=/bin/run\nSystemCallFilter=~@mount @cpu-emulation @sandbox\n',
  };
  const asked = ['seccomp', 'mseal', 'open_tree', 'file_getattr', 'read'];
  it.each([
    [252, ['read']],
    [257, ['seccomp', 'mseal', 'read']],
    [262, asked],
  ] as const)('@system-service has in %i', async (release, has) => {
    const { out } = await new SimSystem(files, { release }).systemctl('show serves -p SystemCallFilter --value');
    const calls = out.trim().split(' ');
    expect(asked.filter((call) => calls.includes(call))).toEqual(has);
  });
  it.each([
    [252, ['open_tree', 'switch_endian']],
    [257, ['open_tree', 'seccomp', 'sys_debug_setcontext']],
    [262, ['open_tree_attr', 'seccomp', 'sys_debug_setcontext']],
  ] as const)('@mount, @cpu-emulation and @sandbox have in %i', async (release, has) => {
    const { out } = await new SimSystem(files, { release }).systemctl('show mounts -p SystemCallFilter --value');
    const calls = out.trim().slice(1).split(' ');
    expect(calls.filter((call) => /^open_tree|^seccomp$|^switch_|^sys_/.test(call))).toEqual(has);
  });
  it.each([
    [252, ''],
    [257, 'mseal'],
  ] as const)('a call of later kernels is shown by who knows it: %i', async (release, shown) => {
    const { out } = await new SimSystem(files, { release }).systemctl('show serves -p SystemCallLog --value');
    expect(out.trim()).toBe(shown);
  });
});

describe('status', () => {
  it('has the lines that its release has', async () => {
    const lines = async (release: Release) => {
      const system = systemOf(release);
      await system.systemctl('start keeps');
      const { out } = await system.systemctl('status -n 0 keeps');
      return out.split('\n').flatMap((line) => /^ *([A-Za-z ]+):/.exec(line)?.[1] ?? []);
    };
    expect(await lines(252)).toEqual(['Loaded', 'Active', 'Main PID', 'CGroup']);
    expect(await lines(254)).toEqual(['Loaded', 'Active', 'Main PID', 'FD Store', 'CGroup']);
    expect(await lines(256)).toEqual(['Loaded', 'Active', 'Invocation', 'Main PID', 'FD Store', 'CPU', 'CGroup']);
  });
  it.each([
    [252, 'skips.service was skipped because of an unmet condition check (ConditionPathExists=!/etc).'],
    [257, 'skips.service skipped, unmet condition check ConditionPathExists=!/etc'],
  ] as const)('says in the words of %i why a unit was not started', async (release, message) => {
    const system = systemOf(release);
    await system.systemctl('start skips');
    expect((await system.systemctl('status skips')).out).toContain(message);
  });
});

it('is-failed without units asks for the system from 255 on', async () => {
  expect(await systemOf(252).systemctl('is-failed')).toEqual({ status: 1, out: '', err: 'Too few arguments.\n' });
  expect(await systemOf(255).systemctl('is-failed')).toMatchObject({ status: 1, out: 'running\n' });
});

it('capsules are said to be none', async () => {
  expect(await systemOf(262).systemctl('-C box status')).toEqual({
    status: 1,
    out: '',
    err: 'Failed to connect to capsule box: there are no capsules in this container.\n',
  });
  expect((await systemOf(262).systemctl('-C b/x status')).err).toBe('Invalid capsule name: b/x\n');
});

it('start --verbose shows what the unit logs until the job is done', async () => {
  const system = systemOf(262);
  const { out } = await system.systemctl('start -v run');
  expect(out).toMatch(/systemd\[1\]: Started run\.service/);
  expect((await system.systemctl('stop run')).out).toBe('');
});

describe('properties of booleans that became words', () => {
  const names = ['PrivateTmpEx', 'PrivateUsersEx', 'ProtectControlGroupsEx', 'CanLiveMount'];
  it.each([
    ['', ['no', 'no', 'no', 'no']],
    ['PrivateTmp=yes\nPrivateUsers=yes\nProtectHostname=yes', ['connected', 'self', 'no', 'no']],
    [
      'PrivateTmp=disconnected\nPrivateUsers=full\nProtectControlGroups=strict\nProtectHostname=private',
      ['disconnected', 'full', 'strict', 'yes'],
    ],
  ])('%j', async (lines, values) => {
    const words = { [unit('words.service')]: `[Service]\nExecStart=/bin/run\n${lines}\n` };
    const system = new SimSystem(words, { release: 262 });
    const { out } = await system.systemctl(`show words ${names.map((name) => `-p ${name}`).join(' ')}`);
    const shown = Object.fromEntries(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split('=')),
    );
    expect(names.map((name) => shown[name])).toEqual(values);
  });
  it('has no words for ProtectHostnameEx=, nor for a partition of processors that nobody has asked for', async () => {
    const { out } = await systemOf(262).systemctl('show run -p ProtectHostnameEx -p CPUSetPartition');
    expect(out).toBe('CPUSetPartition=\nProtectHostnameEx=[unprintable]\n');
    expect((await systemOf(262).systemctl('show run')).out).not.toMatch(/ProtectHostnameEx|CPUSetPartition/);
  });
});

describe('processes and jobs that are not there', () => {
  it.each([
    [252, 'Failed to get unit for PID 4711: PID 4711 does not belong to any loaded unit.', 'Failed to cancel job 9'],
    [257, "PID 4711 doesn't exist or is already gone.", 'Failed to cancel job 9, ignoring'],
  ] as const)('are told of in the way of %i', async (release, process, job) => {
    const system = systemOf(release);
    for (const verb of ['status', 'whoami'])
      expect(await system.systemctl(`${verb} 4711`)).toMatchObject({ status: 1, err: `${process}\n` });
    expect((await system.systemctl('cancel 9')).err).toBe(`${job}: Job 9 does not exist.\n`);
  });
});

describe('several units', () => {
  const several = {
    [unit('a.service')]: '[Unit]\nAfter=b.service\n[Service]\nExecStart=/bin/run\n',
    [unit('b.service')]: '[Service]\nExecStart=/bin/run\n',
    [unit('foe.service')]: '[Unit]\nConflicts=a.service\n[Service]\nExecStart=/bin/run\n',
    [unit('bad.service')]: '[Service]\nType=simple\n',
    [unit('one.target')]: '[Unit]\nAllowIsolate=yes\n',
  };
  const make = async (release: Release) => {
    const system = new SimSystem(several, { release });
    system.host.files.symlink('/dev/null', unit('masked.service'));
    await system.systemctl('daemon-reload');
    const say = async (command: string) => {
      const { status, err } = await system.systemctl(command);
      return `${status} ${err}`;
    };
    const active = async (names: string) =>
      (await system.systemctl(`is-active ${names}`)).out.trim().replaceAll('\n', ' ');
    return { system, say, active };
  };
  const hint = (name: string): string => `See system logs and 'systemctl status ${name}' for details.\n`;

  it.each([
    ['start b bad', '1 Failed to enqueue jobs: Unit bad.service has a bad unit file setting.\n'],
    ['start b none', '5 Failed to enqueue jobs: Unit none.service not found.\n'],
    ['start masked b', '1 Failed to enqueue jobs: Unit masked.service is masked.\n'],
    ['-q --no-block stop b none', '5 Failed to enqueue jobs: Unit none.service not loaded.\n'],
    ['reload b none', '3 Failed to enqueue jobs: Job type reload is not applicable for unit b.service.\n'],
    [
      'start a b foe',
      "1 Failed to enqueue jobs: Transaction contains conflicting jobs 'stop' and 'start' for a.service. Probably contradicting requirement dependencies configured.\n",
    ],
  ])('are queued together or not at all in 262: %s', async (command, said) => {
    const { say, active } = await make(262);
    expect(await say(command)).toBe(said);
    expect(await active('a b foe')).toBe('inactive inactive inactive');
  });

  it('are queued one after the other before, and with --show-transaction', async () => {
    const before = await make(257);
    expect(await before.say('start b bad')).toBe(
      `1 Failed to start bad.service: Unit bad.service has a bad unit file setting.\n${hint('bad.service')}`,
    );
    expect(await before.active('b')).toBe('active');
    const shown = await make(262);
    expect(await shown.say('start -T b none')).toMatch(
      /^5 Enqueued anchor job \d+ b\.service\/start\.\n(?:Enqueued auxiliary .*\n)*Failed to start none\.service: Unit none\.service not found\.\n/,
    );
    expect(await shown.active('b')).toBe('active');
  });

  it('are queued one after the other where a name or a mode is not for several', async () => {
    const { say, active } = await make(262);
    expect(await say('start x@.service none b')).toBe(
      `1 Failed to start x@.service: Unit name x@.service is missing the instance name.\n${hint('x@.service')}` +
        'Failed to start none.service: Unit none.service not found.\n',
    );
    expect(await active('b')).toBe('active');
    expect(await say('stop a b --job-mode=isolate')).toBe(
      ['a', 'b']
        .map((name) => `Failed to stop ${name}.service: Isolate is only valid for start.\n${hint(`${name}.service`)}`)
        .join('')
        .replace(/^/, '1 '),
    );
  });

  it('that are masked are passed over by try-restart, and the others are not', async () => {
    const { say, active } = await make(262);
    await say('start b');
    expect(await say('try-restart b masked')).toBe('0 ');
    expect(await say('try-restart masked none')).toBe(
      '5 Failed to try-restart none.service: Unit none.service not found.\n',
    );
    expect(await active('b')).toBe('active');
  });
});

it.each([
  [257, 'KernelVersion'],
  [258, 'Version'],
] as const)('%i calls the condition of the version of the kernel %s', async (release, name) => {
  const old = '[Unit]\nConditionKernelVersion=systemd <200\n[Service]\nExecStart=/bin/run\n';
  const system = new SimSystem({ [unit('old.service')]: old }, { release });
  await system.systemctl('start old');
  expect((await system.call('journalctl', '-o cat -u old')).out).toContain(`Condition${name}=systemd <200`);
});

describe('options', () => {
  it.each([
    [
      252,
      '--type= requires arguments.',
      '--what= requires arguments.',
      "Unit 'run.service' does not support freezing.",
    ],
    [257, '--type= requires arguments.', '--what= requires arguments (see --what=help).', 'Unit is not active'],
  ] as const)('whose lists have no word are refused in the way of %i', async (release, type, what, freeze) => {
    const system = systemOf(release);
    expect((await system.systemctl('list-units --type=')).err).toBe(`${type}\n`);
    expect((await system.systemctl('clean run --what=')).err).toBe(`${what}\n`);
    expect((await system.systemctl('freeze run')).err).toBe(`Failed to freeze unit run.service: ${freeze}\n`);
  });

  it('are empty lists again from 262 on', async () => {
    const system = systemOf(262);
    const all = await system.systemctl('list-units --all --no-legend');
    expect(await system.systemctl('list-units --all --no-legend --type=timer --state=failed --type= --state=')).toEqual(
      all,
    );
    expect(all.out).toContain('init.scope');
  });

  it.each([
    [252, '--legend: maybe.', 'Failed to parse --check-inhibitors= argument: '],
    [257, '--legend: maybe.', ''],
    [262, "'--legend': maybe", ''],
  ] as const)('that want a boolean say so in the way of %i', async (release, legend, inhibitors) => {
    const system = systemOf(release);
    const refused = await system.systemctl('list-units --legend=maybe');
    expect(refused).toEqual({ status: 1, out: '', err: `Failed to parse boolean argument to ${legend}\n` });
    expect((await system.systemctl('list-jobs --check-inhibitors=')).err.trimEnd()).toBe(inhibitors.trimEnd());
  });
});

describe('set-property Delegate=', () => {
  it.each([
    ['yes', 'Delegate'],
    ['cpu memory', 'DelegateControllers'],
    ['maybe', 'DelegateControllers'],
  ])('%s is sent, and can not be set', async (value, property) => {
    const { status, err } = await systemOf(262).systemctl(['set-property', 'run', `Delegate=${value}`]);
    expect([status, err]).toEqual([
      1,
      `Failed to set unit properties on run.service: Cannot set property ${property}, or unknown property.\n`,
    ]);
  });
});
