import { describe, expect, test } from 'vitest';
import { bytesToText } from '../../../../src/text/bytes.ts';
import { type LexOptions, parseUnitText } from '../../../../src/unitfile/language/lexer.ts';

function read(text: string, options?: LexOptions) {
  const messages: string[] = [];
  const { entries, error } = parseUnitText(
    text,
    'x.service',
    (_level, line, m) => messages.push(`${line}: ${m}`),
    options,
  );
  return { entries: entries.map(({ section, key, value, line }) => [section, key, value, line]), messages, error };
}

const sections = new Set(['Unit', 'Service']);

describe('assignments', () => {
  test('blanks around keys, values and lines do not count', () => {
    expect(read('[Unit]\n  Description \t=  a b \t\n').entries).toEqual([['Unit', 'Description', 'a b', 2]]);
  });

  test('an empty value is an assignment', () => {
    expect(read('[Unit]\nAfter=\n').entries).toEqual([['Unit', 'After', '', 2]]);
  });

  test('only the first = separates', () => {
    expect(read('[Service]\nEnvironment=A=B=C\n').entries).toEqual([['Service', 'Environment', 'A=B=C', 2]]);
  });

  test.each(['\n', '\r\n', '\r', '\n\r', '\0', '\n\0', '\r\n\0'])('lines end at %j', (eol) => {
    expect(read(`[Unit]${eol}A=1${eol}B=2`).entries).toEqual([
      ['Unit', 'A', '1', 2],
      ['Unit', 'B', '2', 3],
    ]);
  });

  test('two equal line ends make an empty line', () => {
    expect(read('[Unit]\r\rA=1\n\nB=2').entries).toEqual([
      ['Unit', 'A', '1', 3],
      ['Unit', 'B', '2', 5],
    ]);
  });

  test('a byte order mark at the beginning is passed over', () => {
    expect(read('\ufeff[Unit]\nA=1').entries).toEqual([['Unit', 'A', '1', 2]]);
  });
});

describe('comments and continuation lines', () => {
  test('comments begin with # or ; and may stand between continued lines', () => {
    expect(read('# a\n[Unit]\n ; b\nA=1 \\\n# c\n  2\\\n; d\n3\nB=#x\n').entries).toEqual([
      ['Unit', 'A', '1    2 3', 8],
      ['Unit', 'B', '#x', 9],
    ]);
  });

  test('a backslash before the end joins; two do not', () => {
    expect(read('[Unit]\nA=x\\\\\nB=1\\\n2').entries).toEqual([
      ['Unit', 'A', 'x\\\\', 2],
      ['Unit', 'B', '1 2', 4],
    ]);
  });

  test('an empty line ends a continuation', () => {
    expect(read('[Unit]\nA=1\\\n\nB=2').entries).toEqual([
      ['Unit', 'A', '1', 3],
      ['Unit', 'B', '2', 4],
    ]);
  });

  test('a continuation at the end of the file counts', () => {
    expect(read('[Unit]\nA=1\\').entries).toEqual([['Unit', 'A', '1', 3]]);
  });
});

