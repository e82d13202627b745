/** Fifty processes of ordinary users who do their worst to PID 1 at all of its doors at once, and what root notices of it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { childrenOf, memory, readOr } from './machine.mjs';

const processes = 50;
const users = ['daemon', 'bin', 'games', 'mail', 'news'];
const script = (name) => readFileSync(join(resolve(import.meta.dirname, '../test/support'), `${name}.pl`), 'utf8');

/** Units that there are, so that lists are long. */
const units = 200;

export function floodFiles(services) {
  return {
    ...services(units),
    '/etc/systemd/system/calm.service': '[Service]\nExecStart=/bin/sleep infinity\n',
    '/etc/systemd/system/watch.path': '[Path]\nPathExists=/tmp/watched/wanted\nUnit=calm.service\n',
    '/opt/flooder': script('flooder'),
    '/opt/prober': script('prober'),
  };
}

/** What a command in the machine has printed, when it has ended. */
function said(machine, ...command) {
  return new Promise((done) => {
    const child = spawn('nsenter', machine.enter(...command), { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.on('close', () => done(text));
  });
}

/** PID 1, and journald where that is a process of its own. */
function managers(machine) {
  return [
    machine.leader,
    ...childrenOf(machine.leader).filter((pid) => readOr(`/proc/${pid}/comm`) === 'systemd-journal\n'),
  ];
}

/**
 * Milliseconds that root waited at most, for programs that were started for it and for an answer alone; MiB of memory at most;
 * what of root's was lost.
 */
export async function measureFlood(machine, seconds) {
  machine.sh('mkdir -p -m 1777 /tmp/watched; chmod 1777 /tmp/watched; systemctl start calm watch.path; ulimit -n 1024');
  const before = memory(managers(machine));
  const floods = users.map((user) =>
    said(
      machine,
      'setpriv',
      `--reuid=${user}`,
      `--regid=${user}`,
      '--clear-groups',
      'perl',
      '/opt/flooder',
      'all',
      String(seconds),
      String(processes / users.length),
    ),
  );
  const answers =
    machine.kind === 'pidone' ? said(machine, 'perl', '/opt/prober', String(seconds), 'is-active', 'calm') : '';
  const peak = { ...before };
  const look = setInterval(() => {
    const now = memory(managers(machine));
    for (const kind of Object.keys(peak)) peak[kind] = Math.max(peak[kind], now[kind]);
  }, 500);
  // Each round: a question, a program beside it, a line for the journal, and now and then a service that starts and stops.
  const timed = (command) => `t0=$EPOCHREALTIME; ${command}; t1=$EPOCHREALTIME; echo $((\${t1/./}-\${t0/./}))`;
  const rounds = `end=$((SECONDS + ${seconds})); n=0; failed=0
    while [ $SECONDS -lt $end ]; do
      ${timed('systemctl -q is-active calm || failed=$((failed + 1))')}; ${timed('/bin/true')}
      n=$((n + 1)); echo "line $n" | systemd-cat -t root || failed=$((failed + 1))
      [ $((n % 50)) -eq 0 ] && { systemctl restart b-0 && systemctl stop b-0 || failed=$((failed + 1)); }
      sleep 0.05
    done; echo "$n $failed"`;
  const lines = (await said(machine, 'bash', '-c', rounds)).trim().split('\n');
  clearInterval(look);
  const [logged, failed] = lines.pop().split(' ').map(Number);
  const times = lines.map((us) => Number(us) / 1e3);
  const done = (await Promise.all(floods)).reduce((sum, text) => sum + Number(text), 0);
  // What waits in sockets when the flood is over is late and not lost.
  const lines30s = `for i in $(seq 30); do n=$(journalctl -t root -o cat | grep -c "^line"); [ $n -ge ${logged} ] && break; sleep 1; done; echo $n`;
  const kept = Number(machine.sh(lines30s, 300_000).out);
  const [answer, , beside, own] = (await answers).split(' ').map(Number);
  const longest = (which) => Math.max(...times.filter((_, i) => i % 2 === which));
  const mib = (kind) => (peak[kind] - before[kind]) / 1024;
  return {
    program: longest(0),
    nothing: longest(1),
    answer,
    beside,
    own,
    anonymous: mib('anonymous'),
    lost: logged - kept,
    failed,
    done,
  };
}

/** Rows of the table: what, unit, pidone's figure, those of the peers, aim. */
export function floodFigures({ pidone, systemd }) {
  const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  const both = (what, unit, kind) => [what, unit, round(pidone[kind]), { systemd: round(systemd[kind]) }];
  return [
    [
      'is-active of root, with its process, all within',
      'ms',
      round(pidone.program),
      { systemd: round(systemd.program), '/bin/true': round(pidone.nothing) },
    ],
    [
      "the manager's answer to root, all within",
      'ms',
      round(pidone.answer),
      { '50 ms of work beside': round(pidone.beside) },
      '≤ 50 ms',
    ],
    ["the processor's time of PID 1 itself before it had answered, at most", 'ms', round(pidone.own), {}],
    both('anonymous memory more than before, at most', 'MiB', 'anonymous'),
    both("lines of root's that were lost", '', 'lost'),
    both("calls of root's that failed", '', 'failed'),
    both('things done to the manager', '', 'done'),
  ];
}
