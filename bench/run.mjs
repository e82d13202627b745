#!/usr/bin/env node
/**
 * `npm run bench [-- ROW… --seconds=N --write]`: measures pidone beside its peers, both sides of a row in one run, and writes
 * bench/RESULTS.md. Of chosen rows it only tells, or with --write puts them into that file in the place of what it has of them.
 * Needs root, a built tarball (npm run pack) and Debian's packages, which it installs. Figures are medians.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLibrary } from '../scripts/build-library.mjs';
import { crashFigures } from './crash.mjs';
import { crowdFigures, crowdFiles, measureCrowd } from './crowd.mjs';
import { floodFigures, floodFiles, measureFlood } from './flood.mjs';
import { libraryFigures } from './library.mjs';
import { childrenOf, cpuMs, hostPid, Machine, median, memory, need, readOr, tarball, until } from './machine.mjs';
import { report, round, row, rowsOf, writeResults } from './results.mjs';
import { simulationFigures } from './simulation.mjs';
import { bundle, spawnFigures } from './spawn.mjs';

/** How long `flood` lasts: ten minutes, or `--seconds=N`. */
const secondsOption = process.argv.findLast((word) => word.startsWith('--seconds='));
const floodSeconds = Number(secondsOption?.slice('--seconds='.length) ?? 600);

const kinds = ['systemd', 'pidone'];

/** N trivial services, wanted by multi-user.target. `more` goes into [Unit]. */
function services(count, more = '') {
  const files = {};
  for (let i = 0; i < count; i++)
    files[`/etc/systemd/system/b-${i}.service`] =
      `[Unit]\nDescription=Service ${i}\n${more}[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n`;
  return files;
}
function enable(count) {
  return (at) => {
    const wants = join(at, 'etc/systemd/system/multi-user.target.wants');
    execFileSync('mkdir', ['-p', wants]);
    for (let i = 0; i < count; i++) execFileSync('ln', ['-sf', `/etc/systemd/system/b-${i}.service`, wants]);
  };
}

const ended = (child) => new Promise((done) => child.on('exit', done));

