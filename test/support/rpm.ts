/**
 * A tree that rpm installs packages into: scripts of packages run in it, by a shell and the programs of this machine that a
 * package of ours brings. Needs root, rpm and rpmbuild.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Entry } from '../../scripts/deb/tar.mjs';
import { rpmEntries, runRpmbuild, specText, writeTree } from '../../scripts/rpm/package.mjs';
import { packagingTexts, smallTarball, time } from './dpkg.ts';
import { Tree } from './tree.ts';

const own = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
/** Not compressed: nobody keeps it. */
const payload = 'w0.gzdio';

export interface SmallPackage {
  name: string;
  version: string;
  /** Texts, links (`-> TARGET`) and directories (with a slash at the end), by path. */
  files: Readonly<Record<string, string | Buffer>>;
  /** Further lines of the spec file's head. */
  head?: string;
  /** Its scripts. */
  scripts?: string;
}

/** Where packages are made; its owner removes it. */
export const workshop = fs.mkdtempSync(join(tmpdir(), 'pidone-rpms-'));
let made = 0;

/** The path of what rpmbuild makes of these entries. */
function build(entries: readonly Entry[], spec: string, architecture = own): string {
  const scratch = join(workshop, String(made++));
  const tree = join(scratch, 'tree');
  fs.mkdirSync(tree, { recursive: true });
  writeTree(entries, tree);
  return runRpmbuild(spec, { tree, scratch, architecture, time, payload });
}

const quietly = `%global debug_package %{nil}
%global __os_install_post %{nil}
%global __arch_install_post %{nil}
%global _build_id_links none
`;

export function rpmOf({ name, version, files, head = 'AutoReqProv: no', scripts = '' }: SmallPackage): string {
  const entries = Object.entries(files).map(([path, text]): Entry => {
    const target = typeof text === 'string' ? /^-> (.*)$/.exec(text)?.[1] : undefined;
    if (target !== undefined) return { name: path.slice(1), type: 'symlink', mode: 0o777, target };
    if (path.endsWith('/')) return { name: path.slice(1), type: 'directory', mode: 0o755 };
    return { name: path.slice(1), type: 'file', mode: 0o755, content: Buffer.from(text) };
  });
  const listed = entries.map(({ type, name: path }) =>
    type === 'directory' ? `%dir /${path.slice(0, -1)}` : `/${path}`,
  );
  const about = `Name: ${name}\nVersion: ${version}\nRelease: 1\nSummary: test\nLicense: MIT\n${head}\n`;
  const steps = '%description\ntest\n%install\ncp -a %{tree}/. %{buildroot}/\n';
  return build(entries, `${quietly}${about}${steps}%files\n%defattr(-,root,root,-)\n${listed.join('\n')}\n${scripts}`);
}

/** pidone with little in it: its scripts are those of the real package. */
export function smallRpm(version: string, architecture = own): string {
  const texts = packagingTexts();
  for (const name of fs.readdirSync('packaging/rpm')) texts[name] = fs.readFileSync(`packaging/rpm/${name}`, 'utf8');
  const entries = rpmEntries(smallTarball(`pidone ${version}`), texts);
  return build(entries, specText(entries, texts, version), architecture);
}

/** merged: /bin and /sbin are links to those in /usr. one: all programs are in /usr/bin. split: /bin and /sbin of their own. */
export type Layout = 'merged' | 'one' | 'split';

const programs = 'cat chmod cksum cp env id ln ls mkdir mv readlink rm rmdir sleep tail true uname';
const more = ['libstdc++.so.6', 'libgcc_s.so.1', 'libdl.so.2', 'libpthread.so.0', 'libm.so.6', 'libnss_files.so.2'];
const output = (command: string, args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8' });

/** Libraries of a program, by the path where the dynamic linker finds them. */
const librariesOf = (path: string): string[] =>
  [...output('ldd', [path]).matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library!);

function baseFiles(layout: Layout): Record<string, string | Buffer> {
  const found: Record<string, string | Buffer> = {
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    '/etc/group': 'root:x:0:\n',
  };
  const place = (path: string): string =>
    layout === 'split' ? path : path.replace(/^\/(lib\w*|bin|sbin)\//, '/usr/$1/');
  const take = (from: string, to: string): void => {
    found[place(to)] = fs.readFileSync(from);
  };
  const paths = programs
    .split(' ')
    .map((name) => ['/usr/bin', '/bin'].map((at) => `${at}/${name}`).find(fs.existsSync)!);
  for (const path of [...paths, '/bin/sh']) take(path, `/bin/${basename(path)}`);
  const cache = output('ldconfig', ['-p']);
  const extra = more.map(
    (name) => new RegExp(`^\\s*${name.replaceAll('+', '\\+')} .*x86-64.*=> (\\S+)$`, 'm').exec(cache)?.[1],
  );
  for (const library of new Set([...[...paths, '/bin/sh'].flatMap(librariesOf), ...extra]))
    if (library !== undefined) take(library, library.replace(/^\/usr\/lib/, '/lib'));
  for (const path of ['/usr/bin/', '/usr/sbin/', '/usr/lib/', '/etc/', '/proc/', '/dev/', '/tmp/', '/run/'])
    found[path] = '';
  if (layout === 'split') return { ...found, '/bin/': '', '/sbin/': '', '/lib/': '' };
  if (layout === 'one') {
    delete found['/usr/sbin/'];
    found['/usr/sbin'] = '-> bin';
  }
  return {
    ...found,
    ...Object.fromEntries(['bin', 'sbin', 'lib', 'lib64'].map((name) => [`/${name}`, `-> usr/${name}`])),
  };
}

const bases = new Map<Layout, string>();

/** What a distribution's base packages bring; what the libraries provide is found by rpmbuild, as for those. */
function base(layout: Layout): string {
  const provides = ['/bin/sh', 'coreutils', 'rtld(GNU_HASH)'].map((what) => `Provides: ${what}`).join('\n');
  const head = `AutoReq: no\n${provides}`;
  const path = bases.get(layout) ?? rpmOf({ name: 'base', version: '1', files: baseFiles(layout), head });
  bases.set(layout, path);
  return path;
}

/** What Debian's rpm says whenever it installs. */
const debiansAdvice = /^rpm: (?:RPM should not be used|However assuming you know).*\n/gm;

export class RpmTree extends Tree {
  constructor(layout: Layout) {
    super(fs.mkdtempSync(join(tmpdir(), 'pidone-rpm-root-')));
    fs.chmodSync(this.root, 0o755);
    this.install(base(layout));
  }

  /** rpm on this tree; throws with what it said where it fails, or where it says anything of a script that failed. */
  rpm(...args: string[]): string {
    const { exit, said } = this.run('rpm', [`--root=${this.root}`, `--dbpath=/var/lib/rpm`, ...args]);
    if (exit !== 0 || /scriptlet failed/.test(said)) throw new Error(`rpm ${args.join(' ')}: ${said}`);
    return said.replace(debiansAdvice, '');
  }

  /** As dnf would: in place of another version, older ones and the same as well. */
  install(...packages: string[]): string {
    return this.rpm('--upgrade', '--oldpackage', '--replacepkgs', ...packages);
  }
}
