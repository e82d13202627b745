import { describe, expect, it } from 'vitest';
import { OptionReader, type OptionSet } from '../../../src/program/getopt.ts';
import type { Release } from '../../../src/voice/release.ts';
import { voiceOf } from '../../../src/voice/voice.ts';

describe('getopt_long', () => {
  const set: OptionSet<'wait' | 'what' | 'opt' | 'x'> = {
    long: [
      { name: 'wait', argument: 'none', id: 'wait' },
      { name: 'what', argument: 'required', id: 'what' },
      { name: 'opt', argument: 'optional', id: 'opt' },
      { name: 'whatever', argument: 'none', id: 'x', exact: true },
    ],
    short: {
      x: { argument: 'none', id: 'x' },
      o: { argument: 'optional', id: 'opt' },
      r: { argument: 'required', id: 'what' },
    },
  };

  const read = (...argv: string[]) => readAs(252, ...argv);
  function readAs(release: Release, ...argv: string[]) {
    const reader = new OptionReader('prog', set, argv, voiceOf(release).tools.optionErrors);
    const found = [];
    for (let option = reader.next(); option !== undefined; option = reader.next()) found.push(option);
    return { found, operands: reader.operands };
  }

  it('takes options before, between and after operands', () => {
    expect(read('a', '--wait', 'b', '-x', '--', '--wait')).toEqual({
      found: [
        { id: 'wait', value: undefined },
        { id: 'x', value: undefined },
      ],
      operands: ['a', 'b', '--wait'],
    });
  });

  it('takes values after =, in the next word, or joined to a letter', () => {
    expect(read('--what=1', '--what', '2', '-o3', '-o', '--opt').found).toEqual([
      { id: 'what', value: '1' },
      { id: 'what', value: '2' },
      { id: 'opt', value: '3' },
      { id: 'opt', value: undefined },
      { id: 'opt', value: undefined },
    ]);
  });

  it('completes abbreviations, but for those of options that must be written in full', () => {
    expect(read('--wha=1').found).toEqual([{ id: 'what', value: '1' }]);
    expect(read('--whatever').found).toEqual([{ id: 'x', value: undefined }]);
    expect(read('--whatev').found).toEqual([{ error: "prog: unrecognized option '--whatev'" }]);
    expect(read('--w').found).toEqual([{ error: "prog: option '--w' is ambiguous; possibilities: '--wait' '--what'" }]);
  });

  it('complains in the C library’s words', () => {
    const error = (...argv: string[]) => (read(...argv).found[0] as { error: string }).error;
    expect(error('--nope=1')).toBe("prog: unrecognized option '--nope=1'");
    expect(error('--wait=1')).toBe("prog: option '--wait' doesn't allow an argument");
    expect(error('--what')).toBe("prog: option '--what' requires an argument");
    expect(error('-xq')).toBe(undefined);
    expect(read('-xq').found[1]).toEqual({ error: "prog: invalid option -- 'q'" });
  });

  it('complains in systemd’s own from 262 on', () => {
    const error = (...argv: string[]) => (readAs(262, ...argv).found[0] as { error: string }).error;
    expect(error('-q')).toBe("prog: unrecognized option '-q'");
    expect(error('-r')).toBe("prog: option '-r' requires an argument");
    expect(error('--w')).toBe("prog: option '--w' is ambiguous; possibilities: --wait, --what");
  });
});
