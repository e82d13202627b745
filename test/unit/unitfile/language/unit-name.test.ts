import { describe, expect, test } from 'vitest';
import {
  filenameIsValid,
  pathIsNormalized,
  pathIsValid,
  pathJoin,
  pathSimplify,
  pathStartsWith,
  simplifyPathOrWarn,
} from '../../../../src/text/paths.ts';
import {
  buildUnitName,
  changeUnitSuffix,
  escapeUnitName,
  escapeUnitPath,
  mangleUnitName,
  parentSlice,
  replaceUnitInstance,
  unescapeUnitName,
  unescapeUnitPath,
  unitInstance,
  unitNameFromPath,
  unitNameIsHashed,
  unitNameKind,
  unitNameToPath,
  unitPrefix,
  unitPrefixAndInstance,
  unitTemplateName,
  unitTypeOf,
} from '../../../../src/unitfile/language/unit-name.ts';

describe('unit names', () => {
  test.each([
    ['foo.service', 'plain'],
    ['foo@bar.service', 'instance'],
    ['foo@bar@bar.service', 'instance'],
    ['foo@.service', 'template'],
    ['@.service', undefined],
    ['@piep.service', undefined],
    ['.service', undefined],
    ['', undefined],
    ['foo.waldo', undefined],
    ['foo', undefined],
    ['foo@%i.service', undefined],
    ['foo bar.service', undefined],
    ['föö.service', undefined],
    [`${'x'.repeat(247)}.service`, 'plain'],
    [`${'x'.repeat(248)}.service`, undefined],
  ])('%s is %s', (name, kind) => {
    expect(unitNameKind(name)).toBe(kind);
  });

  test.each([
    ['waldo.service', 'waldo', undefined, 'waldo', undefined],
    ['waldo@uuuux.service', 'waldo', 'uuuux', 'waldo@uuuux', 'waldo@.service'],
    ['foo@.mount', 'foo', '', 'foo@', 'foo@.mount'],
    ['a-b@c@d.socket', 'a-b', 'c@d', 'a-b@c@d', 'a-b@.socket'],
    ['bad', undefined, undefined, undefined, undefined],
  ])('parts of %s', (name, prefix, instance, both, template) => {
    expect([unitPrefix(name), unitInstance(name), unitPrefixAndInstance(name), unitTemplateName(name)]).toEqual([
      prefix,
      instance,
      both,
      template,
    ]);
  });

  test('names are built and changed only where the result is one', () => {
    expect(replaceUnitInstance('foo@.service', 'waldo')).toBe('foo@waldo.service');
    expect(replaceUnitInstance('foo.service', 'waldo')).toBeUndefined();
    expect(replaceUnitInstance('foo@x.service', '')).toBeUndefined();
    expect(replaceUnitInstance('foo@.service', 'x'.repeat(250))).toBeUndefined();
    expect(changeUnitSuffix('foo@bar.service', '.socket')).toBe('foo@bar.socket');
    expect(changeUnitSuffix('foo.service', 'socket')).toBeUndefined();
    expect(buildUnitName('foo', 'bar', '.service')).toBe('foo@bar.service');
    expect(buildUnitName('fo@o', undefined, '.service')).toBeUndefined();
    expect(buildUnitName('foo', undefined, '.target')).toBe('foo.target');
    expect(buildUnitName('foo', undefined, 'target')).toBeUndefined();
    expect(buildUnitName('x'.repeat(250), undefined, '.target')).toBeUndefined();
    expect(buildUnitName('foo', 'x'.repeat(250), '.target')).toBeUndefined();
    expect([unitTypeOf('a.timer'), unitTypeOf('a')]).toEqual(['timer', undefined]);
  });
});

describe('escaping', () => {
  test.each([
    ['ab+-c.a/bc@foo.service', 'ab\\x2b\\x2dc.a-bc\\x40foo.service'],
    ['foo.service', 'foo.service'],
    ['.foo', '\\x2efoo'],
    ['ä', '\\xc3\\xa4'],
  ])('%s is %s and back', (text, escaped) => {
    expect(escapeUnitName(text)).toBe(escaped);
    expect(unescapeUnitName(escaped)).toBe(text);
  });

  test.each(['\\', '\\x2', '\\X2d', 'a\\b'])('%s is no escaped text', (text) => {
    expect(unescapeUnitName(text)).toBeUndefined();
  });

  test.each([
    ['/', '-'],
    ['', '-'],
    ['//', '-'],
    ['/foo/bar/', 'foo-bar'],
    ['foo', 'foo'],
    ['/foo//bar-x', 'foo-bar\\x2dx'],
    ['/foo/./bar', 'foo-bar'],
    ['/foo/../bar', undefined],
  ])('path %s is %s', (path, escaped) => {
    expect(escapeUnitPath(path)).toBe(escaped);
  });

  test.each([
    ['-', '/'],
    ['foo-bar', '/foo/bar'],
    ['-foo', undefined],
    ['foo-', undefined],
    ['foo--bar', undefined],
    ['..', undefined],
    ['', undefined],
  ])('%s is path %s', (text, path) => {
    expect(unescapeUnitPath(text)).toBe(path);
  });

  test('units of long paths end in a hash', () => {
    const name = unitNameFromPath('a'.repeat(255), '.mount')!;
    expect(name).toMatch(/^a+_5c89213ca648204e\.mount$/);
    expect(name).toHaveLength(255);
    expect(unitNameIsHashed(name)).toBe(true);
    expect(unitNameToPath(name)).toBeUndefined();
    expect(unitNameToPath('home-x.mount')).toBe('/home/x');
  });
});

