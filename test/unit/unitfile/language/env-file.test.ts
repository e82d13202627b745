import { describe, expect, test } from 'vitest';
import { bytesToText } from '../../../../src/text/bytes.ts';
import { loadEnvironmentFile, parseEnvFile } from '../../../../src/unitfile/language/env-file.ts';
import { envAssignmentIsValid, envNameIsValid, setAssignment } from '../../../../src/unitfile/language/environment.ts';

describe('files', () => {
  test.each([
    ['a=a\nb=b\n', { a: 'a', b: 'b' }],
    ['a=a\\\nb=c', { a: 'ab=c' }],
    ['#comment\n a = x y \t\n;c=1\n', { a: 'x y' }],
    ['# a \\\nb=1\nc=2', { c: '2' }],
    ['a="x \\"y\\" \\$z \\q"', { a: 'x "y" $z \\q' }],
    ["a='x \\\" y'", { a: 'x \\" y' }],
    ['a="b"\'c\'d', { a: 'bcd' }],
    ['a="line 1\nline 2"', { a: 'line 1\nline 2' }],
    ['a="cont\\\ninued"', { a: 'continued' }],
    ['a=\\n\\t', { a: 'nt' }],
    ['a=x\\ \\ \n', { a: 'x  ' }],
    ['a=\nb', { a: '' }],
    ['a=1\r\nb=2', { a: '1', b: '2' }],
    ['export A=1', { 'export A': '1' }],
    ['a=b=c', { a: 'b=c' }],
    ['a="open', { a: 'open' }],
    ['a=x # y', { a: 'x # y' }],
  ])('%j', (text, values) => {
    expect(Object.fromEntries(parseEnvFile(text, 'f').pairs)).toEqual(values);
  });

  test('the last of equal names counts, in the place of the first; bad names are told', () => {
    const messages: string[] = [];
    const { assignments } = loadEnvironmentFile('A=1\nB=2\nA=3\n9=x\nexport C=4\n', '/f', (_level, m) =>
      messages.push(m),
    );
    expect(assignments).toEqual(['A=3', 'B=2']);
    expect(messages).toEqual([
      "Ignoring invalid environment assignment '9=x': /f",
      "Ignoring invalid environment assignment 'export C=4': /f",
    ]);
  });

  test('files with NUL or bytes that are no UTF-8 are refused', () => {
    expect(loadEnvironmentFile('A=\0', '/f', () => {}).error?.code).toBe('EBADMSG');
    const text = bytesToText(Buffer.from('B=1\nA=\xff\n', 'latin1'));
    expect(loadEnvironmentFile(text, '/f', () => {})).toEqual({
      assignments: [],
      error: { code: 'EINVAL', message: "/f:3: invalid UTF-8 value for key A: '\ufffd', ignoring." },
    });
  });
});

test('validity', () => {
  expect(['A', '_1', '1', '', 'a-b', 'ä'].map(envNameIsValid)).toEqual([true, true, false, false, false, false]);
  expect(['A=', 'A=\n\t', '=1', 'A', 'A=\udcff', 'A=b=c'].map(envAssignmentIsValid)).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(envAssignmentIsValid(`A=${'x'.repeat(3 * 1024 * 1024)}`)).toBe(false);
  expect(setAssignment(['A=1', 'B=2', 'A=3'], 'A=4')).toEqual(['A=4', 'B=2']);
});

test('as long as an argument of a program can be', () => {
  const long = 2 * 1024 * 1024;
  const assignment = (name: string, length: number) => `${name}=${'x'.repeat(length - name.length - 1)}`;
  expect(envAssignmentIsValid(assignment('A', long - 1))).toBe(true);
  expect(envAssignmentIsValid(assignment('A', long))).toBe(false);
  expect(envAssignmentIsValid(assignment('ABC', long - 1))).toBe(true);
  expect(envAssignmentIsValid(assignment('ABC', long))).toBe(false);
  expect(envAssignmentIsValid(`A=${'ä'.repeat(long / 2)}`)).toBe(false);
  expect(envNameIsValid('A'.repeat(long - 2))).toBe(true);
  expect(envNameIsValid('A'.repeat(long - 1))).toBe(false);
});
