import { describe, expect, test } from 'vitest';
import {
  escapeSpecifiers,
  expandSpecifiers,
  installSpecifiers,
  SpecifierFacts,
  unitFullSpecifiers,
  unitNameSpecifiers,
} from '../../../../src/unitfile/language/specifiers.ts';
import { SimHost } from '../../../support/sim-host.ts';

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
      directories: { runtime: '/run/user/1000', state: '/s', cache: '/c', logs: '/l', configuration: '/e' },
    });
    const of = (text: string) => expandSpecifiers(text, { facts: bare, unit: 'a.service' }, unitFullSpecifiers);
    expect(of('%o')).toEqual({ error: 'EUNATCH', message: 'Protocol driver not attached' });
    expect(of('%u %U %h %t %T')).toEqual({ text: 'alice 1000 /home/alice /run/user/1000 /tmp' });
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
