/** A tree that dpkg installs packages into, without a chroot: scripts of packages find it by $DPKG_ROOT. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDeb, debFile, divertedNames, withCommon } from '../../scripts/deb/package.mjs';
import { type Entry, tarEnd, tarEntry } from '../../scripts/deb/tar.mjs';
import { xz } from '../../scripts/deb/xz.mjs';

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

/** The files of packaging/ that the package is made of. */
export function packagingTexts(): Record<string, string> {
  const texts: Record<string, string> = { license: read('LICENSE'), nodeLicense: 'MIT\n' };
  texts['common.sh'] = read('packaging/common.sh');
  for (const name of fs.readdirSync('packaging/deb')) texts[name] = read(`packaging/deb/${name}`);
  return texts;
}

/** A tarball of pidone's with little in it: the names of programs, and a front door that is no program. */
export function smallTarball(frontDoor: string): Entry[] {
  const lib = 'usr/lib/pidone';
  const { bin, sbin, tools } = divertedNames(read('packaging/common.sh'));
  const names = [...bin, ...sbin, ...tools].filter((name) => name !== 'systemctl');
  return [
    { name: `${lib}/`, type: 'directory', mode: 0o755 },
    { name: `${lib}/bin/`, type: 'directory', mode: 0o755 },
    { name: `${lib}/bin/systemctl`, type: 'file', mode: 0o755, content: Buffer.from(frontDoor) },
    ...names.map((name): Entry => ({ name: `${lib}/bin/${name}`, type: 'symlink', mode: 0o777, target: 'systemctl' })),
    { name: `${lib}/node`, type: 'file', mode: 0o755, content: fs.readFileSync('/bin/true') },
    { name: `${lib}/install.sh`, type: 'file', mode: 0o755, content: Buffer.from(installScript()) },
  ];
}

export const installScript = (): string => withCommon(read('packaging/install.sh'), read('packaging/common.sh'));

export const smallDeb = (version: string): Buffer =>
  buildDeb(smallTarball(`pidone ${version}`), packagingTexts(), { version, architecture: 'all', time, compress });

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

export class DebianTree {
  readonly root = fs.mkdtempSync(join(parent, 'pidone-dpkg-'));
  /** `merged`: /bin, /sbin and /lib are links to those in /usr. */
  constructor(merged: boolean) {
    for (const directory of ['info', 'updates'])
      fs.mkdirSync(join(this.root, 'var/lib/dpkg', directory), { recursive: true });
    fs.writeFileSync(join(this.root, 'var/lib/dpkg/status'), '');
    this.install(base(merged));
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs a program in the tree's environment; its exit status and what it said. */
  run(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): { exit: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env },
    });
    return { exit: status, said: stdout + stderr };
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

  /** What a path in the tree leads to in the end: the content of a file; undefined where there is nothing. */
  read(path: string): string | undefined {
    let at = path;
    for (let i = 0; i < 10; i++) {
      const real = join(fs.realpathSync(join(this.root, at, '..')), at.slice(at.lastIndexOf('/') + 1));
      const stat = fs.lstatSync(real, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      if (!stat.isSymbolicLink()) return fs.readFileSync(real, 'latin1');
      const target = fs.readlinkSync(real);
      at = target.startsWith('/') ? target : join(real.slice(this.root.length), '..', target);
    }
    return undefined;
  }

  /** Every file and link where programs are, and where pidone lies. */
  programs(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const directory of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/lib']) {
      if (fs.lstatSync(join(this.root, directory)).isSymbolicLink()) continue;
      for (const name of fs.readdirSync(join(this.root, directory))) {
        const path = join(this.root, directory, name);
        const stat = fs.lstatSync(path);
        found[`/${directory}/${name}`] = stat.isSymbolicLink()
          ? `-> ${fs.readlinkSync(path)}`
          : stat.isDirectory()
            ? 'directory'
            : fs.readFileSync(path, 'latin1');
      }
    }
    return found;
  }

  diversions(): string {
    return this.run('dpkg-divert', [`--root=${this.root}`, '--list']).said;
  }
}
