/** The files of Debian's packages that systemd reads, fetched by apt into a cache outside of the checkout. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, say } from '../tools.mjs';

const mirror = 'http://deb.debian.org/debian';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** How many packages one call of apt fetches. */
const atOnce = 20;

/** Paths of unit files and their drop-ins, presets, tmpfiles.d and sysusers.d, without the slash that they begin with. */
export const wanted =
  '(usr/lib|lib|etc)/(systemd/(system|user)(-preset)?|tmpfiles[.]d|sysusers[.]d)/|usr/share/user-tmpfiles[.]d/';
/** The same as tar's patterns. */
const members = ['./usr/lib', './lib', './etc']
  .flatMap((top) =>
    ['systemd/system', 'systemd/user', 'systemd/system-preset', 'systemd/user-preset', 'tmpfiles.d', 'sysusers.d'].map(
      (folder) => `${top}/${folder}/*`,
    ),
  )
  .concat('./usr/share/user-tmpfiles.d/*');

/** The packages in lines of a Contents file: a path, spaces, and SECTION/PACKAGE of each package that has it. */
export function packagesIn(lines) {
  const packages = new Set();
  for (const line of lines) {
    const owners = /\s(\S+)$/.exec(line)?.[1] ?? '';
    for (const owner of owners.split(',')) if (owner !== '') packages.add(owner.slice(owner.lastIndexOf('/') + 1));
  }
  return [...packages].sort();
}

/** What `apt-get download --print-uris` prints, the smallest packages first. */
export function sizesIn(text) {
  return text
    .split('\n')
    .map((line) => /^'[^']*' ([^_ ]+)_\S* (\d+) /.exec(line))
    .filter((match) => match !== null)
    .map(([, name, size]) => ({ name, size: Number(size) }))
    .sort((a, b) => a.size - b.size);
}

/**
 * Fetches what is missing below `folder`, for at most so many minutes. `folder`/files has a directory for each package
 * that has been fetched, with those of its files that are wanted.
 */
export function fetchArchive(folder, suite, minutes) {
  const until = Date.now() + minutes * 60_000;
  const debs = join(folder, 'debs');
  const files = join(folder, 'files');
  for (const each of ['etc', 'lists/partial', 'cache/archives/partial', 'debs', 'files'])
    mkdirSync(join(folder, each), { recursive: true });
  const apt = aptOf(folder, suite);
  apt('apt-get', ['update', '-q'], 'inherit');
  const known = new Set(apt('apt-cache', ['pkgnames']).split('\n'));
  const names = packagesIn(contents(folder, suite, apt)).filter((name) => known.has(name));
  const done = new Set(readdirSync(files));
  const sizes = sizesIn(apt('apt-get', ['download', '--print-uris', ...names]));
  const missing = sizes.filter(({ name }) => !done.has(name));
  say(`archive: ${names.length} packages of ${suite} carry such files, ${missing.length} of them are to be fetched`);
  while (missing.length > 0 && Date.now() < until) {
    const batch = missing.splice(0, atOnce).map(({ name }) => name);
    apt('apt-get', ['download', '-q', ...batch], 'ignore', debs);
    for (const deb of readdirSync(debs)) unpack(join(debs, deb), files);
    say(`archive: ${sizes.length - missing.length} of ${sizes.length}`);
  }
  return { carry: names.length, left: missing.length };
}

/** Calls apt's programs with a configuration of their own; the machine's is not looked at. */
function aptOf(folder, suite) {
  const list = join(folder, 'etc/sources.list');
  const configuration = join(folder, 'etc/apt.conf');
  writeFileSync(list, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  const lines = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const text = Object.entries(lines).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(configuration, text.join(''));
  const env = { ...process.env, APT_CONFIG: configuration };
  return (program, args, stdout = 'pipe', cwd = folder) => {
    const stdio = ['ignore', stdout, 'inherit'];
    const result = spawnSync(program, args, { cwd, env, stdio, encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (result.status !== 0) fail(`archive: ${program} ${args[0]}: status ${result.status}`);
    return result.stdout;
  };
}

/**
 * The lines of the archive's Contents files that are of wanted paths. They say which packages to look into and nothing
 * more, so that one of yesterday does, which `apt-get update` would refuse.
 */
function contents(folder, suite, apt) {
  return ['amd64', 'all'].flatMap((architecture) => {
    const file = join(folder, `Contents-${architecture}.gz`);
    if (!existsSync(file)) {
      const address = `${mirror}/dists/${suite}/main/Contents-${architecture}.gz`;
      apt('/usr/lib/apt/apt-helper', ['download-file', address, file], 'ignore');
    }
    const found = spawnSync('zgrep', ['-E', `^(${wanted})`, file], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (found.status !== 0) fail(`archive: zgrep ${file}: status ${found.status}`);
    return found.stdout.split('\n');
  });
}

/** The wanted files of a package go into a directory of its name; the package itself is not kept. */
function unpack(deb, files) {
  const name = /([^/_]+)_[^/]*$/.exec(deb)[1];
  const part = join(files, '..', 'part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  // tar complains of patterns that match nothing
  const script = 'dpkg-deb --fsys-tarfile "$0" | { tar -x --no-same-owner --wildcards "$@" 2>/dev/null || true; }';
  const result = spawnSync('bash', ['-o', 'pipefail', '-c', script, deb, ...members], { cwd: part, stdio: 'inherit' });
  if (result.status !== 0) fail(`archive: ${deb} can't be unpacked`);
  renameSync(part, join(files, name));
  rmSync(deb);
}
