#!/usr/bin/env node
/**
 * `npm run bench:library [-- --cycles=N --peers]`: what a machine of one's own costs a test (docs/testing.md), measured from
 * dist/library, as an ordinary user or as root. Figures are medians of some runs, beside what `node -e 0` takes here, and with
 * `--peers` beside what else npm has to start a server in a test, which is installed into a temporary directory.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const units = {
  'a.service': { Service: { ExecStart: '/bin/sleep infinity' } },
  'ready.service': {
    Service: { Type: 'notify', ExecStart: '/bin/sh -c "systemd-notify --ready; exec sleep infinity"' },
  },
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
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

const descriptors = () => readdirSync('/proc/self/fd').length;
const directories = () => readdirSync(tmpdir()).filter((name) => name.startsWith('pidone.')).length;
/** Processes of machines in the temporary directory. */
const processes = () =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${tmpdir()}/pidone.`);
    } catch {
      return false;
    }
  }).length;

/** What is left of machines that came and went: how many, and how much memory more than after the first tenth of them. */
async function comingAndGoing(supervise, cycles) {
  const cycle = async () => {
    const one = await supervise({ units });
    await one.start('a');
    await one.halt();
  };
  const before = [descriptors(), directories(), processes()];
  const first = Math.ceil(cycles / 10);
  await times(first, cycle);
  const memory = () => {
    globalThis.gc?.();
    return process.memoryUsage();
  };
  const { heapUsed, rss } = memory();
  const each = await times(cycles - first, cycle);
  const after = memory();
  const what = `${cycles} machines one after the other`;
  return [
    [`${what}, each`, 'ms', each, {}, ''],
    [`${what}: descriptors more than before`, '', Math.max(0, descriptors() - before[0]), {}, '0'],
    [`${what}: directories more than before`, '', directories() - before[1], {}, '0'],
    [`${what}: processes more than before`, '', processes() - before[2], {}, '0'],
    [`${what}: heap more than after ${first}`, 'KiB', Math.max(0, after.heapUsed - heapUsed) / 1024, {}, ''],
    [`${what}: resident more than after ${first}`, 'KiB', Math.max(0, after.rss - rss) / 1024, {}, ''],
  ];
}

/** Rows: what, unit, figure, peers, aim. */
export async function libraryFigures({ cycles = 1000, peers = false } = {}) {
  const { supervise } = await import(resolve(import.meta.dirname, '../dist/library/index.js'));
  const node = await times(11, () => void spawnSync(process.execPath, ['-e', '0']));
  const machines = [];
  const up = await times(11, async () => {
    const machine = await supervise({ units });
    await machine.start('a');
    machines.push(machine);
  });
  const down = await times(machines.length, () => machines.pop().halt());
  const machine = await supervise({ units });
  const startAndStop = async (name) => {
    await machine.start(name);
    await machine.stop(name);
  };
  await startAndStop('a');
  const simple = await times(101, () => startAndStop('a'));
  const notify = await times(31, () => startAndStop('ready'));
  await machine.halt();
  const twenty = await time(async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => supervise({ units })));
    await Promise.all(all.map((one) => one.start('a')));
    await Promise.all(all.map((one) => one.halt()));
  });
  return [
    ['from nothing to a service that is up', 'ms', up, { 'node -e 0': node }, '≤ 2.5 × node -e 0'],
    ['a halt', 'ms', down, {}, ''],
    ['start and stop of a unit', 'ms', simple, {}, '< 15 ms'],
    ['start of a unit of Type=notify, and stop', 'ms', notify, {}, ''],
    ['20 machines at once, each with a service, and their end', 'ms', twenty, {}, ''],
    ...(peers ? [await serverBesidePeers(supervise)] : []),
    ...(await comingAndGoing(supervise, cycles)),
  ];
}

const server = `require('node:http').createServer((_, response) => response.end('ok')).listen(+process.argv[2], '127.0.0.1');\n`;
const peerPackages = ['execa@9.6.0', 'pm2@7.0.4'];

const takesConnections = (port) =>
  new Promise((yes) => {
    const socket = connect(port, '127.0.0.1', () => yes(true));
    socket.on('error', () => yes(false)).unref();
    socket.on('connect', () => socket.destroy());
  });
/** What people write by hand. */
async function untilListening(port) {
  while (!(await takesConnections(port))) await new Promise((next) => setTimeout(next, 10));
}

/** A web server of Node's from nothing to its first connection, and away again with what has started it. */
async function serverBesidePeers(supervise) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-peers-'));
  try {
    const program = join(folder, 'server.cjs');
    writeFileSync(program, server);
    spawnSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...peerPackages]);
    const load = (name) => import(pathToFileURL(join(folder, 'node_modules', name)).href);
    const { execa } = await load('execa/index.js');
    process.env.PM2_HOME = join(folder, 'pm2');
    const { default: pm2 } = await load('pm2/index.js');
    const call = (name, ...words) =>
      new Promise((done, failed) => void pm2[name](...words, (error) => (error ? failed(error) : done())));
    const port = 18_321;
    const ways = {
      async pidone() {
        const service = { Service: { ExecStart: `${process.execPath} ${program} $PORT_web` } };
        const machine = await supervise({ units: { 'web.service': service }, ports: ['web'] });
        await machine.start('web');
        await machine.ready.tcp(machine.ports.web);
        await machine.halt();
      },
      async 'execa and a wait by hand'() {
        const child = execa(process.execPath, [program, port], { reject: false });
        await untilListening(port);
        child.kill();
        await child;
      },
      async pm2() {
        await call('connect');
        await call('start', { script: program, args: [String(port)], name: 'web' });
        await untilListening(port);
        await call('killDaemon');
      },
    };
    const figures = {};
    for (const [name, way] of Object.entries(ways)) figures[name] = await times(7, way);
    const { pidone, ...others } = figures;
    return ['a web server up, reached, and down with its supervisor', 'ms', pidone, others, ''];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const option = process.argv.find((word) => word.startsWith('--cycles='));
  const cycles = Number(option?.slice('--cycles='.length) ?? 1000);
  const figures = await libraryFigures({ cycles, peers: process.argv.includes('--peers') });
  for (const [what, unit, figure, peers, aim] of figures) {
    const others = Object.entries(peers).map(
      ([name, value]) => `; ${name} ${round(value)} ${unit} (${(figure / value).toFixed(2)})`,
    );
    console.log(`${what}: ${round(figure)} ${unit}${others.join('')}${aim === '' ? '' : ` (aim: ${aim})`}`);
  }
}
