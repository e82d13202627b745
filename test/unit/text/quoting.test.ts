import { describe, expect, test } from 'vitest';
import { hasInvalidBytes, textToBytes } from '../../../src/text/bytes.ts';
import {
  cEscape,
  cUnescape,
  extract,
  nextWordOrWarn,
  quoteCommandLine,
  shellEscape,
  shellMaybeQuote,
  splitWords,
  WordReader,
} from '../../../src/text/quoting.ts';

const { unquote, cUnescape: cescapes, relax, unescapeRelax, unescapeSeparators } = extract;

describe('words', () => {
  const cases: [text: string, flags: number, separators: string | undefined, words: string[] | undefined][] = [
    ['foobar waldo', 0, undefined, ['foobar', 'waldo']],
    ['"foobar" \'waldo\'', 0, undefined, ['"foobar"', "'waldo'"]],
    ['"foobar" \'waldo\'', unquote, undefined, ['foobar', 'waldo']],
    ['"', unquote, undefined, undefined],
    ['"', unquote | relax, undefined, ['']],
    ['"fooo', unquote | relax, undefined, ['fooo']],
    ["yay'foo'bar", unquote, undefined, ['yayfoobar']],
    ['   foobar   ', unquote, undefined, ['foobar']],
    [' foo\\ba\\x6ar ', cescapes, undefined, ['foo\bajr']],
    ['\\w\\i\\d', cescapes, undefined, undefined],
    ['\\w\\i\\d', cescapes | unescapeRelax, undefined, ['\\w\\i\\d']],
    ['foo\\', 0, undefined, undefined],
    ['foo\\', relax, undefined, ['foo']],
    ['foo\\', unescapeRelax, undefined, ['foo\\']],
    ['"foo\\', unquote | unescapeRelax | relax, undefined, ['foo\\']],
    ['foo:bar:', 0, ':', ['foo', 'bar']],
    ['foo::bar:', extract.dontCoalesce, ':', ['foo', '', 'bar', '']],
    ['', extract.dontCoalesce, ':', ['']],
    ['foo:bar:waldo:', extract.dontCoalesce | unquote, ':', ['foo', 'bar', 'waldo', '']],
    ['\\:foo\\\\bar:baz', unescapeSeparators, ':', [':foo\\bar', 'baz']],
    ['a\\b', extract.retainEscape, undefined, ['a\\b']],
    ['\\u00e4\\U0001F600\\xc3\\xa4\\303\\244\\s', cescapes, undefined, ['ä😀ää ']],
    ['\\x00', cescapes, undefined, undefined],
    ['\\400', cescapes, undefined, undefined],
  ];
  test.each(cases)('%j with %i', (text, flags, separators, words) => {
    expect(splitWords(text, flags, separators)).toEqual(words);
  });

  test('the reader tells what is left and where it failed', () => {
    const reader = new WordReader('foo  bar "x');
    expect([reader.next(), reader.rest]).toEqual(['foo', 'bar "x']);
    expect(reader.next()).toBe('bar');
    expect([reader.next(unquote), reader.failed]).toEqual([undefined, true]);
  });

  test('quotes and escapes of unit files', () => {
    expect(splitWords('a "b c" \'d "e"\' f\\x20g ""', unquote | cescapes)).toEqual(['a', 'b c', 'd "e"', 'f g', '']);
  });

  test('unknown escapes stay, with a warning; open quotes are an error', () => {
    const messages: string[] = [];
    const warn = (_level: number, message: string) => messages.push(message);
    const value = 'a\\qb "c';
    const reader = new WordReader(value);
    expect(nextWordOrWarn(reader, unquote | cescapes, warn, value)).toBe('a\\qb');
    expect(nextWordOrWarn(reader, unquote | cescapes, warn, value)).toBeUndefined();
    expect(reader.failed).toBe(true);
    expect(messages).toEqual([
      'Ignoring unknown escape sequences: "a\\qb"',
      'Unbalanced quoting, ignoring: "a\\qb "c"',
    ]);
  });
});

describe('escapes', () => {
  test('C escapes there and back', () => {
    const text = '\x07\b\f\n\r\t\v\\"\'\x01\x7fä';
    expect(cEscape(text)).toBe('\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\\'\\001\\177\\303\\244');
    expect(cUnescape(cEscape(text))).toBe(text);
  });

  test.each([
    ['\\', false, undefined],
    ['\\', true, '\\'],
    ['a\\zb', false, undefined],
    ['a\\zb', true, 'a\\zb'],
    ['\\ud800', false, '\udced\udca0\udc80'],
    ['\\Ud8000000', false, undefined],
    ['\\u00', false, undefined],
  ])('%j relaxed %s', (text, relaxed, expected) => {
    expect(cUnescape(text, { relax: relaxed })).toBe(expected);
  });

  test('a byte that is no UTF-8 is carried through', () => {
    const text = cUnescape('a\\xffb')!;
    expect(hasInvalidBytes(text)).toBe(true);
    expect(textToBytes(text)).toEqual(Buffer.from([0x61, 0xff, 0x62]));
    expect(cEscape(text)).toBe('a\\377b');
  });

  test('for a shell', () => {
    expect(shellEscape('a\\b$c\n', '$')).toBe('a\\\\b\\$c\\n');
  });

  test.each([
    ['foobar', 'foobar', 'foobar'],
    ['foo bar', '"foo bar"', "$'foo bar'"],
    ['foo\tbar', '"foo\\tbar"', "$'foo\\tbar'"],
    ['foo "bar" waldo', '"foo \\"bar\\" waldo"', '$\'foo "bar" waldo\''],
    ['foo$bar', '"foo\\$bar"', "$'foo$bar'"],
    ["it's", '"it\'s"', "$'it\\'s'"],
    ['głąb', 'głąb', 'głąb'],
    ['', '', ''],
  ])('%j quoted for a shell', (text, plain, posix) => {
    expect(shellMaybeQuote(text)).toBe(plain);
    expect(shellMaybeQuote(text, { posix: true })).toBe(posix);
  });

  test('command lines', () => {
    expect(quoteCommandLine(['true', 'waldo piep', ''], { escapeEmpty: true })).toBe('true "waldo piep" ""');
  });
});
