/** Plays a random graph on the simulated machine and looks after each turn whether what has to hold does. */
import type { Socket as SocketUnit } from '../../../src/units/socket.ts';
import { type World, world } from '../world.ts';
import { programs } from './fates.ts';
import { disagreements, violations } from './invariants.ts';
import type { Scenario } from './scenario.ts';

/** No job waits longer than this: every phase of every service has a limit that is far below. */
const longestMs = 60_000;

/** What does not hold, after which turn; undefined where all is well. */
export async function play(scenario: Scenario): Promise<string | undefined> {
  const names = Object.keys(scenario.files);
  const units = Object.fromEntries(names.map((name) => [name, `${scenario.files[name]!.join('\n')}\n`]));
  const w = world({ units, programs });
  try {
    w.boot();
    for (const turn of ['boot', ...scenario.turns]) {
      await take(w, turn);
      const wrong = await look(w);
      if (wrong !== undefined) return `after "${turn}": ${wrong}`;
    }
    return await ending(w, names);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

async function look(w: World): Promise<string | undefined> {
  w.host.settle();
  for (const wrong of violations(w)) return wrong;
  return (await disagreements(w))[0];
}

/** Everything comes to an end: first by itself, then because it is told to, and then nothing is kept of it. */
async function ending(w: World, names: readonly string[]): Promise<string | undefined> {
  w.host.advance(longestMs);
  let wrong = await look(w);
  if (wrong !== undefined) return `in the end: ${wrong}`;
  const now = w.host.monotonic();
  for (const job of w.manager.jobs.all())
    if (now - job.beginMs >= longestMs) return `in the end: job ${job.type} of ${job.unit.id} has waited a minute`;
  for (const path of await unitFilesOf(w, names)) w.files.unlink(path);
  await w.systemctl('daemon-reload');
  const running = [...w.manager.units.all()].filter(({ id }) => /^u\d/.test(id)).map(({ id }) => id);
  if (running.length > 0) await w.systemctl(['stop', '--no-block', ...running]);
  w.host.advance(longestMs);
  for (const process of [...w.host.table.values()]) if (process.pid !== w.host.pid) w.host.end(process, 'killed', 9);
  w.host.advance(1);
  await w.systemctl('reset-failed');
  w.host.advance(longestMs);
  wrong = await look(w);
  if (wrong !== undefined) return `when all is stopped: ${wrong}`;
  const kept = [...w.manager.units.all()].filter(({ id }) => /^u\d/.test(id));
  if (kept.length > 0) return `when all is gone: ${kept.map((u) => `${u.id} (${u.activeState})`).join(', ')} kept`;
  if (w.watched.length > 0) return `when all is gone: somebody waits for processes ${w.watched.join(', ')}`;
  if (w.host.pending > 0) return `when all is gone: ${w.host.pending} timers are left`;
  return undefined;
}

/** Unit files, drop-ins and links that are about the graph. */
async function unitFilesOf(w: World, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const base of [
    '/etc/systemd/system',
    '/run/systemd/system',
    '/etc/systemd/system.control',
    '/run/systemd/system.control',
  ])
    for (const folder of [base, ...subfolders(w, base)])
      for (const entry of w.files.tryStat(folder)?.type === 'directory' ? w.files.readdir(folder) : []) {
        const path = `${folder}/${entry}`;
        const isAbout = /^u\d/.test(entry) || /\/u\d[^/]*\.d$/.test(folder);
        if (isAbout && w.files.tryLstat(path)?.type !== 'directory') found.push(path);
      }
  return names.length > 0 ? found : [];
}

function subfolders(w: World, base: string): string[] {
  if (w.files.tryStat(base)?.type !== 'directory') return [];
  return w.files
    .readdir(base)
    .map((entry) => `${base}/${entry}`)
    .filter((path) => w.files.tryStat(path)?.type === 'directory');
}

/** Does what a turn says. */
export async function take(w: World, turn: string): Promise<void> {
  const { host } = w;
  const [verb, first = '', ...rest] = turn.split(' ');
  switch (verb) {
    case 'systemctl':
      if (first === 'cancel') await w.systemctl('cancel');
      else await w.systemctl([first, ...rest]);
      return;
    case 'after':
      host.advance(Number(first));
      return;
    case 'dies':
    case 'ends': {
      const processes = [...host.table.values()].filter(({ alive, pid }) => alive && pid !== host.pid);
      const process = processes[Number(first) % Math.max(1, processes.length)];
      if (process === undefined) return;
      if (verb === 'dies') process.die(Number(rest[0]));
      else process.exit(Number(rest[0]));
      return;
    }
    case 'connects': {
      const fd = (w.manager.units.find(first) as SocketUnit | undefined)?.descriptors?.[0]?.fd;
      if (fd !== undefined) host.makeReadable(fd);
      return;
    }
    case 'touch':
      w.put(first, '');
      return;
    case 'rm':
      if (w.files.tryStat(first) !== undefined) w.files.unlink(first);
      return;
    case 'line':
      w.put(`/etc/systemd/system/${first}.d/line.conf`, `[Unit]\n${rest.join(' ')}\n`);
      await w.systemctl('daemon-reload');
  }
}
