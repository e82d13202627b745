import { describe, expect, test } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import {
  escapeSpecifiers,
  expandSpecifiers,
  installSpecifiers,
  SpecifierFacts,
  unitFullSpecifiers,
  unitNameSpecifiers,
} from '../../../../src/unitfile/language/specifiers.ts';

const host = new SimHost({
  hostname: 'box.example.com',
  environment: { HOME: '/', SHELL: '/bin/zsh', TMPDIR: '/scratch' },
  files: {
    '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nBUILD_ID=\n',
    '/etc/machine-info': 'PRETTY_HOSTNAME="My Box"\n',
    '/scratch/x': '',
    '/usr/lib/systemd/system/foo-bar@.service': '',
  },
});
const facts = new SpecifierFacts(host);

function expand(text: string, unit: string, table = unitFullSpecifiers) {
  const fragmentPath = '/usr/lib/systemd/system/foo-bar@.service';
  const result = expandSpecifiers(text, { facts, unit, fragmentPath }, table);
  return 'text' in result ? result.text : result.error;
}

describe('what specifiers stand for', () => {
  test.each([
    ['%n', 'foo-bar@a\\x2db.service'],
    ['%N', 'foo-bar@a\\x2db'],
    ['%p', 'foo-bar'],
    ['%P', 'foo/bar'],
    ['%i', 'a\\x2db'],
    ['%I', 'a-b'],
    ['%j', 'bar'],
    ['%J', 'bar'],
    ['%f', '/a-b'],
    ['%y', '/usr/lib/systemd/system/foo-bar@.service'],
    ['%Y', '/usr/lib/systemd/system'],
    ['%t %S %C %L %E', '/run /var/lib /var/cache /var/log /etc'],
    ['%d', '/run/credentials/foo-bar@a\\x2db.service'],
    ['%h %s', '/root /bin/zsh'],
    ['%u %U %g %G', 'root 0 root 0'],
    ['%T %V', '/scratch /scratch'],
    ['%H %l %q', 'box.example.com box My Box'],
    ['%m', host.machineId],
    ['%b', host.bootId],
    ['%o %w-%B-%W-%A-%M', 'debian 12----'],
    ['%v %a', `${host.uname().release} x86-64`],
    ['%%n 100%% %', '%n 100% %'],
    ['%-5', '%-5'],
    ['plain', 'plain'],
    ['%z', 'EBADSLT'],
    ['%0', 'EBADSLT'],
  ])('%s', (text, expected) => {
    expect(expand(text, 'foo-bar@a\\x2db.service')).toBe(expected);
  });

  test('units without an instance', () => {
    expect(expand('<%i> <%I> %f %p', 'home-x.mount')).toBe('<> <> /home/x home-x');
    expect(expand('%f', 'a\\x2.service')).toBe('EINVAL');
  });

  test('names of units take fewer', () => {
    expect(expand('%i-%H.service', 'a@b.service', unitNameSpecifiers)).toBe('b-box.example.com.service');
    expect(expand('%t', 'a.service', unitNameSpecifiers)).toBe('EBADSLT');
  });

  test('what is too long', () => {
    const context = { facts, unit: 'x.service' };
    expect(expandSpecifiers('%n'.repeat(30), context, unitFullSpecifiers, 256)).toMatchObject({
      error: 'ENAMETOOLONG',
    });
    expect(expandSpecifiers('ä'.repeat(200), context, unitFullSpecifiers, 256)).toMatchObject({
      error: 'ENAMETOOLONG',
    });
  });

  test('a machine without os-release and a user manager', () => {
    const bare = new SpecifierFacts(new SimHost({ uid: 1000, environment: {} }), {
      scope: 'user',
      directories: { runtime: '/run/user/1000', state: '/s', cache: '/c', logs: '/l', configuration: '/e', data: '/d' },
    });
    const of = (text: string) => expandSpecifiers(text, { facts: bare, unit: 'a.service' }, unitFullSpecifiers);
    expect(of('%o')).toEqual({ error: 'EUNATCH', message: 'Protocol driver not attached' });
    expect(of('%u %U %h %t %T %D')).toEqual({ text: 'alice 1000 /home/alice /run/user/1000 /tmp /d' });
  });

  test('installed templates take their default instance', () => {
    const of = (text: string, unit: string, defaultInstance?: string) => {
      const result = expandSpecifiers(text, { facts, unit, defaultInstance }, installSpecifiers);
      return 'text' in result ? result.text : result.error;
    };
    expect(of('%i %n %N', 'a@.service', 'tty1')).toBe('tty1 a@tty1.service a@tty1');
    expect(of('%i %n %N', 'a@x.service', 'tty1')).toBe('x a@x.service a@x');
    expect(of('<%i> %n', 'a@.service')).toBe('<> a@.service');
  });

  test('escaped text comes back', () => {
    expect(expand(escapeSpecifiers('100%n%%'), 'a.service')).toBe('100%n%%');
  });
});

