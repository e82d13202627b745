#!/usr/bin/env node
/**
 * `npm run bench:library [--cycles=N]`: what a machine of one's own costs a test (docs/testing.md), measured from dist/library,
 * as an ordinary user or as root. Figures are medians of some runs, and beside them what `node -e 0` takes here.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

const { supervise } = await import(resolve(import.meta.dirname, '../dist/library/index.js'));

const units = {
  'a.service': { Service: { ExecStart: '/bin/sleep infinity' } },
  'ready.service': {
    Service: { Type: 'notify', ExecStart: '/bin/sh -c "systemd-notify --ready; exec sleep infinity"' },
  },
};
const option = process.argv.find((word) => word.startsWith('--cycles='));
const cycles = Number(option?.slice('--cycles='.length) ?? 1000);

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
const say = (what, value, unit) => console.log(`${what}: ${round(value)} ${unit}`);
async function time(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
async function times(count, work) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await time(work));
  return median(all);
}

const node = await times(11, () => void spawnSync(process.execPath, ['-e', '0']));
say('node -e 0', node, 'ms');

const machines = [];
const up = await times(11, async () => {
  const machine = await supervise({ units });
  await machine.start('a');
  machines.push(machine);
});
say('from nothing to a service that is up', up, 'ms');
say('the same, in times of node -e 0', up / node, '');
const down = await times(machines.length, () => machines.pop().halt());
say('a halt', down, 'ms');

const machine = await supervise({ units });
await machine.start('a');
await machine.stop('a');
say('start and stop of a unit', await times(101, () => machine.start('a').then(() => machine.stop('a'))), 'ms');
say(
  'start of a unit of Type=notify, and stop',
  await times(31, () => machine.start('ready').then(() => machine.stop('ready'))),
  'ms',
);
await machine.halt();

const twenty = await time(async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => supervise({ units })));
  await Promise.all(all.map((one) => one.start('a')));
  await Promise.all(all.map((one) => one.halt()));
});
say('20 machines at once, each with a service, and their end', twenty, 'ms');

const descriptors = () => readdirSync('/proc/self/fd').length;
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('pidone.')).length;
const before = [descriptors(), left(), process.memoryUsage().heapUsed];
const each = await times(cycles, async () => {
  const one = await supervise({ units });
  await one.start('a');
  await one.halt();
});
globalThis.gc?.();
say(`${cycles} machines one after the other, each`, each, 'ms');
say('descriptors more than before', descriptors() - before[0], '');
say('directories more than before', left() - before[1], '');
say('heap more than before', (process.memoryUsage().heapUsed - before[2]) / 1024, 'KiB');