/** Milliseconds from the start of PID 1 to the end of its first transaction, as the machine's clocks tell. */
function bootMs(machine) {
  const stat = readFileSync(`/proc/${machine.leader}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const startMs = Number(stat[19]) * 10;
  return Number(machine.sh('systemctl show -p FinishTimestampMonotonic --value').out) / 1000 - startMs;
}

/** Milliseconds that a command takes, one after the other in one shell; the median of three rounds. */
function commandMs(machine, command, times) {
  const loop = `t0=$(date +%s%N); i=0; while [ $i -lt ${times} ]; do ${command} >/dev/null; i=$((i+1)); done; t1=$(date +%s%N); echo $(( (t1-t0)/${times} ))`;
  return median([1, 2, 3].map(() => Number(machine.sh(loop).out) / 1e6));
}

async function onMachine(kind, files, options, work) {
  const machine = new Machine(kind, files, options);
  try {
    await machine.boot();
    return await work(machine);
  } finally {
    await machine.remove();
  }
}

const rows = {
  async boot() {
    for (const count of [0, 50, 200, 1000]) {
      const boots = {};
      const halts = {};
      for (const kind of kinds) {
        const machine = new Machine(kind, services(count), { prepare: enable(count) });
        try {
          const seen = [];
          const ended = [];
          // The first boot sets things up; what is measured are those that follow.
          for (let i = 0; i < (count < 1000 ? 4 : 2); i++) {
            await machine.boot(300_000);
            if (i > 0) seen.push(bootMs(machine));
            const halt = await machine.halt();
            if (i > 0) ended.push(halt);
          }
          boots[kind] = round(median(seen));
          halts[kind] = round(median(ended));
        } finally {
          await machine.remove();
        }
      }
      row(
        'boot',
        `to default.target with ${count} services`,
        'ms',
        boots.pidone,
        { systemd: boots.systemd },
        count === 200 ? '≤ 0.5' : '',
      );
      row('halt', `of ${count} services`, 'ms', halts.pidone, { systemd: halts.systemd }, count === 200 ? '≤ 1' : '');
    }
  },

  async supervisors() {
    need({ s6: 's6-svscan', runit: 'runsvdir', supervisor: 'supervisord' });
    const count = 200;
    const folder = mkdtempSync(join(tmpdir(), 'pidone-bench-'));
    const tree = (name) => {
      const at = join(folder, name);
      mkdirSync(at);
      return at;
    };
    const scripts = (name) => {
      const at = tree(name);
      for (let i = 0; i < count; i++) {
        mkdirSync(join(at, `b-${i}`));
        writeFileSync(join(at, `b-${i}/run`), '#!/bin/sh\nexec sleep infinity\n', { mode: 0o755 });
      }
      return at;
    };
    const programs = Array.from({ length: count }, (_, i) => `[program:b-${i}]\ncommand=/bin/sleep infinity\n`).join(
      '',
    );
    writeFileSync(
      join(folder, 'supervisor.conf'),
      `[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\n${programs}`,
    );
    const units = tree('units');
    for (let i = 0; i < count; i++)
      writeFileSync(
        join(units, `b-${i}.service`),
        '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep infinity\n',
      );
    const wants = Array.from({ length: count }, (_, i) => `b-${i}.service`).join(' ');
    writeFileSync(join(units, 'default.target'), `[Unit]\nDefaultDependencies=no\nWants=${wants}\n`);
    execFileSync('tar', ['-C', folder, '-xf', tarball]);
    // Each with the signal that makes it stop what it has started.
    const candidates = {
      pidone: {
        argv: ['env', `SYSTEMD_UNIT_PATH=${units}:`, join(folder, 'usr/bin/systemctl'), 'init'],
        end: 'SIGTERM',
      },
      s6: { argv: ['s6-svscan', '-c', '1000', scripts('s6')], end: 'SIGTERM' },
      runit: { argv: ['runsvdir', scripts('runit')], end: 'SIGHUP' },
      supervisor: { argv: ['supervisord', '-c', join(folder, 'supervisor.conf')], end: 'SIGTERM' },
    };
    const up = {};
    const down = {};
    for (const [name, { argv, end }] of Object.entries(candidates)) {
      const upTimes = [];
      const downTimes = [];
      for (let i = 0; i < 3; i++) {
        const inside = ['sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh', ...argv];
        const namespaces = ['--pid', '--fork', '--mount', '--mount-proc', '--kill-child'];
        const begin = performance.now();
        const init = spawn('unshare', [...namespaces, ...inside], { stdio: 'ignore' });
        const gone = ended(init);
        await until(60_000, () => sleepers(init.pid) === count);
        upTimes.push(performance.now() - begin);
        const asked = performance.now();
        process.kill(childrenOf(init.pid)[0], end);
        await until(60_000, () => sleepers(init.pid) === 0);
        downTimes.push(performance.now() - asked);
        // It has ended already where that was the last thing to do.
        init.kill('SIGKILL');
        await gone;
      }
      up[name] = round(median(upTimes));
      down[name] = round(median(downTimes));
    }
    rmSync(folder, { recursive: true });
    for (const [what, { pidone, ...peers }] of Object.entries({ 'up, from nothing': up, down }))
      row('supervisors', `${count} services ${what}`, 'ms', pidone, peers);
  },

  async query() {
    for (const count of [50, 500, 5000]) {
      const seen = {};
      for (const kind of kinds)
        seen[kind] = await onMachine(kind, services(count), {}, async (machine) => {
          machine.sh('systemctl start b-0; systemctl list-units --all >/dev/null');
          machine.sh(`cd /etc/systemd/system; systemctl show -p Id b-*.service >/dev/null`);
          const ms = (command, times) => commandMs(machine, command, times);
          return {
            'is-active': ms('systemctl is-active b-0', 100),
            show: ms('systemctl show b-0', 50),
            status: ms('systemctl status b-0', 50),
            'list-units': ms('systemctl list-units --all', count > 1000 ? 5 : 20),
          };
        });
      for (const verb of Object.keys(seen.pidone))
        row(
          'query',
          `${verb}, ${count} units on disk`,
          'ms',
          round(seen.pidone[verb]),
          { systemd: round(seen.systemd[verb]) },
          verb === 'is-active' ? '≤ 0.5' : '',
        );
    }
  },

  async reload() {
    const seen = {};
    // Loaded, not run: systemd takes minutes to boot 5,000 that run.
    const units = services(5000, 'ConditionPathExists=/nonexistent\n');
    for (const kind of kinds)
      seen[kind] = await onMachine(kind, units, { prepare: enable(5000) }, async (machine) => {
        const times = [];
        for (let i = 0; i < 3; i++) {
          const begin = performance.now();
          machine.sh('systemctl daemon-reload');
          times.push(performance.now() - begin);
        }
        return median(times);
      });
    row('reload', 'daemon-reload with 5,000 units loaded', 'ms', round(seen.pidone), { systemd: round(seen.systemd) });
  },

  async reap() {
    need({ tini: 'tini', 'dumb-init': 'dumb-init', gcc: 'gcc' });
    const folder = mkdtempSync(join(tmpdir(), 'pidone-bench-'));
    const orphans = join(folder, 'orphans');
    execFileSync('gcc', ['-O2', '-o', orphans, join(import.meta.dirname, 'orphans.c')]);
    const count = 20000;
    const measure = async (leader, enter) => {
      const before = cpuMs(leader);
      const begin = performance.now();
      let most = 0;
      const worker = spawn('nsenter', [...enter, orphans, String(count)], { stdio: 'ignore' });
      const done = ended(worker);
      const look = setInterval(() => {
        most = Math.max(most, childrenOf(leader).length);
      }, 50);
      await done;
      clearInterval(look);
      await until(5000, () => childrenOf(leader).length < 50);
      const rate = Math.round(count / ((performance.now() - begin) / 1000));
      return { cpu: Math.max(10, cpuMs(leader) - before), most, rate };
    };
    const seen = {};
    for (const [name, argv] of [
      ['tini', ['tini', '-s', '--', 'sleep', 'infinity']],
      ['dumb-init', ['dumb-init', 'sleep', 'infinity']],
    ]) {
      const init = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', ...argv], { stdio: 'ignore' });
      await until(5000, () => childrenOf(init.pid).length > 0);
      const [leader] = childrenOf(init.pid);
      await new Promise((next) => setTimeout(next, 300));
      seen[name] = await measure(leader, ['-t', String(leader), '-p', '-m', '--']);
      process.kill(leader, 'SIGKILL');
    }
    const copy = (at) => execFileSync('cp', [orphans, join(at, 'usr/bin/orphans')]);
    seen.pidone = await onMachine('pidone', {}, { prepare: copy }, (machine) =>
      measure(machine.leader, ['-t', String(machine.leader), '-p', '--']),
    );
    // Once more, with children of services that end meanwhile. What they cost is not the reaper's.
    const service = '[Service]\nType=oneshot\nExecStart=/bin/sh -c "exit %i"\n';
    const wrong = await onMachine(
      'pidone',
      { '/etc/systemd/system/ends@.service': service },
      { prepare: copy },
      async (machine) => {
        const storm = measure(machine.leader, ['-t', String(machine.leader), '-p', '--']);
        const statuses = Array.from({ length: 100 }, (_, i) => i + 1);
        for (const status of statuses)
          await ended(spawn('nsenter', machine.enter('systemctl', 'start', `ends@${status}`)));
        await storm;
        await new Promise((next) => setTimeout(next, 100));
        const zombies = machine.sh('grep -l "^State:.Z" /proc/[0-9]*/status').out.split('\n').length - 1;
        const told = (status) => Number(machine.sh(`systemctl show -P ExecMainStatus ends@${status}`).out);
        return { zombies, statuses: statuses.filter((status) => told(status) !== status).length };
      },
    );
    rmSync(folder, { recursive: true });
    row(
      'reap',
      `CPU time for ${count} orphans`,
      'ms',
      seen.pidone.cpu,
      { tini: seen.tini.cpu, 'dumb-init': seen['dumb-init'].cpu },
      '≤ 2.5 × tini',
    );
    row('reap', 'orphans made and reaped', '/s', seen.pidone.rate, {
      tini: seen.tini.rate,
      'dumb-init': seen['dumb-init'].rate,
    });
    row('reap', 'of 100 services that ended meanwhile, told wrong', '', wrong.statuses, {});
    row('reap', 'zombies left 100 ms later', '', wrong.zombies, {});
    row('reap', 'children of PID 1 at once, most seen', '', seen.pidone.most, { tini: Math.max(1, seen.tini.most) });
  },

  async memory() {
    const count = 100;
    const units = services(count, 'StartLimitIntervalSec=0\n');
    const pids = (machine, names) =>
      names.flatMap((name) =>
        machine
          .sh(`pgrep -x ${name}`)
          .out.trim()
          .split('\n')
          .filter(Boolean)
          .map((pid) => hostPid(machine, Number(pid))),
      );
    const seen = {};
    for (const kind of kinds)
      seen[kind] = await onMachine(kind, units, { prepare: enable(count) }, async (machine) => {
        await new Promise((next) => setTimeout(next, 5000));
        const all = [machine.leader, ...pids(machine, kind === 'systemd' ? ['systemd-journal'] : [])];
        const idle = memory(all);
        if (kind === 'systemd') return { idle };
        const cycle = 'systemctl start b-0 && systemctl stop b-0 || exit';
        const { status, err } = machine.sh(`i=0; while [ $i -lt 10000 ]; do ${cycle}; i=$((i+1)); done`, 600_000);
        if (status !== 0) throw new Error(`starts and stops: ${err}`);
        // pidone collects garbage when it rests, at most three times a minute, and lets go of pages 10 s later.
        await new Promise((next) => setTimeout(next, 40_000));
        return { idle, later: memory(all) };
      });
    const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    await new Promise((next) => setTimeout(next, 1000));
    const bare = memory([node.pid]);
    node.kill();
    const mib = (kib) => round(kib / 1024);
    row(
      'memory',
      `anonymous, init with ${count} idle services`,
      'MiB',
      mib(seen.pidone.idle.anonymous),
      { 'systemd with journald': mib(seen.systemd.idle.anonymous), 'node -e': mib(bare.anonymous) },
      '≤ 18 MiB',
    );
    row(
      'memory',
      `Pss, init with ${count} idle services`,
      'MiB',
      mib(seen.pidone.idle.pss),
      { 'systemd with journald': mib(seen.systemd.idle.pss), 'node -e': mib(bare.pss) },
      '≤ 48 MiB',
    );
    row('memory', `resident, init with ${count} idle services`, 'MiB', mib(seen.pidone.idle.rss), {
      'systemd with journald': mib(seen.systemd.idle.rss),
      'node -e': mib(bare.rss),
    });
    for (const [kind, what] of Object.entries({ anonymous: 'anonymous', pss: 'Pss' }))
      row(
        'memory',
        `${what} after 10,000 starts and stops`,
        'MiB',
        mib(seen.pidone.later[kind]),
        { 'before them': mib(seen.pidone.idle[kind]) },
        '≤ 1.1',
      );
  },

  async files() {
    const folder = mkdtempSync(join(tmpdir(), 'pidone-bench-'));
    execFileSync('tar', ['-C', folder, '-xf', tarball]);
    writeFileSync(join(folder, 'etc-x.service'), '');
    const unitRoot = join(folder, 'target');
    execFileSync('mkdir', ['-p', join(unitRoot, 'etc/systemd/system')]);
    writeFileSync(
      join(unitRoot, 'etc/systemd/system/x.service'),
      '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
    );
    // In turn, so that both see the same machine.
    const commands = [
      [join(folder, 'usr/bin/systemctl'), `--root=${unitRoot}`, 'is-enabled', 'x'],
      [join(folder, 'usr/lib/pidone/node'), '-e', '0'],
    ];
    const times = commands.map(() => []);
    for (let i = 0; i < 100; i++)
      for (const [which, [program, ...args]] of commands.entries()) {
        const begin = performance.now();
        spawnSync(program, args, { stdio: 'ignore' });
        times[which].push(performance.now() - begin);
      }
    const [own, node] = times.map(median);
    rmSync(folder, { recursive: true });
    row('files', 'is-enabled without a manager', 'ms', round(own), { 'node -e 0': round(node) }, '≤ 1.4');
  },

  async logs() {
    const bytes = 1 << 30;
    const flood = (size) =>
      `[Service]\nType=oneshot\nTimeoutStartSec=600\nExecStart=/bin/sh -c 'yes "$(head -c 99 /dev/zero | tr "\\\\0" x)" 2>/dev/null | head -c ${size}'\n`;
    const units = {
      '/etc/systemd/system/flood.service': flood(bytes),
      '/etc/systemd/system/unwatched.service': flood(bytes / 4),
    };
    // Asked in turns: by this process, which is there already, so that it is the manager's time; and by a program that is
    // started for it, timed by the shell that starts it, beside what starting any program costs while the flood has the
    // cores.
    const timed = (command) => `t0=$EPOCHREALTIME; ${command}; t1=$EPOCHREALTIME; echo $((\${t1/./}-\${t0/./}))`;
    const calls = `for i in 0 1 2 3 4 5 6 7 8 9; do ${timed('systemctl -q is-active b-0')}; ${timed('/bin/true')}; done`;
    const ask = (machine) =>
      new Promise((done) => {
        let text = '';
        const shell = spawn('nsenter', machine.enter('bash', '-c', calls), { stdio: ['ignore', 'pipe', 'inherit'] });
        shell.stdout.on('data', (chunk) => {
          text += chunk;
        });
        shell.on('close', () =>
          done(
            text
              .trim()
              .split('\n')
              .map((us) => Number(us) / 1e3),
          ),
        );
      });
    /** Lines that the journal neither holds nor says to be lost (RateLimitBurst= of journald.conf). */
    const unsaid = async (machine) => {
      // What was suppressed is said when the interval, 30 s, is over.
      await new Promise((next) => setTimeout(next, 31_000));
      const kept = Number(machine.sh('journalctl -u flood -o cat | grep -c "^x*$"', 600_000).out);
      const said = machine.sh('journalctl -o cat --grep "^Suppressed [0-9]+ messages from flood"').out;
      const suppressed = [...said.matchAll(/^Suppressed (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
      return Math.ceil(bytes / 100) - kept - suppressed;
    };
    const isActive = await encodedCall('systemctl', 'is-active', 'b-0');
    const seen = {};
    for (const kind of kinds)
      seen[kind] = await onMachine(kind, { ...units, ...services(1) }, {}, async (machine) => {
        machine.sh('systemctl start b-0');
        const begin = performance.now();
        const writer = spawn('nsenter', machine.enter('systemctl', 'start', 'flood'), { stdio: 'ignore' });
        let running = true;
        const over = ended(writer).then(() => {
          running = false;
        });
        const waits = [];
        const answers = [];
        while (running) {
          waits.push(...(await ask(machine)));
          for (let i = 0; i < 10 && kind === 'pidone'; i++) {
            answers.push(await answerMs(machine, isActive));
            await new Promise((next) => setTimeout(next, 10));
          }
        }
        await over;
        const seconds = (performance.now() - begin) / 1000;
        const alone = performance.now();
        machine.sh('systemctl start unwatched', 600_000);
        const unwatched = (performance.now() - alone) / 1000;
        const [query, nothing] = [0, 1].map((which) => waits.filter((_, i) => i % 2 === which));
        return { seconds, unwatched, query, nothing, answers, unsaid: await unsaid(machine) };
      });
    row('logs', '1 GB from one service while somebody asks: throughput', 'MB/s', round(1074 / seen.pidone.seconds), {
      journald: round(1074 / seen.systemd.seconds),
    });
    row('logs', '256 MB while nobody asks: throughput', 'MB/s', round(268 / seen.pidone.unwatched), {
      journald: round(268 / seen.systemd.unwatched),
    });
    for (const [part, what] of [
      [0.5, 'median'],
      [0.99, '99 of 100 within'],
      [1, 'all within'],
    ]) {
      const at = (times) =>
        round(times.sort((a, b) => a - b)[Math.min(Math.floor(times.length * part), times.length - 1)]);
      row('logs', `the manager's answer meanwhile, ${what}`, 'ms', at(seen.pidone.answers), {}, '≤ 20 ms');
      const peers = { systemd: at(seen.systemd.query), '/bin/true': at(seen.pidone.nothing) };
      row('logs', `is-active meanwhile, with its process, ${what}`, 'ms', at(seen.pidone.query), peers, '≤ 20 ms');
    }
    row('logs', 'lines neither kept nor said to be suppressed', '', seen.pidone.unsaid, {
      journald: seen.systemd.unsaid,
    });
  },

  async reexec() {
    for (const count of [0, 100]) {
      const seen = {};
      for (const kind of kinds)
        seen[kind] = await onMachine(kind, services(count), { prepare: enable(count) }, (machine) => ({
          boot: bootMs(machine),
          gap: commandMs(machine, 'systemctl daemon-reexec; systemctl is-system-running', 5),
        }));
      const what = `daemon-reexec and the next answer, ${count} services`;
      const peers = { systemd: round(seen.systemd.gap), 'its own boot': round(seen.pidone.boot) };
      row('reexec', what, 'ms', round(seen.pidone.gap), peers, count === 0 ? '≤ 2 × its boot' : '');
    }
  },

  async crowd() {
    const seen = {};
    for (const kind of kinds) seen[kind] = await onMachine(kind, crowdFiles(), {}, measureCrowd);
    for (const [what, unit, pidone, peers, aim] of crowdFigures(seen)) row('crowd', what, unit, pidone, peers, aim);
  },

  async flood() {
    const seen = {};
    for (const kind of kinds)
      seen[kind] = await onMachine(kind, floodFiles(services), {}, (machine) => measureFlood(machine, floodSeconds));
    for (const [what, unit, pidone, peers, aim] of floodFigures(seen))
      row('flood', `50 processes at every door, ${floodSeconds} s: ${what}`, unit, pidone, peers, aim);
  },

  async library() {
    await buildLibrary();
    rowsOf('library', await libraryFigures({ peers: true }));
  },
  simulation: async () => rowsOf('simulation', await simulationFigures()),

  crash: async () => rowsOf('crash', await crashFigures({ services, enable, bootMs })),

  spawn: async () => rowsOf('spawn', await spawnFigures()),
};

