/** The Debian package as a file: an ar archive of two tar archives, one that dpkg reads and one that it unpacks (deb(5)). */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { isNewer, versionsAsked } from './elf.mjs';
import { tarEnd, tarEntry } from './tar.mjs';
import { joinXz } from './xz.mjs';

const lib = 'usr/lib/pidone';

/** A script with the parts that it names, files of packaging/ that several have: `#common.sh#` on a line of its own. */
export const withParts = (script, texts) =>
  script.replace(/^#([a-z-]+\.(?:sh|cjs))#\n/gm, (_, name) => withParts(texts[name], texts));

/** Parts of scripts that only the package without a Node has. */
const withNode = { 'node-before.sh': '', 'node-after.sh': '' };

const nameIn = (texts) => /^Package: (.*)$/m.exec(texts.control)[1];

/** Links to the front door: what other packages bring under these names goes aside (packaging/common.sh). */
export function divertedNames(common) {
  const names = (variable) => new RegExp(`^${variable}='(.*)'$`, 'm').exec(common)[1].split(' ');
  return { bin: names('bin'), sbin: names('sbin'), tools: names('tools') };
}

/**
 * Of the tarball, what the package has as well: everything of its own directory but what puts other packages' files aside, and
 * licenses, which stand in the copyright file.
 */
const fromTarball = ({ name, type }) =>
  name.startsWith(`${lib}/`) &&
  type !== 'hardlink' &&
  !name.endsWith('/install.sh') &&
  !name.startsWith(`${lib}/share/licenses/`);

/**
 * Whether a file below share/ is to be found below /usr/share: the completions of bash are not, under names of others, and
 * licenses are in a package's own place.
 */
const isShared = (path) => !/^(?:bash-completion\/completions\/(?!pidone)|licenses\/)/.test(path);

/** Libraries are no programs. */
const asPolicyWants = (entry) => (/\.(?:node|so)$/.test(entry.name) ? { ...entry, mode: 0o644 } : entry);

const directory = (name) => ({ name: `${name}/`, type: 'directory', mode: 0o755 });
const file = (name, text, mode = 0o644) => ({ name, type: 'file', mode, content: Buffer.from(text) });
const symlink = (name, target) => ({ name, type: 'symlink', mode: 0o777, target });

/**
 * Everything that is unpacked, directories before what they hold. `texts`: files of packaging/deb by name, common.sh, `license`
 * and `nodeLicense`. `changelog` is compressed as policy wants it.
 */
export function dataEntries(tarball, texts) {
  const { bin, sbin } = divertedNames(texts['common.sh']);
  const name = nameIn(texts);
  const doc = `usr/share/doc/${name}`;
  const overrides = 'usr/share/lintian/overrides';
  const changelog = { ...file(`${doc}/changelog.gz`, ''), content: gzipSync(texts.changelog, { level: 9 }) };
  const links = (names, folder) => names.map((name) => symlink(`${folder}/${name}`, `../lib/pidone/bin/${name}`));
  const ours = [
    ...['usr', 'usr/bin', 'usr/lib', 'usr/sbin', 'usr/share', 'usr/share/doc', doc].map(directory),
    ...['usr/share/lintian', overrides].map(directory),
    ...links(bin, 'usr/bin'),
    ...links(sbin, 'usr/sbin'),
    ...links(['pidone'], 'usr/bin'),
    file(`${doc}/copyright`, copyright(texts)),
    changelog,
    file(`${overrides}/${name}`, texts['lintian-overrides']),
  ];
  const share = tarball
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${lib}/share/`) && !name.endsWith('/'));
  for (const path of share.map((name) => name.slice(`${lib}/share/`.length)).filter(isShared)) {
    const parents = path.split('/').slice(0, -1);
    parents.forEach((_, depth) => void ours.push(directory(`usr/share/${parents.slice(0, depth + 1).join('/')}`)));
    ours.push(symlink(`usr/share/${path}`, `${'../'.repeat(parents.length + 1)}lib/pidone/share/${path}`));
  }
  const entries = new Map();
  for (const entry of [...ours, ...tarball.filter(fromTarball).map(asPolicyWants)]) entries.set(entry.name, entry);
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The license texts of what is in the package, in the form of Debian's copyright files. */
function copyright(texts) {
  const indented = (text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => ` ${line.trimEnd() === '' ? '.' : line.trimEnd()}`)
      .join('\n');
  return texts.copyright
    .replace('#license#', () => indented(texts.license.slice(texts.license.indexOf('Permission'))))
    .replace('#nodeLicense#', () => indented(texts.nodeLicense));
}

/** Releases of GCC that brought a version of libstdc++'s symbols (its manual, "ABI Policy and Guidelines"). */
const libstdcxxOf = { '3.4.21': '5', '3.4.22': '6', '3.4.23': '7', '3.4.24': '7.2', '3.4.25': '8', '3.4.26': '9' };

/** Depends: of what the programs and libraries among these entries ask for. */
export function dependencies(entries) {
  const newest = {};
  for (const { type, content } of entries) {
    if (type !== 'file' || content.length < 64 || content.readUInt32BE(0) !== 0x7f454c46) continue;
    for (const [name, version] of Object.entries(versionsAsked(content)))
      if (newest[name] === undefined || isNewer(version, newest[name])) newest[name] = version;
  }
  const found = [`libc6 (>= ${newest.GLIBC})`];
  if (newest.GCC !== undefined) found.push(`libgcc-s1 (>= ${newest.GCC}) | libgcc1`);
  if (newest.GLIBCXX !== undefined) {
    const release = libstdcxxOf[newest.GLIBCXX];
    if (release === undefined) throw new Error(`GLIBCXX_${newest.GLIBCXX}: no release of GCC is known for it`);
    found.push(`libstdc++6 (>= ${release})`);
  }
  return found.join(', ');
}

const listed = (entry) => (entry.type === 'file' ? [entry] : []);

/** What dpkg reads: the control file, checksums, scripts with what they share, triggers. */
export function controlEntries(entries, texts, { version, architecture }) {
  const bytes = entries.reduce((sum, { content }) => sum + Math.ceil((content?.length ?? 0) / 1024) + 1, 0);
  const fields = {
    version,
    architecture,
    installedSize: String(bytes),
    depends: dependencies(entries),
  };
  const control = texts.control.replace(/#(\w+)#/g, (_, name) => fields[name]);
  const sums = entries.flatMap(listed).map(({ name, content }) => {
    const sum = createHash('md5').update(content).digest('hex');
    return `${sum}  ${name}\n`;
  });
  const script = (name) => file(name, withParts(texts[name], { ...withNode, ...texts }), 0o755);
  const { tools } = divertedNames(texts['common.sh']);
  const triggers = tools.flatMap((tool) =>
    ['/bin', '/usr/bin'].map((folder) => `interest-noawait ${folder}/${tool}\n`),
  );
  return [
    file('control', control),
    file('md5sums', sums.join('')),
    script('postinst'),
    script('postrm'),
    script('preinst'),
    ...(texts.prerm === undefined ? [] : [script('prerm')]),
    file('triggers', triggers.join('')),
  ];
}

/** Entries as they stand in an archive for dpkg, where names begin with a dot. */
const archived = (entries, time) => entries.map((entry) => tarEntry({ ...entry, name: `./${entry.name}` }, time));

const top = { name: '', type: 'directory', mode: 0o755 };

/** Of the packaged Node, whose compressed form is kept from commit to commit: 2000-01-01. */
const nodeTime = 946_684_800;

/**
 * The whole package. `compress` makes an .xz file of a piece; Node is a piece of its own, because it is by far the largest,
 * and the same from build to build.
 */
export function buildDeb(tarball, texts, { version, architecture, time, compress }) {
  const entries = dataEntries(tarball, texts);
  const isNode = ({ name }) => name === `${lib}/node`;
  const rest = archived([top, ...entries.filter((entry) => !isNode(entry))], time);
  const data = [Buffer.concat(rest), ...archived(entries.filter(isNode), nodeTime), tarEnd].map(compress);
  const control = archived([top, ...controlEntries(entries, texts, { version, architecture })], time);
  return debFile([compress(Buffer.concat([...control, tarEnd]))], data, time);
}

/** An ar archive of what dpkg reads and what it unpacks, each in .xz files that are joined. */
export function debFile(control, data, time) {
  const member = (name, content) => {
    const head = `${name.padEnd(16)}${String(time).padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
    const end = Buffer.from(content.length % 2 === 0 ? '' : '\n');
    return Buffer.concat([Buffer.from(`${head}${String(content.length).padEnd(10)}\`\n`), content, end]);
  };
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.xz', joinXz(control)),
    member('data.tar.xz', joinXz(data)),
  ]);
}
