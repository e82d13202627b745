/** What holds of every program, because all are tables of the same kind. */

import { describe, expect, it } from 'vitest';
import { allCompletions } from '../../../src/main/completions.ts';
import { parseCall, programs } from '../../../src/main/programs.ts';
import { callOn } from '../../../src/simulation/call.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const completions = await allCompletions();
const host = new SimHost({ release: 262 });

async function said(program: string, argv: readonly string[]): Promise<string> {
  const { context, answer } = callOn({ host }, program, argv);
  const call = await parseCall(context);
  // of journalctl and systemd-analyze, help and lists are calls
  if (typeof call !== 'number' && argv[0] === '--help') await call.run(context);
  return answer.out + answer.err;
}

describe.each(Object.keys(programs))('%s', (program) => {
  const { options, verbs } = completions[program]!;
  const names = options.flatMap((option) => option.names);

  it('completes what --help shows', async () => {
    const help = await said(program, ['--help']);
    const lines = help.split('\n').filter((line) => line.startsWith('  '));
    const left = lines.map((line) => line.trimStart().split(/ {2,}/)[0]!);
    const shown = left.flatMap((text) => text.match(/(?<![\w-])--?\w[\w-]*/g) ?? []);
    expect(shown).toContain('--help');
    expect(shown.filter((name) => !names.includes(name))).toEqual([]);
    const known = verbs.map((verb) => verb.name);
    const words = lines.flatMap((line) => /^ {2}([a-z][\w-]+)(?=[ ,])/.exec(line)?.[1] ?? []);
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
  });

  it('completes nothing twice, and nothing that is not understood', async () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const known = verbs.map((verb) => verb.name);
    expect(known.filter((name, index) => known.indexOf(name) !== index)).toEqual([]);
    for (const { names: all, placeholder } of options) {
      for (const name of all) {
        const argv = placeholder === undefined ? [name] : [name.startsWith('--') ? `${name}=1` : `${name}1`];
        expect(await said(program, argv)).not.toMatch(/unrecognized option|invalid option|doesn't allow|ambiguous/);
      }
    }
    // what becomes a manager is the front door's to know
    for (const { name } of verbs.filter((verb) => verb.name !== 'init'))
      expect(await said(program, [name])).not.toMatch(/Unknown command/);
  });
});