/** A call as the front door sends it. */
async function encodedCall(program, ...argv) {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-bench-'));
  const script = join(folder, 'call.cjs');
  await bundle(
    `import { encodeFrame, encodeGreeting, encodeRequest, FrameType } from './src/control/protocol.ts';
    const [program, ...argv] = process.argv.slice(2);
    const terminal = { stdin: false, stdout: false, stderr: false, columns: 80, lines: 24 };
    const request = encodeRequest({ program, argv, env: {}, cwd: '/', terminal });
    process.stdout.write(Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, request)]));`,
    script,
  );
  const bytes = execFileSync(process.execPath, [script, program, ...argv]);
  rmSync(folder, { recursive: true });
  return bytes;
}

/** Milliseconds from connecting to the manager to the end of its answer, asked by this process. */
function answerMs(machine, call) {
  return new Promise((done, failed) => {
    const begin = performance.now();
    const connection = createConnection(`/proc/${machine.leader}/root/run/pidone/control`, () =>
      connection.write(call),
    );
    let answer = '';
    connection.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    connection.on('error', failed);
    connection.on('close', () => {
      if (answer.includes('active\n')) done(performance.now() - begin);
      else failed(new Error(`the manager answered ${JSON.stringify(answer)}`));
    });
  });
}

/** How many processes among `pid` and what descends from it run sleep. */
function sleepers(pid) {
  return childrenOf(pid).reduce(
    (sum, child) => sum + sleepers(child),
    readOr(`/proc/${pid}/comm`) === 'sleep\n' ? 1 : 0,
  );
}

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = chosen.find((name) => !(name in rows));
if (unknown !== undefined) {
  console.error(`bench: ${unknown} is no row; rows are ${Object.keys(rows).join(', ')}`);
  process.exit(2);
}
for (const [name, measure] of Object.entries(rows)) if (chosen.length === 0 || chosen.includes(name)) await measure();
if (chosen.length === 0) writeResults('all');
else if (process.argv.includes('--write')) writeResults('these');
else console.log(`\n${report()}`);
