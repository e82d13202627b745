/** A short run of what `npm run graphs` plays for long, and that a fault is noticed and made small. */
import { describe, expect, it } from 'vitest';
import { disagreements, violations } from '../../support/graphs/invariants.ts';
import { play } from '../../support/graphs/player.ts';
import { makeScenario, type Scenario, scenarioText } from '../../support/graphs/scenario.ts';
import { shrink } from '../../support/graphs/shrink.ts';
import { runs, world } from '../../support/world.ts';

describe('random graphs of units', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))('seed %i', async (seed) => {
    const scenario = makeScenario(seed);
    const wrong = await play(scenario);
    expect(wrong && `${wrong}\n${scenarioText(scenario)}`).toBeUndefined();
  });

  it('are the same for the same seed, and others for another', () => {
    expect(makeScenario(7)).toEqual(makeScenario(7));
    expect(makeScenario(7)).not.toEqual(makeScenario(8));
  });
});

describe('what has to hold', () => {
  const up = () => {
    const w = world({ units: { 'u1.service': '[Service]\nExecStart=/usr/bin/d\n' }, programs: { d: runs } }).boot();
    w.up(w.unit('u1.service'));
    expect([...violations(w)]).toEqual([]);
    return w;
  };

  it('a process that belongs to no unit is noticed, and one of a unit that is down', async () => {
    const w = up();
    w.host.addForeign();
    expect([...violations(w)]).toEqual([expect.stringContaining('belongs to no unit')]);
    const other = up();
    Object.defineProperty(other.unit('u1.service'), 'activeState', { value: 'inactive' });
    expect([...violations(other)]).toContainEqual(expect.stringContaining('down, and has processes'));
  });

  it('an error of the manager is noticed', () => {
    const w = up();
    w.manager.guard.report('a test', new Error('no'));
    expect([...violations(w)]).toEqual([expect.stringContaining('Internal error while handling a test')]);
  });

  it('a job that waits for nothing is noticed, and one that its unit does not know of', () => {
    const w = up();
    const unit = w.unit('u1.service');
    const job = w.stop(unit);
    expect([...violations(w)]).toEqual([expect.stringContaining('waits for nothing')]);
    unit.job = undefined;
    expect([...violations(w)]).toContainEqual(expect.stringContaining('its unit does not know of it'));
    unit.job = job;
    w.host.settle();
    expect([...violations(w)]).toEqual([]);
  });

  it('a unit that is told of in two ways is noticed', async () => {
    const w = up();
    expect(await disagreements(w)).toEqual([]);
    const { systemctl } = w;
    w.systemctl = async (line) => {
      const answer = await systemctl.call(w, line);
      return String(line).startsWith('list-units') ? { ...answer, out: answer.out.replace('running', 'dead') } : answer;
    };
    expect(await disagreements(w)).toEqual([
      expect.stringContaining('list-units has u1.service as loaded active dead'),
    ]);
  });
});

it('a scenario that fails becomes as small as it can, and fails as it did', async () => {
  const scenario: Scenario = {
    files: { 'u1.service': ['[Unit]', 'After=u2.service', 'Wants=u2.service'], 'u2.service': ['[Unit]'] },
    turns: ['after 1', 'systemctl start u1.service', 'after 2', 'after 3', 'systemctl stop u1.service'],
  };
  const fails = ({ files, turns }: Scenario): Promise<string | undefined> => {
    if (!turns.includes('after 3')) return Promise.resolve('after "boot": another');
    const wants = files['u1.service']?.includes('Wants=u2.service') === true;
    return Promise.resolve(
      wants && turns.some((turn) => turn.startsWith('systemctl')) ? 'u1.service is odd' : undefined,
    );
  };
  const { scenario: smallest, wrong } = await shrink(scenario, 'after "x": u2.service is odd', fails);
  expect(wrong).toBe('u1.service is odd');
  expect(smallest.files).toEqual({ 'u1.service': ['Wants=u2.service'] });
  expect(smallest.turns).toHaveLength(2);
});
