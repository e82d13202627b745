import { describe, expect, it } from 'vitest';
import { CommandLine } from '../../../src/program/command-line.ts';
import { plainFrame } from '../../../src/program/help.ts';
import {
  append,
  fail,
  flag,
  nothing,
  option,
  optionNames,
  set,
  show,
  showHelp,
  text,
} from '../../../src/program/options.ts';
import { countComplaint, verbFinder, verbNames } from '../../../src/program/verbs.ts';
import { callOn } from '../../../src/simulation/call.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

interface Options {
  quiet: boolean;
  mode: 'a' | 'b';
  name: string | undefined;
  words: string[];
  lines: number | undefined;
}

const rows = [
  option<Options>('-h --help', 'This text', showHelp),
  option<Options>('-q --quiet', 'Less', flag('quiet')),
  option<Options>('--mode-b', ['   --mode-a, --mode-b', 'Modes'], set({ mode: 'b' })),
  option<Options>('-n --name=NAME, --title', 'A name\nof two lines', text('name')),
  option<Options>('--word-that-is-long=WORD', 'Words', append('words')),
  option<Options>('-l --lines[=N]', undefined, (options, value, { bare, peek, skip }) => {
    if (bare && peek() === '7') {
      skip();
      options.lines = 7;
    } else options.lines = bare ? 10 : Number(value);
  }),
  option<Options>('--no-this', undefined, nothing),
  option<Options>('--no-that', undefined, nothing),
  option<Options>('--newest', undefined, nothing),
  option<Options>('--list', undefined, () => show('one\ntwo\n')),
  option<Options>('--bad', undefined, () => fail('Bad.', ['notice', 'Be good.'])),
];

const frame = { ...plainFrame, usage: '[OPTIONS...]', about: 'Does things.', width: 20, manual: 'prog(1)' };
const defaults = (): Options => ({ quiet: false, mode: 'a', name: undefined, words: [], lines: undefined });
const line = new CommandLine<Options>({
  frame,
  verbs: [['Commands', [{ synopsis: 'do THING..., make', help: 'Does it' }]]],
  options: [
    ['Options', rows.slice(0, 3)],
    [undefined, rows.slice(3)],
  ],
  abbreviable: 'help quiet mode-b name title word-that-is-long lines no-that no-this list bad',
  errors: 'logged',
  defaults,
  settle: ({ quiet }, operands) => {
    if (quiet && operands.length > 0) fail('Too much.');
  },
});

const parse = (...argv: string[]) => line.parse(callOn({ host: new SimHost() }, 'prog', argv).context);
const options = (...argv: string[]) => parse(...argv).options;

