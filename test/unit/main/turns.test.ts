/** Answers in turns: whatever grows with what there is lets others have their turn in between. */
import { beforeAll, describe, expect, it } from 'vitest';
import { callables, callersOf } from '../../../src/main/doors.ts';
import { verbNames } from '../../../src/program/verbs.ts';
import { analyze } from '../../support/analyze.ts';
import { SimSystem } from '../../support/sim-system.ts';

const counts = [30, 120] as const;
const nameOf = (index: number): string => `b-${index}.service`;
const at = '/etc/systemd/system';

/** So many services that run, a timer and a socket for each. */
async function systemOf(count: number): Promise<SimSystem> {
  const files: Record<string, string> = {};
  const wants: string[] = [];
  for (let index = 0; index < count; index++) {
    files[`${at}/${nameOf(index)}`] = '[Service]\nExecStart=/bin/run\n[Install]\nWantedBy=x.target\n';
    files[`${at}/b-${index}.timer`] = '[Timer]\nOnCalendar=daily\n';
    files[`${at}/b-${index}.socket`] = `[Socket]\nListenStream=/run/b-${index}\n`;
    wants.push(nameOf(index), `b-${index}.timer`, `b-${index}.socket`);
  }
  files[`${at}/default.target`] = `[Unit]\nWants=${wants.join(' ')}\nAfter=${wants.join(' ')}\n`;
  const system = new SimSystem(files);
  await system.systemctl('start default.target');
  return system;
}

const questions = callables().flatMap(([program, rows]) =>
  rows
    .filter((row) => callersOf(row).endsWith('everyone') || callersOf(row).endsWith('everyone else'))
    .flatMap((row): [string, string, 'nothing' | 'pattern' | 'names'][] => {
      const { names, usage } = verbNames(row);
      const verb = names[0]!;
      const takesNone = usage.every((word) => word.startsWith('['));
      const takesMany = usage.some((word) => word.includes('...'));
      return [
        ...(takesNone ? ([[program, verb, 'nothing']] as const) : []),
        ...(takesMany
          ? ([
              [program, verb, 'pattern'],
              [program, verb, 'names'],
            ] as const)
          : []),
      ].map(([...question]) => question);
    }),
);

describe('an answer that is longer where there are more units has more turns', () => {
  let systems: SimSystem[];
  beforeAll(async () => {
    systems = [];
    for (const count of counts) systems.push(await systemOf(count));
  });

  it('of which there are some', () => expect(questions.length).toBeGreaterThan(25));

  it.each(questions)('%s %s with %s', async (program, verb, kind) => {
    const seen: { turns: number; size: number }[] = [];
    for (const [index, system] of systems.entries()) {
      const names = Array.from({ length: counts[index]! }, (_, i) => nameOf(i));
      const args = kind === 'nothing' ? ['--all'] : kind === 'pattern' ? ['*'] : names;
      const line = program === 'systemctl' ? [verb, ...args] : [verb, ...args.filter((arg) => arg !== '--all')];
      let turns = 0;
      const caller = {
        turn: () => {
          turns++;
          return Promise.resolve();
        },
      };
      const ask = program === 'systemctl' ? system.systemctl(line, caller) : analyze(system, line.join(' '), caller);
      const { out, err } = await ask;
      seen.push({ turns, size: out.length + err.length });
    }
    const [few, many] = seen as [(typeof seen)[0], (typeof seen)[0]];
    if (many.size > few.size * 2) expect(many.turns).toBeGreaterThan(few.turns * 2);
  });
});
