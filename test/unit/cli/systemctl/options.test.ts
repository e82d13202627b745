import { describe, expect, it } from 'vitest';
import type { CliContext } from '../../../../src/cli/common/context.ts';
import { commandLine } from '../../../../src/cli/systemctl/systemctl.ts';
import { callOn } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

const host = new SimHost();

const parse = (argv: string[], more: Partial<CliContext> = {}) =>
  commandLine.parse({ ...callOn({ host }, 'systemctl', argv, { cwd: '/home' }).context, ...more });

function options(...argv: string[]) {
  const parsed = parse(argv);
  if ('status' in parsed) throw new Error(parsed.err);
  return parsed;
}

function complaint(...argv: string[]): string {
  const parsed = parse(argv);
  if (!('status' in parsed)) throw new Error('accepted');
  expect(parsed.status).toBe(1);
  return parsed.err;
}

describe('options of systemctl', () => {
  it('stand anywhere', () => {
    const { options: o, operands } = options(
      '--no-legend',
      'list-units',
      '-at',
      'service,timer',
      'x*',
      '--stat=failed',
    );
    expect(operands).toEqual(['list-units', 'x*']);
    expect(o).toMatchObject({ legend: false, all: true, types: ['service', 'timer'], states: ['failed'] });
  });

  it('-t takes load states, too', () => {
    expect(options('-t', 'service,masked').options).toMatchObject({ types: ['service'], states: ['masked'] });
  });

  it('-p collects names, -P shows values only, an empty -p shows nothing', () => {
    expect(options('show', '-p', 'A,B', '-P', 'C').options).toMatchObject({
      properties: ['A', 'B', 'C'],
      onlyValue: true,
      showEmpty: true,
    });
    expect(options('show', '-p', '').options.properties).toEqual([]);
    expect(options('show').options.properties).toBeUndefined();
  });

  it('-q and JSON switch the legend off, unless --legend=', () => {
    expect(options('-q').options.legend).toBe(false);
    expect(options('--legend=yes', '-q').options.legend).toBe(true);
    expect(options('-o', 'json').options).toMatchObject({ legend: false, plain: true, output: 'json' });
  });

  it('--root= is made absolute', () => {
    expect(options('--root=sub/../x').options.root).toBe('/home/sub/../x');
    expect(options('--root=').options.root).toBeUndefined();
  });

  it('--kill-who= is an abbreviation, -s takes names and numbers', () => {
    expect(options('kill', '--kill-who=main', '-s', 'HUP', 'x').options).toMatchObject({ killWhom: 'main', signal: 1 });
    expect(options('kill', '-sRTMIN+3', 'x').options.signal).toBe(37);
  });

  it.each([
    [['--no-such-option'], "systemctl: unrecognized option '--no-such-option'\n"],
    [['--w'], "systemctl: option '--w' is ambiguous; possibilities: '--wait' '--with-dependencies' '--what'\n"],
    [['-t'], "systemctl: option requires an argument -- 't'\n"],
    [['--type='], '--type= requires arguments.\n'],
    [['-t', 'x'], "Unknown unit type or load state 'x'.\nUse -t help to see a list of allowed values.\n"],
    [['-n', 'x'], "Failed to parse lines 'x'\n"],
    [['-o', 'x'], "Unknown output 'x'.\n"],
    [['--legend=x'], 'Failed to parse boolean argument to --legend: x.\n'],
    [['-s', 'FOO'], 'Failed to parse signal string "FOO".\n'],
    [['start', '--wait', '--no-block'], '--wait may not be combined with --no-block.\n'],
    [['start', '--marked'], "--marked may only be used with 'reload-or-restart'.\n"],
    [['reload-or-restart'], 'List of units to restart/reload is required.\n'],
    [['--user', '-H', 'x'], 'Cannot access user instance remotely.\n'],
    [
      ['start', '-.mount'],
      'systemctl: invalid option -- \'.\'\nHint: to specify units starting with a dash, use "--":\n' +
        '      systemctl [OPTIONS...] COMMAND -- -.mount ...\n',
    ],
  ])('%j is refused', (argv, text) => {
    expect(complaint(...argv)).toBe(text);
  });

  it('--recursive is for root', () => {
    const refused = parse(['-r'], { caller: { pid: 1, uid: 1000, gid: 1000 } });
    expect(refused).toMatchObject({ out: '', err: '--recursive requires root privileges.\n', status: 1 });
  });

  it('--version begins as tools expect', () => {
    const parsed = parse(['--version']);
    expect('out' in parsed && parsed.out).toMatch(/^systemd 252 \(pidone \d+\.\d+\.\d+\)\n[+-]\w+/);
    expect('status' in parsed && parsed.status).toBe(0);
  });

  it('lists what -t, --state= and -s take', () => {
    const out = (...argv: string[]) => (parse(argv) as { out: string }).out;
    expect(out('-t', 'help')).toMatch(/^Available unit types:\nservice\nmount\nswap\nsocket\n/);
    expect(out('-q', '-t', 'help')).toMatch(/^service\n/);
    expect(out('--state=help')).toContain('bad\n\nAvailable automount unit substates:\ndead\n');
    expect(out('-s', 'help').split('\n').slice(-2)).toEqual(['RTMIN+30', '']);
    expect(out('-s', 'list')).toMatch(/^SIGNAL NAME\n1 {6}SIGHUP\n/);
  });
});