describe('a command line', () => {
  it('does what its rows say', () => {
    expect(options('-q', '--mode-b', '-n', 'x', '--word-that-is-long=a', '--word=b')).toEqual({
      ...defaults(),
      quiet: true,
      mode: 'b',
      name: 'x',
      words: ['a', 'b'],
    });
    expect(options('--title=t').name).toBe('t');
    expect([options('-l').lines, options('-l7').lines, options('--lines=3').lines]).toEqual([10, 7, 3]);
    expect(parse('-l', '7', '8')).toMatchObject({ options: { lines: 7 }, operands: ['8'] });
  });

  it('knows rows that do the same apart, and not the names of one', () => {
    expect(parse('--no-th')).toMatchObject({
      status: 1,
      err: "prog: option '--no-th' is ambiguous; possibilities: '--no-that' '--no-this'\n",
    });
    expect(options('--na=x').name).toBe('x');
  });

  it('takes what is newer than the list of abbreviations by its full name only', () => {
    expect(options('--newest')).toEqual(defaults());
    expect(parse('--newes')).toMatchObject({ err: "prog: unrecognized option '--newes'\n" });
  });

  it('ends with a text or with what is wrong, and the options so far', () => {
    expect(parse('-q', '--list', '--bad')).toEqual({
      options: { ...defaults(), quiet: true },
      out: 'one\ntwo\n',
      err: '',
      status: 0,
    });
    expect(parse('--bad')).toMatchObject({ out: '', err: 'Bad.\nBe good.\n', status: 1 });
    expect(parse('-q', 'x')).toMatchObject({ err: 'Too much.\n', status: 1 });
  });

  it('shows each row in --help', () => {
    expect(parse('--help')).toMatchObject({
      status: 0,
      out: `prog [OPTIONS...]

Does things.

Commands:
  do THING...          Does it

Options:
  -h --help            This text
  -q --quiet           Less
     --mode-a, --mode-b
                       Modes
  -n --name=NAME       A name
                       of two lines
     --word-that-is-long=WORD
                       Words

See the prog(1) man page for details.
`,
    });
  });

  it('does not compile with a cell missing, or one of another type', () => {
    // @ts-expect-error: no line of help
    option<Options>('--quiet', flag('quiet'));
    // @ts-expect-error: does nothing
    option<Options>('--quiet', undefined);
    // @ts-expect-error: no such option
    option<Options>('--quiet', undefined, flag('quite'));
    // @ts-expect-error: not a flag
    option<Options>('--quiet', undefined, flag('name'));
    // @ts-expect-error: no such mode
    option<Options>('--mode', undefined, set({ mode: 'c' }));
    // @ts-expect-error: not any text
    option<Options>('--mode', undefined, text('mode'));
  });
});

describe('what names say', () => {
  it.each([
    ['-h --help', { short: 'h', long: ['help'], argument: 'none', placeholder: '' }],
    ['--type=TYPE', { short: undefined, long: ['type'], argument: 'required', placeholder: 'TYPE' }],
    ['-E --setenv=NAME[=VALUE]', { short: 'E', long: ['setenv'], argument: 'required', placeholder: 'NAME[=VALUE]' }],
    ['-H --host=[USER@]HOST', { short: 'H', long: ['host'], argument: 'required', placeholder: '[USER@]HOST' }],
    ['-n --lines[=N]', { short: 'n', long: ['lines'], argument: 'optional', placeholder: 'N' }],
    ['-P NAME', { short: 'P', long: [], argument: 'required', placeholder: 'NAME' }],
    ['-.[UNIT]', { short: '.', long: [], argument: 'optional', placeholder: 'UNIT' }],
    ['-k', { short: 'k', long: [], argument: 'none', placeholder: '' }],
    ['-M --machine=', { short: 'M', long: ['machine'], argument: 'required', placeholder: '' }],
    ['-t --pty, --tty', { short: 't', long: ['pty', 'tty'], argument: 'none', placeholder: '' }],
  ])('%s', (names, said) => {
    expect(optionNames({ names })).toEqual(said);
  });
});

describe('a synopsis', () => {
  it.each([
    ['reload', [], ''],
    ['reload', ['x'], 'Too many arguments.'],
    ['start UNIT...', [], 'Too few arguments.'],
    ['start UNIT...', ['a', 'b', 'c'], ''],
    ['set UNIT NAME=VALUE...', ['a'], 'Too few arguments.'],
    ['bind UNIT PATH [PATH]', ['a', 'b'], ''],
    ['bind UNIT PATH [PATH]', ['a', 'b', 'c', 'd'], 'Too many arguments.'],
    ['list [PATTERN...]', [], ''],
    ['compare VERSION1 [OP] VERSION2', ['1'], 'Too few arguments.'],
  ])('%s with %j', (synopsis, args, wrong) => {
    expect(countComplaint({ synopsis }, args) ?? '').toBe(wrong);
  });

  it('has old names behind', () => {
    const row = { synopsis: 'stop UNIT..., condstop', help: undefined };
    expect(verbNames(row)).toEqual({ names: ['stop', 'condstop'], usage: ['UNIT...'] });
    const find = verbFinder([['Units', [row]]]);
    expect(find('condstop')).toBe(row);
    expect(find('UNIT...')).toBeUndefined();
  });
});