describe('machines', () => {
  type Options = ConstructorParameters<typeof SimHost>[0];
  type FactOptions = ConstructorParameters<typeof SpecifierFacts>[1];
  function of(text: string, options: Options = {}, factOptions: FactOptions = {}, context = {}) {
    const made = new SpecifierFacts(new SimHost(options), factOptions);
    const result = expandSpecifiers(text, { facts: made, unit: 'a.service', ...context }, unitFullSpecifiers);
    return 'text' in result ? result.text : result.error;
  }
  const user = { scope: 'user' } as const;

  test.each<[string, string, Options, FactOptions, string]>([
    ['a home that is one', '%h', { environment: { HOME: '/h' } }, {}, '/h'],
    ['a home that is not normalized', '%h', { environment: { HOME: '/h/../x' } }, {}, '/root'],
    ['a relative home', '%h', { environment: { HOME: 'h' } }, {}, '/root'],
    ['the home of a user', '%h', { uid: 1000 }, user, '/home/alice'],
    ['the home of nobody known', '%h', { uid: 4711 }, user, 'ENOENT'],
    ['a shell', '%s', { environment: { SHELL: '/bin/x' } }, {}, '/bin/x'],
    ['a relative shell', '%s', { environment: { SHELL: 'x' } }, {}, '/bin/bash'],
    ['a shell that is not normalized', '%s', { environment: { SHELL: '/a/../x' } }, {}, '/bin/bash'],
    ['the shell of a user', '%s', { uid: 33 }, user, '/usr/sbin/nologin'],
    ['the shell of nobody known', '%s', { uid: 4711 }, user, 'ENOENT'],
    ['the shell of root, who has none', '%s', { files: { '/etc/passwd': 'root:x:0:0::/root:\n' } }, {}, '/bin/sh'],
    ['a user without a name', '%u %U', { uid: 4711 }, user, '4711 4711'],
    ['a user of the system manager', '%u %U %g %G', { uid: 1000 }, {}, 'root 0 root 0'],
    ['a system manager that is not root', '%u %U', { uid: 1000 }, { rootless: true }, 'alice 1000'],
    ['no user in particular', '%u', {}, { scope: 'global' }, 'EINVAL'],
    ['no group in particular', '%G', {}, { scope: 'global' }, 'EINVAL'],
    ['$TEMP', '%T %V', { environment: { TEMP: '/tmp' } }, {}, '/tmp /tmp'],
    ['$TMP', '%V', { environment: { TMP: '/tmp' } }, {}, '/tmp'],
    ['a relative $TMPDIR', '%V', { environment: { TMPDIR: 'tmp' } }, {}, '/var/tmp'],
    ['a $TMPDIR that is not normalized', '%V', { environment: { TMPDIR: '/x/../tmp' } }, {}, '/var/tmp'],
    ['a $TMPDIR that is not there', '%T', { environment: { TMPDIR: '/none' } }, {}, '/tmp'],
    ['a $TMPDIR below a root', '%V', { environment: { TMPDIR: '/tmp' } }, { root: '/r' }, '/var/tmp'],
    ['a name without a domain', '%l %q', { hostname: 'box' }, {}, 'box box'],
    ['an architecture that nobody knows', '<%a>', { machine: 'pdp11' }, {}, '<>'],
    ['os-release below a root', '%o', { files: { '/r/usr/lib/os-release': 'ID=inner\n' } }, { root: '/r' }, 'inner'],
    [
      'a machine ID below a root',
      '%m',
      { files: { '/r/etc/machine-id': `${'a1'.repeat(16)}\n` } },
      { root: '/r' },
      'a1'.repeat(16),
    ],
    ['an empty machine ID', '%m', { files: { '/r/etc/machine-id': '\n' } }, { root: '/r' }, 'ENOMEDIUM'],
    ['one to be made', '%m', { files: { '/r/etc/machine-id': 'uninitialized\n' } }, { root: '/r' }, 'ENOPKG'],
    ['one that is none', '%m', { files: { '/r/etc/machine-id': 'xyz\n' } }, { root: '/r' }, 'EINVAL'],
    ['no machine ID', '%m', {}, { root: '/r' }, 'EUNATCH'],
    [
      'fields that os-release may have',
      '%A%B%M%W',
      { files: { '/etc/os-release': 'IMAGE_VERSION=1\nBUILD_ID=2\nIMAGE_ID=3\nVARIANT_ID=4\n' } },
      {},
      '1234',
    ],
  ])('%s', (_, text, options, factOptions, expected) => {
    expect(of(text, options, factOptions)).toBe(expected);
  });

  test('no fragment, or one that is gone', () => {
    expect(of('%y')).toBe('ENOENT');
    expect(of('%Y', {}, {}, { fragmentPath: '/none' })).toBe('ENOENT');
  });

  test('control groups are told of as deprecated', () => {
    const told: string[] = [];
    const warn = (message: string) => told.push(message);
    const controlGroups = { unit: '/s/a', slice: '/s', root: '/r' };
    expect(of('%c %r %R', {}, {}, { controlGroups, warn })).toBe('/s/a /s /r');
    expect(told.map((message) => message.slice(0, 14))).toEqual(["Specifier '%c'", "Specifier '%r'", "Specifier '%R'"]);
    expect(of('<%c>')).toBe('<>');
  });

  test('names that are none', () => {
    for (const text of ['%p', '%N', '%P', '%j', '%J', '%f'])
      expect([text, of(text, {}, {}, { unit: 'nonsense' })]).toEqual([text, 'EINVAL']);
    expect(of('%i%I', {}, {}, { unit: 'nonsense' })).toBe('');
    expect(of('%I', {}, {}, { unit: 'a@\\x2.service' })).toBe('EINVAL');
  });

  test('percent signs of all kinds', () => {
    expect(of('%%%%')).toBe('%%');
    expect(of('%-%-%p%')).toBe('%-%-a%');
    expect(of('%- %n')).toBe('%- a.service');
    expect(of('a%b'.slice(0, 2))).toBe('a%');
    expect(of('%1')).toBe('EBADSLT');
    expect(of('%é')).toBe('%é');
  });
});
