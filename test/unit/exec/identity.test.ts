/** Who a process runs as: users, groups, dynamic users, and what a manager makes of it that is not root. */
import { describe, expect, it } from 'vitest';
import { world } from '../../support/world.ts';
import { spawned } from './spawned.ts';

describe('who it runs as', () => {
  it('User= brings its groups, home and shell', () => {
    const { request, env } = spawned('User=alice');
    expect(request).toMatchObject({ uid: 1000, gid: 1000, groups: [1000, 4, 29] });
    expect(env).toMatchObject({ HOME: '/home/alice', SHELL: '/bin/bash', USER: 'alice' });
  });

  it('a number is looked up too; root keeps the groups of the manager', () => {
    expect(spawned('User=1000').env.USER).toBe('alice');
    const { request, env } = spawned('User=root');
    expect(request).toMatchObject({ uid: 0, gid: 0 });
    expect(request.groups).toBeUndefined();
    expect(env.HOME).toBe('/root');
  });

  it('Group= and SupplementaryGroups=', () => {
    expect(spawned('User=games\nGroup=audio\nSupplementaryGroups=video tty').request).toMatchObject({
      uid: 5,
      gid: 29,
      groups: [29, 44, 5],
    });
    expect(spawned('Group=audio').request).toMatchObject({ gid: 29 });
  });

  it('the prefixes + and ! leave the ids alone but for the groups of the user, + the rest too', () => {
    const settings =
      'User=daemon\nSupplementaryGroups=audio\nNoNewPrivileges=yes\nLimitNOFILE=100\nCapabilityBoundingSet=CAP_CHOWN';
    const plus = spawned(settings, { prefix: '+' }).request;
    expect(plus.uid).toBeUndefined();
    expect(plus.groups).toEqual([1]);
    expect(plus.noNewPrivileges).toBe(false);
    expect(plus.limits).toEqual({});
    expect(plus.capabilityBounding).toBeUndefined();
    const bang = spawned(settings, { prefix: '!' }).request;
    expect(bang.uid).toBeUndefined();
    expect(bang.groups).toEqual([1]);
    expect(spawned(settings).request.groups).toEqual([1, 29]);
    expect(spawned('Group=audio\nSupplementaryGroups=audio', { prefix: '+' }).request.groups).toBeUndefined();
    expect(bang.noNewPrivileges).toBe(true);
    expect(bang.capabilityBounding).toBe(1n);
  });

  it('DynamicUser= gives a free id, the same one each time, another to another unit', () => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const ids = ['a.service', 'b.service', 'a.service'].map((name) => {
      const service = w.service(name, 'DynamicUser=yes\nStateDirectory=mine\nExecStart=/usr/bin/d\n');
      w.up(service);
      const { uid, gid } = w.host.spawned.at(-1)!.request!;
      expect(gid).toBe(uid);
      w.stop(service);
      w.host.settle();
      return uid!;
    });
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    for (const id of ids) expect(id).toSatisfy((n: number) => n >= 61184 && n <= 65519);
    expect(w.host.files.readlink('/var/lib/mine')).toBe('private/mine');
    expect(w.host.files.stat('/var/lib/private').mode).toBe(0o700);
    // The guard is covered by one that everybody may enter, with the unit's own directory in it.
    const steps = w.host.spawned[0]!.request!.mounts!.map((m) => [m.kind, m.source, m.target].join(' '));
    const order = [
      'tmpfs mode=0755,size=4m,nr_inodes=1k /var/lib/private',
      'rbind /var/lib/private/mine /var/lib/private/mine',
      'symlink private/mine /var/lib/mine',
      'flags  /',
    ].map((step) => steps.indexOf(step));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('without the power to mount, its directories are plain ones', () => {
    const { w } = spawned('DynamicUser=yes\nStateDirectory=mine', { capabilities: 0n });
    expect(w.host.files.lstat('/var/lib/mine').type).toBe('directory');
  });
});

const accounts = {
  '/etc/passwd': [
    'root:x:0:0:root:/somewhere:/bin/zsh',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'alice:x:1000:1000:Alice:/home/alice:/bin/bash',
    'alias:x:1000:1000:Alice too:/home/alias:/bin/dash',
    'slash:x:1001:1001::///:/bin/false',
    'relative:x:1002:1002::home:bash',
    'taken:x:62000:1000::/:/bin/sh',
    '',
  ].join('\n'),
  '/etc/group': 'root:x:0:alice\ndaemon:x:1:\nwheel:x:10:alice,root\naudio:x:29:alice\nalice:x:1000:\ntaken:x:62001:\n',
};

describe('the account', () => {
  /** Ids, groups and what the environment says. */
  function facts(settings: string, files: Record<string, string> = {}) {
    const { request, env } = spawned(settings, { files: { ...accounts, ...files } });
    const { uid, gid, groups } = request;
    return [uid, gid, groups, env.USER, env.HOME, env.SHELL];
  }

  it.each([
    ['User=alice', [1000, 1000, [1000, 0, 10, 29], 'alice', '/home/alice', '/bin/bash']],
    // Another name of the same number stays as it was written.
    ['User=alias', [1000, 1000, [1000], 'alias', '/home/alias', '/bin/dash']],
    ['User=1000', [1000, 1000, [1000, 0, 10, 29], 'alice', '/home/alice', '/bin/bash']],
    ['User=slash', [1001, 1001, [1001], 'slash', undefined, undefined]],
    ['User=relative', [1002, 1002, [1002], 'relative', undefined, undefined]],
    // root and nobody are what they are, whatever passwd says.
    ['User=root', [0, 0, undefined, 'root', '/root', '/bin/sh']],
    ['User=0', [0, 0, undefined, 'root', '/root', '/bin/sh']],
    ['User=nobody', [65534, 65534, [65534], 'nobody', undefined, undefined]],
    ['User=65534', [65534, 65534, [65534], 'nobody', undefined, undefined]],
    // The group of the unit comes first, those of the user stay.
    ['User=alice\nGroup=daemon', [1000, 1, [1, 0, 10, 29], 'alice', '/home/alice', '/bin/bash']],
    ['User=alice\nGroup=root', [1000, 0, undefined, 'alice', '/home/alice', '/bin/bash']],
    ['User=alice\nGroup=0', [1000, 0, undefined, 'alice', '/home/alice', '/bin/bash']],
    ['User=root\nGroup=wheel', [0, 10, [10], 'root', '/root', '/bin/sh']],
    ['Group=audio', [undefined, 29, undefined, undefined, undefined, undefined]],
    ['Group=29', [undefined, 29, undefined, undefined, undefined, undefined]],
    ['SupplementaryGroups=audio wheel', [undefined, undefined, [29, 10], undefined, undefined, undefined]],
    [
      'User=alice\nSupplementaryGroups=daemon audio',
      [1000, 1000, [1000, 0, 10, 29, 1], 'alice', '/home/alice', '/bin/bash'],
    ],
    ['User=root\nSupplementaryGroups=audio', [0, 0, [29], 'root', '/root', '/bin/sh']],
  ])('%j', (settings, expected) => {
    expect(facts(settings)).toEqual(expected);
  });

  it('of root has bash where there is one', () => {
    expect(facts('User=root', { '/bin/bash': '' }).at(-1)).toBe('/bin/bash');
  });

  it.each([
    ['/bin/false', undefined],
    ['/usr/bin/true', undefined],
    ['/sbin/nologin', undefined],
    ['/usr/bin/nologin', undefined],
    ['/usr/local/bin/nologin', '/usr/local/bin/nologin'],
    ['/bin/fish', '/bin/fish'],
  ])('whose shell is %s is told of %s', (shell, told) => {
    const files = { '/etc/passwd': `bob:x:7:7::/home/bob:${shell}\n` };
    expect(spawned('User=bob', { files }).env.SHELL).toBe(told);
  });

  it('a user that is not there is told of by name from 262 on', () => {
    const { w, request } = spawned('User=nosuch', { files: accounts, release: 262 });
    expect(request.exitAtOnce).toBe(217);
    expect(w.messages()).toContain("Failed to determine credentials for user 'nosuch': Unknown user");
    expect(w.messages().some((m) => /^Failed at step USER spawning .*: Invalid argument$/.test(m))).toBe(true);
  });

  it.each([
    ['User=nosuch', 217, 'Failed to determine user credentials'],
    ['Group=nosuch', 216, 'Failed to determine group credentials'],
    ['User=alice\nGroup=nosuch', 216, 'Failed to determine group credentials'],
    ['SupplementaryGroups=audio nosuch', 216, 'Failed to determine supplementary groups'],
  ])('that is not there ends the process: %j', (settings, status, message) => {
    const { w, request } = spawned(settings, { files: accounts });
    expect(request.exitAtOnce).toBe(status);
    expect(w.messages()).toContain(`${message}: No such process`);
  });
});

describe('a dynamic user', () => {
  const first = 61184;
  const last = 65519;
  /** The number that a unit gets. */
  const idOf = (settings: string, files: Record<string, string> = {}, owned: Record<string, number> = {}) => {
    const { request } = spawned(`DynamicUser=yes\n${settings}`, { files: { ...accounts, ...files } }, (host) => {
      for (const [path, id] of Object.entries(owned)) {
        host.files.mkdirs(path);
        host.files.chown(path, id, id);
      }
    });
    return request.uid ?? request.exitAtOnce;
  };
  /** The numbers that systemd makes of names. */
  const ofA = idOf('')!;

  it('has the number that systemd makes of the name, which is that of User= or of the unit', () => {
    expect(ofA).toBe(idOf('User=a'));
    expect(idOf('User=b')).not.toBe(ofA);
    const { request, env } = spawned('DynamicUser=yes\nUser=svc');
    expect(request).toMatchObject({ uid: request.gid, groups: [request.gid] });
    expect(env).toMatchObject({ USER: 'svc', LOGNAME: 'svc' });
    expect(env).not.toHaveProperty('HOME');
  });

  it.each([
    ['the owner of a directory that it has left behind', first, first],
    ['the last of the range', last, last],
    ['nobody below the range', first - 1, ofA],
    ['nobody above the range', last + 1, ofA],
    ['no user that there is', 62000, ofA],
    ['no group that there is', 62001, ofA],
  ])('is %s', (_, owner, id) => {
    expect(idOf('StateDirectory=s', {}, { '/var/lib/s': owner })).toBe(id);
  });

  it('is the next that is free where the number is taken', () => {
    const next = ofA === last ? first : ofA + 1;
    const user = (id: number): string => `x${id}:x:${id}:${id}::/:/bin/sh\n`;
    expect(idOf('', { '/etc/passwd': user(ofA) })).toBe(next);
    expect(idOf('', { '/etc/group': `x:x:${ofA}:\n` })).toBe(next);
    // From the end it goes on at the beginning, until all are taken.
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const taken = (free: number | undefined): Record<string, string> => ({
      '/etc/passwd': all
        .filter((id) => id !== free)
        .map(user)
        .join(''),
    });
    expect(idOf('', taken(first))).toBe(first);
    expect(idOf('', taken(last))).toBe(last);
    expect(idOf('', taken(undefined))).toBe(217);
  });

  it('that cannot be had says so', () => {
    const passwd = Array.from({ length: last - first + 1 }, (_, i) => `x:x:${first + i}:0::/:/\n`).join('');
    const { w } = spawned('DynamicUser=yes', { files: { '/etc/passwd': passwd } });
    expect(w.messages()).toContain('Failed to update dynamic user credentials: Device or resource busy');
  });

  it('is a real one where that has the name', () => {
    const { request } = spawned('DynamicUser=yes\nUser=alice', { files: accounts });
    expect(request).toMatchObject({ uid: 1000, gid: 1000 });
  });

  it('has the group of Group=, which may be dynamic too', () => {
    const { request: real } = spawned('DynamicUser=yes\nGroup=audio', { files: accounts });
    expect(real).toMatchObject({ uid: ofA, gid: 29, groups: [29] });
    const { request } = spawned('DynamicUser=yes\nGroup=team', { files: accounts });
    expect(request.uid).toBe(ofA);
    expect(request.gid).toBe(idOf('User=team'));
  });

  it.each([
    ['web@7.service', 'web', undefined],
    ['web.service', 'web', undefined],
    ['web-2_b.service', 'web-2_b', undefined],
    ['_web.service', '_web', undefined],
    ['web.main.service', '_dud0c6189ed3146fee', 64054],
    ['2web.service', '_dud34b1c207e461ff8', 61852],
    ['2web@x.service', '_dud34b1c207e461ff8', 61852],
    ['t6.service', 't6', 63519],
  ])('of %s has the name %s, and the number of real systemd', (unit, name, id) => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const template = unit.replace(/@.*\./, '@.');
    w.put(`/etc/systemd/system/${template}`, '[Service]\nDynamicUser=yes\nExecStart=/usr/bin/d\n');
    w.up(w.unit(unit));
    const [process] = w.host.spawned;
    expect(process!.env('USER')).toBe(name);
    if (id !== undefined) expect(process!.uid).toBe(id);
  });
});