describe('what systemctl makes of arguments', () => {
  test.each([
    ['foo.service', 'foo.service', 'foo.service'],
    ['/home', 'home.mount', 'home.mount'],
    ['/dev/sda', 'dev-sda.device', 'dev-sda.device'],
    ['üxknürz.service', '\\xc3\\xbcxkn\\xc3\\xbcrz.service', '\\xc3\\xbcxkn\\xc3\\xbcrz.service'],
    ['foobar-meh...waldi.service', 'foobar-meh...waldi.service', 'foobar-meh...waldi.service'],
    [
      '_____####----.....service',
      '_____\\x23\\x23\\x23\\x23----.....service',
      '_____\\x23\\x23\\x23\\x23----.....service',
    ],
    [
      '_____##@;;;,,,##----.....service',
      '_____\\x23\\x23@\\x3b\\x3b\\x3b\\x2c\\x2c\\x2c\\x23\\x23----.....service',
      undefined,
    ],
    ['xxx@@@@/////\\\\\\\\\\yyy.service', 'xxx@@@@-----\\\\\\\\\\yyy.service', 'xxx@@@@-----\\\\\\\\\\yyy.service'],
    ['foo', 'foo.service', 'foo.service'],
    ['a@b', 'a@b.service', 'a@b.service'],
    ['foo*', 'foo\\x2a.service', 'foo*'],
    ['f*ö', 'f\\x2a\\xc3\\xb6.service', 'f*\\xc3\\xb6'],
    ['a[b]@!?', 'a\\x5bb\\x5d@\\x21\\x3f.service', 'a[b]@!?'],
    ['@', undefined, '@.service'],
    ['', undefined, undefined],
  ])('%s', (name, plain, globbed) => {
    expect(mangleUnitName(name)).toBe(plain);
    if (globbed !== undefined) expect(mangleUnitName(name, { globs: true })).toBe(globbed);
  });

  test('says what it did', () => {
    const notices: string[] = [];
    mangleUnitName('a b', { notice: (message) => notices.push(message) });
    mangleUnitName('a*', { operation: 'as unit', notice: (message) => notices.push(message) });
    expect(notices).toEqual([
      'Invalid unit name "a b" escaped as "a\\x20b" (maybe you should use systemd-escape?).',
      'Glob pattern passed as unit, but globs are not supported for this.',
      'Invalid unit name "a*" escaped as "a\\x2a".',
    ]);
  });
});

test.each([
  ['-.slice', undefined],
  ['foo.slice', '-.slice'],
  ['foo-bar.slice', 'foo.slice'],
  ['foo-bar-baz.slice', 'foo-bar.slice'],
  ['foo-.slice', undefined],
  ['-foo.slice', undefined],
  ['foo--bar.slice', undefined],
  ['foo.service', undefined],
])('the parent of %s is %s', (slice, parent) => {
  expect(parentSlice(slice)).toBe(parent);
});

describe('paths', () => {
  test.each([
    ['///foo//./bar/.', '/foo/bar'],
    ['.//./foo//./bar/.', 'foo/bar'],
    ['/', '/'],
    ['//', '/'],
    ['.', '.'],
    ['./', '.'],
    ['', ''],
    ['/foo/../bar', '/foo/../bar'],
    [`//a//${'x'.repeat(256)}//b`, `/a/${'x'.repeat(256)}//b`],
    [`//${'x'.repeat(256)}//b`, `//${'x'.repeat(256)}//b`],
  ])('%s simplified is %s', (path, simple) => {
    expect(pathSimplify(path)).toBe(simple);
  });

  test('validity', () => {
    expect(['/a/b', '/a//b', '/a/./b', '/a/../b', '/a/', ''].map(pathIsNormalized)).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(pathIsValid(`/${'a/'.repeat(2047)}`)).toBe(true);
    expect(pathIsValid(`/${'a/'.repeat(2048)}`)).toBe(false);
    expect(['a', '..', 'a/b', '', 'ä'.repeat(128)].map(filenameIsValid)).toEqual([true, false, false, false, false]);
  });

  test('prefixes and joints', () => {
    expect(pathStartsWith('/foo/bar/barfoo/', '/foo')).toBe('bar/barfoo');
    expect(pathStartsWith('/foo/bar', '/foo/bar/')).toBe('');
    expect(pathStartsWith('/foo/bar', '/fo')).toBeUndefined();
    expect(pathStartsWith('foo', '/foo')).toBeUndefined();
    expect(pathJoin('/a/', '/b', '', 'c')).toBe('/a/b/c');
  });

  test.each([
    ['foo', 'X= path is not absolute, ignoring: foo'],
    ['/a/../b', 'X= path is not normalized, ignoring: /a/../b'],
    [`/${'x'.repeat(300)}`, 'X= path has invalid length (301 bytes), ignoring.'],
  ])('%s is refused', (path, message) => {
    const messages: string[] = [];
    expect(simplifyPathOrWarn(path, { absolute: true }, 'X', (_level, text) => messages.push(text))).toBeUndefined();
    expect(messages).toEqual([message]);
  });
});
