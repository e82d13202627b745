/** A tree that dpkg installs packages into, without a chroot: scripts of packages find it by $DPKG_ROOT. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDeb, debFile, divertedNames, withParts } from '../../scripts/deb/package.mjs';
import { type Entry, tarEnd, tarEntry } from '../../scripts/deb/tar.mjs';
import { xz } from '../../scripts/deb/xz.mjs';
import { Tree } from './tree.ts';

export const time = 1_000_000_000;

export function compress(piece: Buffer): Buffer {
  const file = xz(piece);
  if (file === undefined) throw new Error('xz (xz-utils) is needed');
  return file;
}

/** A package with these files, links (`-> TARGET`) and directories (with a slash at the end), by path. */
export function packageOf(
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
  preinst = '',
): Buffer {
  const entries: Entry[] = [];
  const directories = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    const steps = path.split('/').slice(1, -1);
    for (let i = 1; i <= steps.length; i++) directories.add(`./${steps.slice(0, i).join('/')}/`);
    if (path.endsWith('/')) continue;
    const target = /^-> (.*)$/.exec(text)?.[1];
    entries.push(
      target === undefined
        ? { name: `.${path}`, type: 'file', mode: 0o755, content: Buffer.from(text) }
        : { name: `.${path}`, type: 'symlink', mode: 0o777, target },
    );
  }
  const above = ['./', ...[...directories].sort()].map((at): Entry => ({ name: at, type: 'directory', mode: 0o755 }));
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: T <t@t.t>\nDescription: test\n`;
  const scripts = preinst === '' ? [] : [{ name: './preinst', mode: 0o755, content: Buffer.from(preinst) }];
  const archive = (all: readonly Entry[]): Buffer =>
    compress(Buffer.concat([...all.map((entry) => tarEntry(entry, time)), tarEnd]));
  const about = [{ name: './control', mode: 0o644, content: Buffer.from(control) }, ...scripts];
  return debFile(
    [archive(about.map((entry) => ({ ...entry, type: 'file' })))],
    [archive([...above, ...entries])],
    time,
  );
}

const read = (path: string): string => fs.readFileSync(path, 'utf8');

/** Programs by kind, as packaging/common.sh lists them. */
export type Names = ReturnType<typeof divertedNames>;
export const allNames = divertedNames(read('packaging/common.sh'));

/** The files of packaging/ that the package is made of, for so many of its programs. */
export function packagingTexts(names = allNames): Record<string, string> {
  const texts: Record<string, string> = { ...shellParts(names), license: read('LICENSE'), nodeLicense: 'MIT\n' };
  for (const name of fs.readdirSync('packaging/deb')) texts[name] = read(`packaging/deb/${name}`);
  return texts;
}

/** Scripts of packaging/, and what several of them have. */
export function shellParts(names = allNames): Record<string, string> {
  const files = fs.readdirSync('packaging').filter((name) => /\.(?:sh|cjs)$/.test(name));
  const texts = Object.fromEntries(files.map((name) => [name, read(`packaging/${name}`)]));
  for (const [kind, list] of Object.entries(names))
    texts['common.sh'] = texts['common.sh']!.replace(new RegExp(`^${kind}='.*'$`, 'm'), `${kind}='${list.join(' ')}'`);
  return texts;
}

/** A tarball of pidone's with little in it: the names of programs, and a front door that is no program. */
export function smallTarball(frontDoor: string, programs = allNames): Entry[] {
  const lib = 'usr/lib/pidone';
  const { bin, sbin, tools } = programs;
  const names = [...bin, ...sbin, ...tools].filter((name) => name !== 'systemctl');
  return [
    { name: `${lib}/`, type: 'directory', mode: 0o755 },
    { name: `${lib}/bin/`, type: 'directory', mode: 0o755 },
    { name: `${lib}/bin/systemctl`, type: 'file', mode: 0o755, content: Buffer.from(frontDoor) },
    ...names.map((name): Entry => ({ name: `${lib}/bin/${name}`, type: 'symlink', mode: 0o777, target: 'systemctl' })),
    { name: `${lib}/node`, type: 'file', mode: 0o755, content: fs.readFileSync('/bin/true') },
    { name: `${lib}/install.sh`, type: 'file', mode: 0o755, content: Buffer.from(installScript(programs)) },
  ];
}

export const installScript = (names = allNames): string => withParts(read('packaging/install.sh'), shellParts(names));

export const smallDeb = (version: string, names = allNames): Buffer =>
  buildDeb(smallTarball(`pidone ${version}`, names), packagingTexts(names), {
    version,
    architecture: 'all',
    time,
    compress,
  });

/** What dpkg syncs after each step is to be no matter of disks. */
const parent = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Directories that belong to a package, so that none of the others takes them away; and what pidone depends on. */
const base = (merged: boolean): Buffer =>
  packageOf('libc6', '99', {
    ...Object.fromEntries(['/usr/bin/', '/usr/sbin/', '/usr/lib/'].map((path) => [path, ''])),
    ...Object.fromEntries(
      ['bin', 'sbin', 'lib'].map((name) => (merged ? [`/${name}`, `-> usr/${name}`] : [`/${name}/`, ''])),
    ),
  });

export class DebianTree extends Tree {
  /** `merged`: /bin, /sbin and /lib are links to those in /usr. */
  constructor(merged: boolean) {
    super(fs.mkdtempSync(join(parent, 'pidone-dpkg-')));
    for (const directory of ['info', 'updates'])
      fs.mkdirSync(join(this.root, 'var/lib/dpkg', directory), { recursive: true });
    fs.writeFileSync(join(this.root, 'var/lib/dpkg/status'), '');
    this.install(base(merged));
  }

  /** dpkg on this tree; throws with what it said where it fails. */
  dpkg(...args: string[]): string {
    const force = ['script-chrootless', 'unsafe-io', 'downgrade', 'not-root', 'bad-path'];
    const options = force.map((what) => `--force-${what}`);
    const { exit, said } = this.run('dpkg', [`--root=${this.root}`, '--log=/dev/null', ...options, ...args]);
    if (exit !== 0) throw new Error(`dpkg ${args.join(' ')}: ${said}`);
    return said;
  }

  install(deb: Buffer): string {
    const path = join(this.root, 'package.deb');
    fs.writeFileSync(path, deb);
    return this.dpkg('--install', path);
  }

  diversions(): string {
    return this.run('dpkg-divert', [`--root=${this.root}`, '--list']).said;
  }
}
