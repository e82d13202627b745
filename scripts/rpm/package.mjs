/** The RPM package: a spec file and a tree of files, of which rpmbuild makes it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dataEntries, divertedNames, withParts } from '../deb/package.mjs';

const lib = 'usr/lib/pidone';
const licenses = 'usr/share/licenses/pidone';
const helper = '/usr/lib/systemd/systemd-update-helper';

/** Of what the Debian package unpacks. */
const debiansOwn = /^usr\/share\/(?:lintian\/|doc\/pidone\/(?:copyright|changelog\.gz)$)/;

/**
 * Everything that is unpacked, sorted by name: the Debian package's files but the links in the place of others' programs, which
 * scripts make; its own directories; licenses.
 */
export function rpmEntries(tarball, texts) {
  const file = (name, text, mode = 0o644) => ({ name, type: 'file', mode, content: Buffer.from(text) });
  const { bin, sbin } = divertedNames(texts['common.sh']);
  const replaced = [...bin.map((name) => `usr/bin/${name}`), ...sbin.map((name) => `usr/sbin/${name}`)];
  const shared = dataEntries(tarball, texts).filter(({ name, type }) =>
    type === 'directory'
      ? /\/pidone\//.test(name) && !name.startsWith('usr/share/doc/')
      : !debiansOwn.test(name) && !replaced.includes(name),
  );
  return [
    // What depends on libraries is found in what may be executed.
    ...shared.map((entry) => (/\.(?:node|so)$/.test(entry.name) ? { ...entry, mode: 0o755 } : entry)),
    { name: `${licenses}/`, type: 'directory', mode: 0o755 },
    file(`${licenses}/LICENSE`, texts.license),
    file(`${licenses}/LICENSE.node`, texts.nodeLicense),
    file(`${lib}/systemd-update-helper`, texts['systemd-update-helper'], 0o755),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fileLine({ name, type, mode }) {
  if (type === 'symlink') return `/${name}`;
  const kind = type === 'directory' ? '%dir ' : name.startsWith(`${licenses}/`) ? '%license ' : '';
  return `${kind}%attr(0${mode.toString(8)},root,root) /${name.replace(/\/$/, '')}`;
}

/** Debian's changelog in rpm's form, newest entry first. */
function changelog(text) {
  const entry = /^\S+ \((\S+)\).*\n([\s\S]*?)^ -- (.*?) {2}(\w{3}), (\d+) (\w{3}) (\d{4}) .*$/gm;
  return [...text.matchAll(entry)]
    .map(([, version, changes, who, weekday, day, month, year]) => {
      const lines = changes.trim().replace(/^ *\* /gm, '- ');
      return `* ${weekday} ${month} ${day.padStart(2, '0')} ${year} ${who} - ${version}-1\n${lines}\n`;
    })
    .join('\n');
}

/** Where packages bring what pidone takes the place of; some list /bin and /sbin, some have /usr/sbin in /usr/bin. */
function programPaths(texts) {
  const { bin, sbin, tools } = divertedNames(texts['common.sh']);
  const paths = (folders, names) => folders.flatMap((folder) => names.map((name) => `${folder}/${name}`));
  return [
    ...paths(['/usr/bin', '/bin'], [...bin, ...tools]),
    ...paths(['/usr/sbin', '/sbin', '/usr/bin'], sbin),
    helper,
  ];
}

/** The spec file. `%` in scripts is theirs, and not the beginning of a macro. */
export function specText(entries, texts, version) {
  const literal = (text) => text.trimEnd().replaceAll('%', '%%');
  const { bin, sbin } = divertedNames(texts['common.sh']);
  const provided = [...bin.map((name) => `/usr/bin/${name}`), ...sbin.map((name) => `/usr/sbin/${name}`)];
  const fields = {
    version,
    provides: [...provided, '/bin/systemctl', ...sbin.map((name) => `/sbin/${name}`)]
      .map((path) => `Provides: ${path}`)
      .join('\n'),
    files: entries.map(fileLine).join('\n'),
    programs: programPaths(texts).join(' '),
    helper,
    changelog: literal(changelog(texts.changelog)),
  };
  for (const name of ['pre', 'post', 'postun', 'filetriggerin', 'filetriggerpostun'])
    fields[name] = literal(withParts(texts[name], texts));
  return texts['pidone.spec'].replace(/#(\w+)#/g, (_, name) => fields[name]);
}

/** What is to be unpacked, as it would lie below `/`. */
export function writeTree(entries, tree) {
  for (const { name, type, mode, content, target } of entries) {
    const path = join(tree, name);
    mkdirSync(type === 'directory' ? path : dirname(path), { recursive: true });
    if (type === 'symlink') symlinkSync(target, path);
    else if (type === 'file') writeFileSync(path, content);
    if (type !== 'symlink') chmodSync(path, mode);
  }
}

/**
 * Has rpmbuild make the package that a spec file describes, of the files of `tree`; its path below `scratch`, a directory of
 * the caller's. `time`: seconds of the epoch that everything in it is from. `payload`: how it is compressed (rpm's
 * `_binary_payload`). Throws with what rpmbuild says where it fails.
 */
export function runRpmbuild(spec, { tree, scratch, architecture, time, payload }) {
  const path = join(scratch, 'package.spec');
  writeFileSync(path, spec);
  const macros = { _topdir: scratch, _dbpath: join(scratch, 'db'), _binary_payload: payload, tree };
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  const { status, stdout, stderr, error } = spawnSync(
    'rpmbuild',
    ['-bb', '--quiet', '--target', `${architecture}-linux`, ...defines, path],
    { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(time) } },
  );
  if (status !== 0) throw new Error(`rpmbuild: ${error?.message ?? stdout + stderr}`);
  const made = join(scratch, 'RPMS', architecture);
  const [name] = readdirSync(made);
  return join(made, name);
}
