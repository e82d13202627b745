/**
 * A manager whose program is executed anew, in whatever state, goes on as if nothing had been: random graphs of units are played
 * three times, once with a new program after every turn, and once with a crash after every turn, of which nothing tells it before.
 */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/jobs/job.ts';
import { programs } from '../../support/graphs/fates.ts';
import { violations } from '../../support/graphs/invariants.ts';
import { take } from '../../support/graphs/player.ts';
import { makeScenario, type Scenario, scenarioText } from '../../support/graphs/scenario.ts';
import { type World, world } from '../../support/world.ts';

/** What can be seen of a manager: units, jobs, processes. */
function seen(w: World): string[] {
  const lines: string[] = [];
  for (const unit of w.manager.units.all()) {
    if (!/^u\d/.test(unit.id)) continue;
    const { id, activeState, subState, startLimitHit, nopJob } = unit;
    const own = ['result', 'nRestarts', 'mainPid', 'controlPid', 'reloadResult', 'notifyState', 'timerDeadline']
      .filter((key) => key in unit)
      .map((key) => `${key}=${String((unit as unknown as Record<string, unknown>)[key])}`);
    const job = unit.job === undefined ? '' : `${unit.job.type} ${unit.job.state} ${(unit.job as Job).timeoutAtMs}`;
    const since = [unit.inactiveExitTimestamp, unit.activeEnterTimestamp, unit.inactiveEnterTimestamp];
    const times = since.map(({ monotonic }) => monotonic).join(' ');
    lines.push(
      `${id} ${activeState} ${subState} ${startLimitHit} [${job}] ${nopJob?.type ?? ''} ${own.join(' ')} ${times}`,
    );
  }
  for (const { pid, comm, alive } of w.host.table.values()) lines.push(`${pid} ${comm} ${alive}`);
  return lines.sort();
}

/** What is seen after each turn. */
async function story(
  scenario: Scenario,
  anew: 'never' | 'planned' | 'crash',
): Promise<{ turns: string[][]; wrong: string[] }> {
  const names = Object.keys(scenario.files);
  const units = Object.fromEntries(names.map((name) => [name, `${scenario.files[name]!.join('\n')}\n`]));
  const w = world({ units, programs });
  const wrong: string[] = [];
  // In each, since its timers tell the player when something may have changed.
  w.keepForCrash().boot();
  const turns: string[][] = [];
  for (const turn of scenario.turns) {
    const ended = await take(w, turn).catch(String);
    if (anew === 'planned') {
      w.reexec();
      w.keepForCrash();
    }
    w.host.settle();
    if (anew === 'crash') {
      w.answered().crash();
      w.host.settle();
    }
    wrong.push(...violations(w));
    turns.push([`after "${turn}"${ended === undefined ? '' : `: ${ended}`}`, ...seen(w)]);
  }
  for (const { message } of w.logged)
    if (/Internal error|could not be read|Could not read/.test(message)) wrong.push(message);
  return { turns, wrong };
}

/** Nothing has happened to the unit: whether it is loaded makes no difference. */
const asItsFilesMakeIt = /^\S+ inactive dead false \[\] .* 0 0 0$/;

const seeds = Array.from({ length: Number(process.env.ROUND_TRIPS ?? 20) }, (_, index) => index + 1);

describe('random graphs of units', () => {
  it.each(seeds)('seed %i', async (seed) => {
    const scenario = makeScenario(seed);
    const without = await story(scenario, 'never');
    for (const how of ['planned', 'crash'] as const) {
      const anew = await story(scenario, how);
      expect(anew.wrong, how).toEqual([]);
      const ofNote = (lines: string[]): string[] =>
        how === 'planned' ? lines : lines.filter((line) => !asItsFilesMakeIt.test(line));
      for (const [index, turn] of without.turns.entries())
        expect(ofNote(anew.turns[index]!), `${how}: ${scenarioText(scenario)}`).toEqual(ofNote(turn));
    }
  });
});
