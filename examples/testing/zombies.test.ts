// Zombies: processes that have ended, and whose parent has not asked how. Orphans are the manager's, which does ask; children
// of a service that never does stay for as long as it runs, and a test can find that out.
import { readdirSync, readFileSync } from 'node:fs';
import { type Machine, supervise } from 'pidone';
import { expect, test } from 'pidone/vitest';

/** Zombies among the children of the manager and of what it runs. */
async function zombies(machine: Machine): Promise<number[]> {
  const units = machine.units().map((unit) => unit.processes());
  const parents = new Set([machine.pid, ...(await Promise.all(units)).flat().map(({ pid }) => pid)]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      // proc(5): the name in brackets may have anything in it, state and parent come after it.
      const [state, parent] = statOf(pid)
        .replace(/^.*\) /s, '')
        .split(' ');
      return state === 'Z' && parents.has(Number(parent));
    });
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

test('orphans that end are nobody’s zombies', async () => {
  await using machine = await supervise({
    units: {
      'orphans.service': {
        Service: {
          ExecStart: `/bin/sh -c 'for i in 1 2 3 4 5; do (sleep 0.1 &) ; done; echo left; exec sleep infinity'`,
        },
      },
    },
  });
  const orphans = await machine.start('orphans');
  await machine.ready.log('orphans', 'left');
  await expect.poll(async () => (await orphans.processes()).length).toBe(1);
  await expect.poll(() => zombies(machine)).toEqual([]);
});

test('a service that does not wait for its children keeps them as zombies, until it ends', async () => {
  await using machine = await supervise({
    units: {
      // The shell starts a child and becomes a program that knows nothing of it.
      'careless.service': { Service: { ExecStart: `/bin/sh -c 'sleep 0.1 & exec sleep infinity'` } },
    },
  });
  const careless = await machine.start('careless');
  await expect.poll(() => zombies(machine)).toHaveLength(1);
  await careless.stop();
  expect(await zombies(machine)).toEqual([]);
  expect(await machine.leftovers()).toEqual([]);
});
