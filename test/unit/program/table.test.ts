import { describe, expect, it } from 'vitest';
import { patternTest } from '../../../src/cli/systemctl/units.ts';
import { styleOf } from '../../../src/program/colors.ts';
import { message } from '../../../src/program/messages.ts';
import { Table } from '../../../src/program/table.ts';
import { ellipsize, textWidth } from '../../../src/program/text-width.ts';

const pipe = { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 };
const screen = (columns: number) => ({ stdin: true, stdout: true, stderr: true, columns, lines: 24 });

function table(): Table {
  const made = new Table('name', 'what for', 'note');
  made.add('a', 'something rather long to read', undefined);
  made.add('bcd', 'short', { text: 'x', json: 5n });
  return made;
}

describe('a table', () => {
  it('aligns columns and leaves no blanks at the end of lines', () => {
    const text = table().render({ header: true, full: false, style: styleOf({ env: {}, terminal: pipe }) });
    expect(text).toBe(
      'NAME WHAT FOR                      NOTE\na    something rather long to read -\nbcd  short                         x\n',
    );
  });

  it('keeps the blank before a last cell that is empty', () => {
    const made = new Table('a', 'b');
    made.add('x', '');
    made.add('x', 'y');
    const text = made.render({ header: false, full: false, style: styleOf({ env: {}, terminal: pipe }) });
    expect(text).toBe('x \nx y\n');
  });

  it('fits a terminal by shortening the widest columns', () => {
    const style = styleOf({ env: { SYSTEMD_COLORS: '0' }, terminal: screen(24) });
    expect(table().render({ header: false, full: false, style })).toBe(
      'a   something rather … -\nbcd short              x\n',
    );
    expect(table().render({ header: false, full: true, style })).toContain('something rather long to read');
  });

  it('underlines the header and shows empty cells in grey on a terminal', () => {
    const style = styleOf({ env: { TERM: 'xterm' }, terminal: screen(80) });
    const [header, first] = table().render({ header: true, full: false, style }).split('\n');
    expect(header).toMatch(/^\x1b\[0m\x1b\[0;4mNAME\x1b\[0m\x1b\[0m\x1b\[0;4m WHAT FOR +\x1b\[0m/);
    expect(first).toMatch(/ \x1b\[0;38;5;245m- +\x1b\[0m$/);
  });

  it('is an array of objects in JSON', () => {
    const style = styleOf({ env: {}, terminal: pipe });
    expect([...table().jsonPieces('json', style)].join('')).toBe(
      '[{"name":"a","what_for":"something rather long to read","note":null},{"name":"bcd","what_for":"short","note":5}]\n',
    );
    const hidden = table();
    hidden.hide(1);
    expect([...hidden.jsonPieces('json-pretty', style)].join('')).toBe(
      '[\n\t{\n\t\t"name" : "a",\n\t\t"note" : null\n\t},\n\t{\n\t\t"name" : "bcd",\n\t\t"note" : 5\n\t}\n]\n',
    );
  });
});

describe('width of text', () => {
  it('counts wide characters twice', () => {
    expect(textWidth('ab')).toBe(2);
    expect(textWidth('日本')).toBe(4);
    expect(ellipsize('日本語です', 6, 100, true)).toBe('日本…');
  });

  it('shortens at the end, or leaves a part of the end', () => {
    expect(ellipsize('abcdefghij', 5, 100, true)).toBe('abcd…');
    expect(ellipsize('abcdefghij', 5, 50, true)).toBe('ab…ij');
    expect(ellipsize('abcdefghij', 5, 100, false)).toBe('ab...');
    expect(ellipsize('abc', 3, 100, true)).toBe('abc');
    expect(ellipsize('abc', 0, 100, true)).toBe('');
  });
});

describe('patterns', () => {
  it.each([
    ['*.service', 'a.service', true],
    ['a?c*', 'abc.timer', true],
    ['[ab]*', 'b.service', true],
    ['[!ab]*', 'b.service', false],
    ['[a-c]x', 'bx', true],
    ['a.service', 'a.service', true],
    ['a.service', 'axservice', false],
    ['x\\x2dy*', 'x\\x2dy.service', true],
    ['[[:digit:]]*', '1x', true],
    ['[', '[', true],
  ])('%s against %s: %s', (pattern, name, expected) => {
    expect(patternTest([pattern])(name)).toBe(expected);
  });

  it('none given lets everything pass', () => {
    expect(patternTest([])('x')).toBe(true);
    expect(patternTest(['a*', 'x*'])('x')).toBe(true);
  });
});

describe('messages', () => {
  it('are plain in a pipe', () => {
    expect(message({ env: {}, terminal: pipe }, 'error', 'one\n\ntwo')).toBe('one\ntwo\n');
  });

  it('are coloured by severity on a terminal, line by line', () => {
    const context = { env: { TERM: 'xterm' }, terminal: screen(80) };
    expect(message(context, 'error', 'bad')).toBe('\x1b[0;1;31mbad\x1b[0m\r\n');
    expect(message(context, 'warning', 'hm')).toBe('\x1b[0;1;38;5;185mhm\x1b[0m\r\n');
    expect(message(context, 'info', 'a\nb')).toBe('a\r\nb\r\n');
  });

  it('are left out below SYSTEMD_LOG_LEVEL', () => {
    expect(message({ env: { SYSTEMD_LOG_LEVEL: 'err' }, terminal: pipe }, 'warning', 'hm')).toBe('');
  });
});
