/** Containers of thousands of processes: what a verb on one service costs there, and in one that is almost empty. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { median } from './machine.mjs';

const services = 200;
/** Of each service, its main process among them. */
const processes = 25;
const many = 1500;

const crowd = (count) =>
  `[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=/usr/bin/perl -e 'for (2 .. ${count}) { next if fork; sleep while 1 } sleep while 1'\n`;

export function crowdFiles() {
  return {
    '/etc/systemd/system/crowd@.service': crowd(processes),
    '/etc/systemd/system/many.service': crowd(many),
    '/opt/prober': readFileSync(join(resolve(import.meta.dirname, '../test/support'), 'prober.pl'), 'utf8'),
  };
}

const verbs = {
  status: { command: 'systemctl status crowd@1' },
  'status just after a change': { before: 'systemctl kill -s CONT crowd@2', command: 'systemctl status crowd@1' },
  'kill -s CONT': { command: 'systemctl kill -s CONT crowd@1' },
  restart: { command: 'systemctl restart crowd@1' },
  'start and stop': { command: 'systemctl start crowd@one-more; systemctl stop crowd@one-more' },
};

/** Median milliseconds of a verb in the machine. */
function ms(machine, { before = ':', command }, times) {
  const loop = `for i in $(seq ${times}); do ${before}; t0=$EPOCHREALTIME; ${command} >/dev/null; t1=$EPOCHREALTIME; echo $((\${t1/./}-\${t0/./})); sleep 0.05; done`;
  const { out, err, status } = machine.sh(`bash -c '${loop}'`, 300_000);
  if (status !== 0) throw new Error(`${command}: ${err}`);
  return median(out.trim().split('\n').map(Number)) / 1e3;
}

const all = (machine, times) =>
  Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, ms(machine, verb, times)]));

/** Waits until there are so many processes more than `base`. */
async function settle(machine, wanted) {
  const count = () => Number(machine.sh('ls -d /proc/[0-9]* | wc -l').out);
  for (let i = 0; i < 600; i++) {
    if (count() >= wanted) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${count()} processes, and not ${wanted}`);
}

/** Longest time that an answer took while `command` ran, and the most that PID 1 itself worked before it had answered. */
async function silence(machine, command, seconds) {
  const prober = spawn('nsenter', machine.enter('perl', '/opt/prober', String(seconds), 'is-active', 'crowd@1'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  prober.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const over = new Promise((done) => prober.on('close', done));
  machine.sh(command);
  await over;
  const [longest, , , own] = text.split(' ').map(Number);
  return { longest, own };
}

export async function measureCrowd(machine) {
  machine.sh('systemctl start crowd@1 crowd@2');
  const empty = all(machine, 15);
  machine.sh(`for i in $(seq ${services}); do echo crowd@$i; done | xargs systemctl start`, 300_000);
  await settle(machine, services * processes);
  const full = all(machine, 15);
  const stops = [];
  for (let i = 0; i < 3; i++) {
    machine.sh('systemctl start many', 300_000);
    await settle(machine, services * processes + many);
    stops.push(ms(machine, { command: 'systemctl stop many' }, 1));
  }
  const stop = median(stops);
  if (machine.kind === 'systemd') return { empty, full, stop };
  machine.sh('systemctl start many', 300_000);
  await settle(machine, services * processes + many);
  const silent = await silence(machine, 'sleep 1; systemctl stop many', 5);
  return { empty, full, stop, silent, calm: await silence(machine, 'true', 5) };
}

/** Rows of the table: what, unit, pidone's figure, those of the peers, aim. */
export function crowdFigures({ pidone, systemd }) {
  const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  const figures = Object.keys(verbs).map((verb) => [
    `${verb}, among ${services} services of ${processes} processes`,
    'ms',
    round(pidone.full[verb]),
    {
      'almost empty': round(pidone.empty[verb]),
      systemd: round(systemd.full[verb]),
      'almost empty systemd': round(systemd.empty[verb]),
    },
    '≤ 1.3 × almost empty',
  ]);
  return [
    ...figures,
    [`stop of a service of ${many} processes`, 'ms', round(pidone.stop), { systemd: round(systemd.stop) }, '≤ 0.8'],
    [
      "the manager's answer meanwhile, all within",
      'ms',
      round(pidone.silent.longest),
      { 'at rest': round(pidone.calm.longest) },
    ],
    [
      "the processor's time of PID 1 before it had answered, at most",
      'ms',
      round(pidone.silent.own),
      { 'at rest': round(pidone.calm.own) },
    ],
  ];
}
