/** Files of packages, read by pidone's own programs, and by those of real systemd where the oracle has them. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lib, stage } from '../tools.mjs';

const types = ['service', 'socket', 'target', 'timer', 'path', 'mount', 'automount', 'swap', 'slice', 'scope'];
const suffix = new RegExp(`\\.(${types.join('|')})$`);
/** Units that one call is asked to verify. */
const atOnce = 50;

/** What kind of file it is, by its path without the slash that it begins with; undefined for what systemd does not read. */
export function kindOf(path) {
  if (/systemd\/(system|user)-preset\/[^/]+\.preset$/.test(path)) return 'preset';
  if (/tmpfiles\.d\/[^/]+\.conf$/.test(path)) return 'tmpfiles.d';
  if (/sysusers\.d\/[^/]+\.conf$/.test(path)) return 'sysusers.d';
  if (/systemd\/(system|user)\/[^/]+\.d\/[^/]+\.conf$/.test(path)) return 'drop-in';
  if (/systemd\/(system|user)\/[^/]+$/.test(path) && suffix.test(path)) return 'unit';
  return undefined;
}

/** Directories that are links today lie where they lead to. */
const merged = (path) => path.replace(/^lib\//, 'usr/lib/');

function pathsBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const contentOf = (file) => (lstatSync(file).isSymbolicLink() ? readlinkSync(file) : readFileSync(file, 'latin1'));

/**
 * Lays the files of all packages into as few roots as will do: where two packages have other files at one path, the second
 * one is laid into the next root. How many files there are of each kind.
 */
export function layOut(packages, roots) {
  rmSync(roots, { recursive: true, force: true });
  const counts = {};
  let last = 0;
  for (const name of readdirSync(packages).sort())
    for (const path of pathsBelow(join(packages, name))) {
      const kind = kindOf(path);
      const from = join(packages, name, path);
      if (kind !== undefined && !lstatSync(from).isSymbolicLink()) counts[kind] = (counts[kind] ?? 0) + 1;
      for (let index = 0; ; index++) {
        const to = join(roots, String(index), merged(path));
        if (!isFree(to)) {
          if (contentOf(to) === contentOf(from)) break;
          continue;
        }
        last = Math.max(last, index);
        mkdirSync(dirname(to), { recursive: true });
        if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), to);
        else copyFileSync(from, to);
        break;
      }
    }
  const all = Array.from({ length: last + 1 }, (_, index) => join(roots, String(index)));
  for (const root of all) addOwners(root);
  return { counts, roots: all };
}

function isFree(path) {
  try {
    lstatSync(path);
    return false;
  } catch {
    return true;
  }
}

/** Drop-ins are read with the unit that they are of; where another root has it, one that does nothing stands for it. */
function addOwners(root) {
  for (const scope of ['system', 'user']) {
    const folder = join(root, 'usr/lib/systemd', scope);
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder)) {
      const name = /^(.+)\.d$/.exec(entry)?.[1];
      if (name === undefined || !suffix.test(name) || !isFree(join(folder, name))) continue;
      const inSlices = name.endsWith('.service') ? '[Service]\nExecStart=/bin/true\n' : '[Unit]\n';
      if (/\.(service|target|slice)$/.test(name)) writeFileSync(join(folder, name), inSlices);
    }
  }
}

/** Lines about a line of a file. Whether users are there is no matter of what the line says. */
export function findingsIn(text, root) {
  return text
    .split('\n')
    .map((line) => line.trim().replaceAll(root, ''))
    .filter((line) => /^\S+:\d+: /.test(line) && !/Failed to resolve (user|group)/.test(line));
}

/** Calls of programs that read everything in a root, as seen from where it lies for them. */
function callsOf(root, seenAs) {
  const calls = [];
  for (const scope of ['system', 'user']) {
    const folder = `usr/lib/systemd/${scope}`;
    if (!existsSync(join(root, folder))) continue;
    const units = readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && suffix.test(entry.name))
      .map(({ name }) => join(seenAs, folder, name));
    while (units.length > 0) {
      const flags = [`--${scope}`, '--man=no', '--recursive-errors=no'];
      calls.push(['systemd-analyze', ['verify', ...flags, ...units.splice(0, atOnce)]]);
    }
  }
  calls.push(['systemd-tmpfiles', ['--create', '--boot', '--dry-run', `--root=${seenAs}`]]);
  calls.push(['systemd-sysusers', ['--dry-run', `--root=${seenAs}`]]);
  for (const scope of ['--system', '--global'])
    calls.push(['systemctl', [scope, `--root=${seenAs}`, 'list-unit-files', '--no-pager']]);
  return calls;
}

const options = { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'ignore', 'pipe'] };

/** What pidone's programs say of a root, in the words of a release. */
export function askPidone(root, release) {
  const path = `${join(stage, 'usr/bin')}:${join(lib, 'bin')}:${process.env.PATH}`;
  const env = { PATH: path, PIDONE_VERSION: release, XDG_RUNTIME_DIR: '/tmp', HOME: '/root' };
  return callsOf(root, root).flatMap(([program, args]) => {
    const { stderr, error } = spawnSync(program, args, { ...options, env });
    if (error !== undefined) throw error;
    return findingsIn(stderr, root);
  });
}

/** The same of real systemd, in the root file system that the oracle has of a suite. */
export function askSystemd(root, system) {
  const script = 'mount --bind "$0" "$1/mnt" && mount -t proc proc "$1/proc" && shift && exec chroot "$@"';
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: '/tmp', HOME: '/root' };
  return callsOf(root, '/mnt').flatMap(([program, args]) => {
    const call = ['-m', 'bash', '-c', script, root, system, system, program, ...args];
    const { stderr, error } = spawnSync('unshare', call, { ...options, env });
    if (error !== undefined) throw error;
    return findingsIn(stderr, '/mnt');
  });
}