describe('a system’s manager that is not root', () => {
  const alice = { uid: 1000, capabilities: 0n, environment: { HOME: '/srv/alice' } };

  it.each(['', 'User=alice', 'User=1000', 'User=alice\nGroup=root', 'Group=0', 'SupplementaryGroups=audio'])(
    'starts what asks for what it is: %j',
    (settings) => {
      const { request, env } = spawned(settings, alice, (host) => {
        host.groups = [29];
      });
      expect(request).toMatchObject({ path: '/usr/bin/d' });
      for (const key of ['uid', 'gid', 'groups', 'exitAtOnce'] as const) expect(request[key]).toBeUndefined();
      expect(env).toMatchObject({ USER: 'alice', HOME: '/home/alice' });
    },
  );

  it('has a home also where no passwd knows its user, whose number may be asked for', () => {
    const { request, env } = spawned('User=4711', { ...alice, uid: 4711 });
    expect(request.exitAtOnce).toBeUndefined();
    expect(env).toMatchObject({ HOME: '/srv/alice' });
    expect(env.USER).toBeUndefined();
  });

  it.each([
    ['User=daemon', 217, "User=daemon can't be had, the manager runs as uid 1000 and not as root"],
    ['User=root', 217, "User=root can't be had"],
    ['User=1', 217, "User=1 can't be had"],
    ['User=nobody-knows', 217, "User=nobody-knows can't be had"],
    ['DynamicUser=yes', 217, "DynamicUser=yes can't be had"],
    ['Group=audio', 216, "Group=audio can't be had, the manager runs as gid 0 and not as root"],
    ['SupplementaryGroups=video', 216, "SupplementaryGroups=video can't be had"],
  ])('refuses %s in a line', (settings, status, text) => {
    const { w, request } = spawned(settings, alice);
    expect(request.exitAtOnce).toBe(status);
    expect(w.logged.map(({ message }) => message).join('\n')).toContain(`a.service: ${text}`);
  });

  it('leaves out what takes privileges and protects from what it can not do anyway', () => {
    const { w, request } = spawned('CapabilityBoundingSet=CAP_CHOWN\nAmbientCapabilities=CAP_CHOWN', alice);
    expect(request).toMatchObject({ capabilityAmbient: 0n });
    expect(request.capabilityBounding).toBeUndefined();
    expect(w.logged.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('leaving it out of AmbientCapabilities='),
        expect.stringContaining('leaving out CapabilityBoundingSet= and SecureBits='),
      ]),
    );
  });

  it('is as good as root where it can change users', () => {
    const { request } = spawned('User=daemon', { ...alice, capabilities: (1n << 6n) | (1n << 7n) });
    expect(request).toMatchObject({ uid: 1, gid: 1 });
  });
});
