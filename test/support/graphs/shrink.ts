/** A scenario that fails, made small: turns, units and lines are left out as long as the same thing fails. */
import { play } from './player.ts';
import type { Scenario } from './scenario.ts';

/** What is wrong, without the numbers and names that differ between scenarios that have the same fault. */
export const kindOf = (wrong: string): string =>
  wrong
    .replace(/^after "[^"]*": /, '')
    .split('\n')
    .slice(0, 2)
    .join('\n')
    .replace(/u\d+(@x)?\.\w+/g, 'UNIT')
    .replace(/\d+/g, 'N');

export async function shrink(
  scenario: Scenario,
  wrong: string,
  playOne: (scenario: Scenario) => Promise<string | undefined> = play,
): Promise<{ scenario: Scenario; wrong: string }> {
  let best = { scenario, wrong };
  const kind = kindOf(wrong);
  for (let before = ''; before !== JSON.stringify(best.scenario); ) {
    before = JSON.stringify(best.scenario);
    for (const smaller of smallerOnes(best.scenario)) {
      const next = smaller(best.scenario);
      if (next === undefined) continue;
      const now = await playOne(next);
      if (now !== undefined && kindOf(now) === kind) best = { scenario: next, wrong: now };
    }
  }
  return best;
}

type Smaller = (scenario: Scenario) => Scenario | undefined;

/** Ways to leave something out, by what is there now; each looks whether it still is. */
function* smallerOnes({ files, turns }: Scenario): Generator<Smaller> {
  for (let size = Math.max(1, turns.length >> 1); size >= 1; size >>= 1)
    for (let at = turns.length - size; at >= 0; at -= size)
      yield (now) => ({ ...now, turns: now.turns.filter((_, index) => index < at || index >= at + size) });
  for (const name of Object.keys(files))
    yield (now) => ({ ...now, files: Object.fromEntries(Object.entries(now.files).filter(([key]) => key !== name)) });
  for (const [name, lines] of Object.entries(files))
    for (const line of lines)
      yield (now) => {
        const left = now.files[name]?.filter((other) => other !== line);
        return left === undefined ? undefined : { ...now, files: { ...now.files, [name]: left } };
      };
}