describe('what is wrong is said with systemd’s words', () => {
  test('unknown sections are dropped, those of extensions in silence', () => {
    const { entries, messages } = read('[Foo]\nA=1\n[X-Bar]\nB=2\n[Unit]\nC=3\n[Install]\nD=4\n', {
      sections,
      ignoredSections: new Set(['Install']),
    });
    expect(entries).toEqual([['Unit', 'C', '3', 6]]);
    expect(messages).toEqual(["1: Unknown section 'Foo'. Ignoring."]);
  });

  test('assignments before the first section', () => {
    const { entries, messages } = read('A=1\n[Unit]\nB=2\n', { sections });
    expect(entries).toEqual([['Unit', 'B', '2', 3]]);
    expect(messages).toEqual(['1: Assignment outside of section. Ignoring.']);
  });

  test('lines that are no assignment', () => {
    expect(read('[Unit]\nfoo\n=bar\n').messages).toEqual([
      "2: Missing '=', ignoring line.",
      "3: Missing key name before '=', ignoring line.",
    ]);
  });

  test('a malformed section header ends the reading', () => {
    const { entries, messages, error } = read('[Unit]\nA=1\n[Service\nB=2\n');
    expect(entries).toEqual([['Unit', 'A', '1', 2]]);
    expect(messages).toEqual(["3: Invalid section header '[Service'"]);
    expect(error).toEqual({ code: 'EBADMSG', line: 3 });
    expect(read('[Un"it]\n').messages).toEqual(["1: Bad characters in section header '[Un\"it]'"]);
  });

  test('bytes that are no UTF-8 end the reading', () => {
    const { messages, error } = read(bytesToText(Buffer.from('[Unit]\nA=\xff\nB=\xe4\n', 'latin1')));
    expect(messages).toEqual(['2: String is not UTF-8 clean, ignoring assignment: A=\ufffd']);
    expect(error?.code).toBe('EINVAL');
  });

  test('invalid bytes in comments harm nobody', () => {
    expect(read(bytesToText(Buffer.from('# \xff\n[Unit]\nA=1', 'latin1'))).entries).toEqual([['Unit', 'A', '1', 3]]);
  });

  test('lines of a mebibyte end the reading, shorter ones do not', () => {
    const limit = 1024 * 1024;
    expect(read(`[Unit]\nA=${'x'.repeat(limit - 3)}`).entries).toHaveLength(1);
    expect(read(`[Unit]\nA=${'x'.repeat(limit - 2)}`).error?.code).toBe('ENOBUFS');
    expect(read(`[Unit]\nA=${'ä'.repeat(limit / 2)}`).error?.code).toBe('ENOBUFS');
    expect(read(`[Unit]\n${`A${'x'.repeat(600_000)}\\\n`.repeat(2)}`).error?.code).toBe('ENOBUFS');
  });
});

describe('how the file is read', () => {
  test('relaxed: nothing is said of sections, nor of what comes before them', () => {
    const { entries, messages } = read('A=1\n[Foo]\nB=2\n[Unit]\nC=3\nnonsense\n', { sections, relaxed: true });
    expect(entries).toEqual([['Unit', 'C', '3', 5]]);
    expect(messages).toEqual(["6: Missing '=', ignoring line."]);
  });

  test('without sections, entries have none', () => {
    expect(read('A=1\n[Foo]\nB=2\n').entries).toEqual([
      ['', 'A', '1', 1],
      ['Foo', 'B', '2', 3],
    ]);
  });

  test('lines of sections that are left out are read over', () => {
    const { entries, messages } = read('[Foo]\nA=1\nnonsense\n=x\n[Service]\nB=2\n', { sections });
    expect(entries).toEqual([['Service', 'B', '2', 6]]);
    expect(messages).toEqual(["1: Unknown section 'Foo'. Ignoring."]);
  });

  test('only the first of byte order marks goes', () => {
    expect(read('\ufeff[Unit]\n\ufeffA=1').entries).toEqual([['Unit', '\ufeffA', '1', 2]]);
    expect(read('# x\n\ufeff[Unit]\nA=1').entries).toEqual([['Unit', 'A', '1', 3]]);
  });

  test('blanks alone, comments and backslashes at the end', () => {
    expect(read('[Unit]\n \t\n\\\n\nA=1\\ \nB=2').entries).toEqual([
      ['Unit', 'A', '1\\', 5],
      ['Unit', 'B', '2', 6],
    ]);
  });

  test('continued lines may have a mebibyte together', () => {
    const half = 'x'.repeat(524_280);
    expect(read(`[Unit]\nA=${half}\\\n${half}`).entries).toHaveLength(1);
    expect(read(`[Unit]\nA=${half}\\\n${half}${'y'.repeat(20)}`).error?.code).toBe('ENOBUFS');
  });
});
