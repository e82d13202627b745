/**
 * `pidone/vitest`: a fixture that is a machine, and matchers for its units.
 *
 *   import { expect, test as base } from 'pidone/vitest';
 *   const test = base.extend({ machineOptions: { units: './units' } });
 *   test('…', async ({ machine }) => { … });
 *
 * A fixture that no test asks for costs nothing; one machine is made for each test that does, and is gone after it.
 */
import { test as base, expect, type TestAPI } from 'vitest';
import { contains } from '../terms/entries.ts';
import type { Machine, MachineUnit, SuperviseOptions } from './api.ts';
import { supervise } from './supervise.ts';

export { expect } from 'vitest';

/** What a test can ask for. */
export interface MachineFixtures {
  /** What `machine` is made of. Default: no units. `test.extend({ machineOptions: {…} })` says otherwise. */
  machineOptions: SuperviseOptions<string>;
  /** A machine for this test alone. Where the test fails, what became of its units is printed. */
  machine: Machine<string>;
}

/** vitest's `test` with the fixture `machine`. */
export const test: TestAPI<MachineFixtures> = base.extend<MachineFixtures>({
  machineOptions: {},
  machine: async ({ machineOptions, task }, use) => {
    const machine = await supervise(machineOptions);
    try {
      await use(machine);
      if (task.result?.state === 'fail') console.error(await machine.report());
    } finally {
      await machine.halt();
    }
  },
});

/** What of a failure matters; what is left out does not. */
export interface ExpectedFailure {
  /** 'exit-code', 'signal', 'timeout', 'start-limit-hit' … */
  readonly result?: string;
  /** A status, or the signal's name. */
  readonly status?: number | string;
}

/** What `expect(unit)` can be asked besides. */
export interface MachineMatchers<Result> {
  /** A unit is active. */
  toBeActive(): Result;
  /** A unit has failed, and so. */
  toHaveFailedWith(expected?: ExpectedFailure): Result;
  /** A unit, or the manager about it, has logged it. Asks the journal: await it. */
  toHaveLogged(pattern: string | RegExp): Promise<Result>;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> extends MachineMatchers<T> {}
}

const stateOf = ({ name, activeState, subState, result, exitStatus }: MachineUnit): string =>
  `${name} is ${activeState} (${subState}), result '${result}'${exitStatus === undefined ? '' : `, exit status ${exitStatus}`}`;

expect.extend({
  toBeActive(unit: MachineUnit) {
    return {
      pass: unit.activeState === 'active',
      message: () => `${stateOf(unit)}, and was expected ${this.isNot ? 'not ' : ''}to be active`,
    };
  },
  toHaveFailedWith(unit: MachineUnit, { result, status }: ExpectedFailure = {}) {
    const fits = (found: unknown, wanted: unknown): boolean => wanted === undefined || found === wanted;
    const wanted = [
      result === undefined ? [] : `result '${result}'`,
      status === undefined ? [] : `exit status ${status}`,
    ];
    return {
      pass: unit.activeState === 'failed' && fits(unit.result, result) && fits(unit.exitStatus, status),
      message: () =>
        `${stateOf(unit)}, and was expected ${this.isNot ? 'not ' : ''}to have failed: ${wanted.flat().join(', ') || 'however'}`,
    };
  },
  async toHaveLogged(unit: MachineUnit, pattern: string | RegExp) {
    const entries = await unit.journal();
    const lines = entries.slice(-20).map(({ identifier, message }) => `    ${identifier}: ${message}`);
    return {
      pass: entries.some(({ message }) => contains(message, pattern)),
      message: () =>
        [
          `${unit.name} has ${this.isNot ? '' : 'not '}logged ${String(pattern)}; the last of its journal:`,
          ...lines,
        ].join('\n'),
    };
  },
});
