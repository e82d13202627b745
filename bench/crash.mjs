/** What it costs that a crash loses nothing, and how long nobody answers after one. */
import { readFileSync } from 'node:fs';
import { Machine, median } from './machine.mjs';

const count = 200;
const storm = 300;
const rounds = 5;
const crashes = 9;

/** Milliseconds of CPU of the thread that the manager runs in. */
const managerMs = (machine) => Number(readFileSync(`/proc/${machine.leader}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** CPU of a boot and of a storm of starts and stops. */
async function costs(machine) {
  await machine.boot(300_000);
  const boot = managerMs(machine);
  const cycle = 'systemctl start extra && systemctl stop extra || exit';
  const { status, err } = machine.sh(`i=0; while [ $i -lt ${storm} ]; do ${cycle}; i=$((i+1)); done`, 600_000);
  if (status !== 0) throw new Error(`starts and stops: ${err}`);
  return { boot, storm: managerMs(machine) - boot };
}

/** Milliseconds from a SIGSEGV to the first answer. */
function gapMs(machine) {
  const seen = [];
  for (let i = 0; i < crashes; i++) {
    process.kill(machine.leader, 'SIGSEGV');
    const begin = performance.now();
    const { status, err } = machine.sh('systemctl is-active b-0');
    if (status !== 0) throw new Error(`after a crash: ${err}`);
    seen.push(performance.now() - begin);
  }
  return median(seen);
}

/** Of a boot without services, ms. */
async function bareMs(bootMs) {
  const machine = new Machine('pidone');
  const seen = [];
  try {
    for (let i = 0; i < 4; i++) {
      await machine.boot();
      if (i > 0) seen.push(bootMs(machine));
      await machine.halt();
    }
  } finally {
    await machine.remove();
  }
  return median(seen);
}

/** Figures as of `rowsOf`; what is given is run.mjs's own. */
export async function crashFigures({ services, enable, bootMs }) {
  const extra = { '/etc/systemd/system/extra.service': '[Service]\nExecStart=/bin/sleep infinity\n' };
  const make = (...init) => new Machine('pidone', { ...services(count), ...extra }, { prepare: enable(count), init });
  const seen = { with: [], without: [] };
  let gap = 0;
  const machines = {
    with: make('init', '--crash-limit=1000'),
    without: make('init', '--crash-limit=0'),
  };
  try {
    // In turn, so that both see the same machine; the first boot sets things up.
    for (let i = 0; i <= rounds; i++)
      for (const [kind, machine] of Object.entries(machines)) {
        const figures = await costs(machine);
        if (i > 0) seen[kind].push(figures);
        if (i === rounds && kind === 'with') gap = gapMs(machine);
        await machine.halt();
      }
  } finally {
    for (const machine of Object.values(machines)) await machine.remove();
  }
  const of = (kind, what) => median(seen[kind].map((figures) => figures[what]));
  const rows = [];
  for (const [what, text] of Object.entries({
    boot: `CPU of a boot of ${count} services`,
    storm: `CPU of ${storm} starts and stops`,
  }))
    rows.push([text, 'ms', of('with', what), { 'without keeping its state': of('without', what) }, '≤ 1.03']);
  rows.push([
    `from SIGSEGV to the next answer, ${count} services`,
    'ms',
    gap,
    { 'a boot without services': await bareMs(bootMs) },
    '≤ 2',
  ]);
  return rows;
}
