import { describe, expect, it } from 'vitest';
import {
  collapsedType,
  compareOrdered,
  isConflicting,
  isRedundant,
  isSuperset,
  mergedType,
} from '../../../src/jobs/types.ts';
import type { JobType } from '../../../src/units/job-types.ts';
import type { ActiveState } from '../../../src/units/unit.ts';

const states: ActiveState[] = [
  'active',
  'reloading',
  'inactive',
  'failed',
  'activating',
  'deactivating',
  'maintenance',
];

describe('two jobs of one unit', () => {
  /** What does the work of both; – where they contradict. */
  const table = `
                 start            verify-active  stop  reload           restart
    start        start            start          –     reload-or-start  restart
    verify-active start           verify-active  –     reload           restart
    stop         –                –              stop  –                –
    reload       reload-or-start  reload         –     reload           restart
    restart      restart          restart        –     restart          restart`;
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const cases = rows.flatMap(([a, ...merged]) => merged.map((word, column) => [a, head[column], word]));

  it.each(cases)('%s and %s are %s', (a, b, word) => {
    const merged = word === '–' ? undefined : word;
    expect(mergedType(a as JobType, b as JobType)).toBe(merged);
    expect(isConflicting(a as JobType, b as JobType)).toBe(merged === undefined);
    expect(isSuperset(a as JobType, b as JobType)).toBe(merged === a);
  });

  it('a job that only waits stands in nobody’s way', () => {
    expect(isConflicting('nop', 'stop')).toBe(false);
    expect(isConflicting('start', 'nop')).toBe(false);
  });
});

describe('what a conditional type comes to', () => {
  const by = (type: JobType): string => states.map((state) => `${state} ${collapsedType(type, state)}`).join(', ');

  it('try-restart, try-reload, reload-or-start, all others', () => {
    expect(by('try-restart')).toBe(
      'active restart, reloading restart, inactive nop, failed nop, activating restart, deactivating nop, maintenance nop',
    );
    expect(by('try-reload')).toBe(
      'active reload, reloading reload, inactive nop, failed nop, activating nop, deactivating nop, maintenance nop',
    );
    expect(by('reload-or-start')).toBe(
      'active reload, reloading reload, inactive start, failed start, activating start, deactivating start, maintenance start',
    );
    for (const type of ['start', 'stop', 'reload', 'restart', 'verify-active', 'nop'] as const)
      for (const state of states) expect(collapsedType(type, state)).toBe(type);
  });
});

it('a job that would change nothing is known by the state', () => {
  const when = (type: JobType): ActiveState[] => states.filter((state) => isRedundant(type, state));
  expect(when('start')).toEqual(['active', 'reloading']);
  expect(when('verify-active')).toEqual(['active', 'reloading']);
  expect(when('stop')).toEqual(['inactive', 'failed']);
  expect(when('nop')).toEqual(states);
  expect(when('restart')).toEqual([]);
  expect(when('reload')).toEqual([]);
});

describe('of two jobs whose units are ordered', () => {
  const first = (a: JobType, b: JobType, ignore = ''): string => {
    const order = compareOrdered({ type: a, ignoreOrder: ignore === 'a' }, { type: b, ignoreOrder: ignore === 'b' });
    return order < 0 ? 'a' : order > 0 ? 'b' : 'none';
  };

  it('the earlier unit’s goes first, unless the later one is stopped', () => {
    for (const a of ['start', 'stop', 'reload', 'restart', 'verify-active'] as const) {
      for (const b of ['start', 'reload', 'verify-active'] as const) expect(first(a, b)).toBe('a');
      for (const b of ['stop', 'restart'] as const) expect(first(a, b)).toBe('b');
    }
  });

  it('none does where one only waits, or ignores the order', () => {
    expect(first('nop', 'stop')).toBe('none');
    expect(first('start', 'nop')).toBe('none');
    expect(first('start', 'stop', 'a')).toBe('none');
    expect(first('start', 'start', 'b')).toBe('none');
  });
});
