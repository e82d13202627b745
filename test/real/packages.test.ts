/**
 * The Debian package's scripts and install.sh, run by dpkg on trees of small packages that bring what systemd's bring: as
 * Debian 12 has it (/bin/systemctl) and as 13 has it (/usr/bin/systemctl), in trees with a /bin of its own and without.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withParts } from '../../scripts/deb/package.mjs';
import {
  allNames,
  DebianTree,
  installScript,
  type Names,
  packageOf,
  shellParts,
  smallDeb,
  smallTarball,
} from '../support/dpkg.ts';

// A history is some hundred calls of dpkg-divert: many seconds where the machine has nothing to spare.
vi.setConfig({ testTimeout: 180_000 });

const inFolder = (folder: string, all: readonly string[], text: string): Record<string, string> =>
  Object.fromEntries(all.map((name) => [`${folder}/${name}`, text]));

/** Packages with these of pidone's programs; systemd and systemd-sysv as they are in Debian 12 and 13. */
function packagesOf(names: Names) {
  const has = (list: readonly string[]): string[] => list.filter((name) => Object.values(names).flat().includes(name));
  return {
    diverted: [...names.bin.map((name) => `/bin/${name}`), ...names.sbin.map((name) => `/sbin/${name}`)],
    pidone: smallDeb('0.1.0', names),
    next: smallDeb('0.2.0', names),
    tarball: smallTarball('pidone 0.1.0', names),
    'systemd 252': packageOf('systemd', '252', {
      ...inFolder('/bin', has(['systemctl', 'journalctl', 'systemd-tmpfiles', 'systemd-escape']), 'systemd 252'),
      ...inFolder('/usr/bin', has(['systemd-run', 'systemd-analyze', 'systemd-cgls', 'systemd-cat']), 'systemd 252'),
      '/lib/systemd/systemd': 'systemd 252',
      ...inFolder('/sbin', has(names.sbin.filter((name) => name !== 'init')), '-> /bin/systemctl'),
      '/sbin/init': '-> /lib/systemd/systemd',
    }),
    'systemd 257': packageOf('systemd', '257', {
      ...inFolder('/usr/bin', [...names.bin.filter((name) => name !== 'run0'), ...names.tools], 'systemd 257'),
      '/usr/bin/run0': '-> systemd-run',
      '/usr/lib/systemd/systemd': 'systemd 257',
      ...inFolder('/usr/sbin', has(names.sbin.filter((name) => name !== 'init')), '-> ../bin/systemctl'),
      '/usr/sbin/init': '-> ../lib/systemd/systemd',
    }),
  };
}
type Packages = ReturnType<typeof packagesOf>;

const all = packagesOf(allNames);
/** Some names of each kind stand for all where there are many steps, as each name takes dpkg a dozen processes. */
const some = packagesOf({
  bin: ['journalctl', 'run0', 'systemctl'],
  sbin: ['halt', 'init', 'reboot'],
  tools: ['systemd-cat', 'systemd-escape', 'systemd-notify'],
});

let trees: DebianTree[] = [];
function tree(merged: boolean): DebianTree {
  const made = new DebianTree(merged);
  trees.push(made);
  return made;
}
afterEach(() => {
  for (const each of trees) each.remove();
  trees = [];
});

/** That every program is pidone's, by both of its names. */
function expectPidone(on: DebianTree, version = '0.1.0', { diverted } = some): void {
  const found = diverted.flatMap((path) => [path, `/usr${path}`]).map((path) => [path, on.read(path)]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(found.map(([path]) => [path, `pidone ${version}`])));
}

type Step =
  | 'systemd 252'
  | 'systemd 257'
  | 'systemd gone'
  | 'pidone'
  | 'pidone 0.2.0'
  | 'pidone gone'
  | 'pidone purged';

function take(on: DebianTree, step: Step, from = some): void {
  if (step === 'systemd 252' || step === 'systemd 257' || step === 'pidone') on.install(from[step]);
  else if (step === 'systemd gone') on.dpkg('--purge', 'systemd');
  else if (step === 'pidone 0.2.0') on.install(from.next);
  else on.dpkg(step === 'pidone gone' ? '--remove' : '--purge', 'pidone');
}

const histories: Step[][] = [
  ['pidone', 'pidone purged'],
  ['systemd 252', 'pidone', 'pidone purged'],
  ['pidone', 'systemd 252', 'pidone purged'],
  ['pidone', 'systemd 252', 'systemd 252', 'systemd gone', 'pidone gone'],
  ['systemd 252', 'pidone', 'systemd gone', 'pidone purged'],
  ['systemd 252', 'pidone', 'pidone', 'pidone 0.2.0', 'pidone', 'pidone gone', 'pidone', 'pidone purged'],
];
const laterHistories: Step[][] = [
  ['systemd 257', 'pidone', 'systemd 257', 'pidone purged'],
  ['pidone', 'systemd 257', 'pidone 0.2.0', 'pidone purged', 'systemd gone'],
  ['systemd 252', 'pidone', 'systemd 257', 'pidone purged'],
  ['pidone', 'systemd 252', 'systemd 257', 'systemd 252', 'systemd 257', 'pidone gone'],
  ['systemd 257', 'pidone', 'systemd 252', 'pidone purged'],
];

describe.each([
  ['of one directory', true, [...histories, ...laterHistories]],
  ['of two directories', false, histories],
] as const)('a tree whose /bin and /usr/bin are names %s', (_, merged, each) => {
  it.each(each.map((steps) => [steps.join(', '), steps] as const))('%s', (_title, steps) => {
    play(merged, steps, some);
  });

  it('has every name of a program', () => {
    play(merged, ['systemd 252', 'pidone', 'pidone 0.2.0', 'pidone purged'], all);
  });
});

/** Takes the steps with pidone and, beside it, those of others alone: that pidone has all, and leaves all as it would be. */
function play(merged: boolean, steps: readonly Step[], from: Packages): void {
  const [on, twin] = [tree(merged), tree(merged)];
  let version: string | undefined;
  let release: string | undefined;
  for (const step of steps) {
    take(on, step, from);
    if (!step.startsWith('pidone')) take(twin, step, from);
    if (step.startsWith('systemd')) release = step === 'systemd gone' ? undefined : step;
    else version = step === 'pidone' ? '0.1.0' : /[0-9.]+/.exec(step)?.[0];
    if (version === undefined) continue;
    expectPidone(on, version, from);
    // Of systemd 252, which has not all of them here, the others are pidone's.
    const expected = release ?? `pidone ${version}`;
    expect(on.read(merged || release === undefined ? '/usr/bin/systemd-escape' : '/bin/systemd-escape')).toBe(expected);
    expect(on.read('/usr/bin/systemd-notify')).toBe(release === 'systemd 257' ? release : `pidone ${version}`);
    expect(on.dpkg('--audit')).toBe('');
  }
  // As if pidone had never been there.
  expect(on.programs()).toEqual(twin.programs());
  expect(on.diversions()).toBe(twin.diversions());
  expect(on.run('dpkg', [`--root=${on.root}`, '--verify'])).toEqual({ exit: 0, said: '' });
}

describe('what else was there before the package', () => {
  it('keeps a systemctl that no package has brought, and links that people have made', () => {
    const on = tree(true);
    fs.writeFileSync(join(on.root, 'usr/bin/systemctl'), '#!/usr/bin/python3\n');
    fs.symlinkSync('/usr/bin/systemctl', join(on.root, 'sbin/init'));
    const before = on.programs();
    take(on, 'pidone');
    expectPidone(on);
    take(on, 'pidone purged');
    expect(on.programs()).toEqual(before);
  });

  it('leaves to another package what that has put aside', () => {
    const on = tree(true);
    const guard = `#!/bin/sh\nset -e\nfor at in /sbin /usr/sbin; do dpkg-divert --quiet --package guard --no-rename --divert /usr/lib/guard$at --add $at/halt; done\n`;
    fs.mkdirSync(join(on.root, 'usr/lib/guard/usr'), { recursive: true });
    on.install(packageOf('guard', '1', { '/usr/sbin/halt': 'asks first' }, guard));
    take(on, 'pidone');
    expect([on.read('/usr/sbin/halt'), on.read('/usr/sbin/reboot')]).toEqual(['asks first', 'pidone 0.1.0']);
    take(on, 'pidone purged');
    expect([on.read('/usr/sbin/halt'), on.read('/usr/sbin/reboot')]).toEqual(['asks first', undefined]);
    expect(on.diversions()).toContain('by guard');
  });

  it('leaves to an administrator what he has put aside', () => {
    const on = tree(true);
    on.run('dpkg-divert', [`--root=${on.root}`, '--local', '--no-rename', '--add', '/usr/bin/systemctl']);
    take(on, 'pidone');
    expect(on.read('/usr/bin/systemctl.distrib')).toBe('pidone 0.1.0');
    take(on, 'pidone purged');
    expect(on.diversions()).toBe('local diversion of /usr/bin/systemctl to /usr/bin/systemctl.distrib\n');
  });
});

/** The tarball, unpacked in a directory of its own. */
function unpacked(): string {
  const directory = fs.mkdtempSync(join(tmpdir(), 'pidone-tarball-'));
  for (const { name, type, content, target, mode } of some.tarball) {
    const path = join(directory, name);
    if (type === 'directory') fs.mkdirSync(path, { recursive: true });
    else if (type === 'symlink') fs.symlinkSync(target ?? '', path);
    else fs.writeFileSync(path, content ?? '', { mode });
  }
  return directory;
}

describe('install.sh', () => {
  const script = (on: DebianTree, from: string, ...words: string[]): { exit: number | null; said: string } =>
    on.run('sh', [join(from, 'usr/lib/pidone/install.sh'), `--root=${on.root}`, ...words]);

  it.each([
    ['of one directory', true, 'systemd 252'],
    ['of one directory', true, 'systemd 257'],
    ['of two directories', false, 'systemd 252'],
  ] as const)('does as the package does where /bin and /usr/bin are names %s: %s, %s', (_, merged, release) => {
    const from = unpacked();
    for (const before of [true, false]) {
      const [on, twin] = [tree(merged), tree(merged)];
      take(twin, release);
      if (before) take(on, release);
      expect(script(on, from)).toEqual({ exit: 0, said: '' });
      expectPidone(on);
      if (!before) expect(on.read('/usr/bin/systemd-escape')).toBe('pidone 0.1.0');
      take(on, release);
      expectPidone(on);
      expect(script(on, from)).toEqual({ exit: 0, said: '' });
      expectPidone(on);
      expect(script(on, from, '--uninstall')).toEqual({ exit: 0, said: '' });
      expect(on.programs()).toEqual(twin.programs());
      expect(on.diversions()).toBe('');
    }
    fs.rmSync(from, { recursive: true });
  });

  it('is followed by the package, which takes all of it over', () => {
    const [on, twin] = [tree(true), tree(true)];
    const from = unpacked();
    take(on, 'systemd 252');
    take(twin, 'systemd 252');
    expect(script(on, from).exit).toBe(0);
    take(on, 'pidone');
    expectPidone(on);
    expect(script(on, from)).toEqual({
      exit: 1,
      said: expect.stringContaining('pidone is here as a Debian package, which apt-get installs and removes.\n'),
    });
    take(on, 'pidone purged');
    expect(on.programs()).toEqual(twin.programs());
    fs.rmSync(from, { recursive: true });
  });

  it('does without dpkg, and takes what is in the way aside itself', () => {
    const on = tree(true);
    const from = unpacked();
    fs.rmSync(join(on.root, 'var'), { recursive: true });
    for (const name of ['systemctl', 'systemd-cat']) fs.writeFileSync(join(on.root, 'usr/bin', name), 'systemd');
    const before = on.programs();
    for (const _ of ['first', 'again']) {
      expect(script(on, from)).toEqual({ exit: 0, said: '' });
      expectPidone(on);
      expect(on.read('/usr/bin/systemd-cat')).toBe('systemd');
    }
    expect(script(on, from, '--uninstall')).toEqual({ exit: 0, said: '' });
    expect(on.programs()).toEqual(before);
    fs.rmSync(from, { recursive: true });
  });

  it('makes the names of systemctl.py where they are asked for, and takes them away', () => {
    const [on, twin] = [tree(true), tree(true)];
    const from = unpacked();
    const bin = join(on.root, 'usr/bin');
    const scripts = ['journalctl.py', 'journalctl3.py', 'systemctl.py', 'systemctl3.py'];
    const there = (): string[] => scripts.filter((name) => fs.existsSync(join(bin, name)));
    expect(script(on, from)).toEqual({ exit: 0, said: '' });
    expect(there()).toEqual([]);
    expect(script(on, from, '--systemctl.py')).toEqual({ exit: 0, said: '' });
    for (const name of scripts)
      expect(fs.readlinkSync(join(bin, name))).toBe(`../lib/pidone/bin/${name.replace(/3?\.py$/, '')}`);
    expect(there()).toEqual(scripts);
    expect(script(on, from, '--uninstall')).toEqual({ exit: 0, said: '' });
    expect(there()).toEqual([]);
    expect(on.programs()).toEqual(twin.programs());
    fs.rmSync(from, { recursive: true });
  });

  it('says what it does not know', () => {
    const on = tree(true);
    const from = unpacked();
    expect(script(on, from, '--remove')).toMatchObject({
      exit: 2,
      said: expect.stringContaining('--remove: not known. Usage: '),
    });
    expect(on.run('sh', [join(from, 'usr/lib/pidone/install.sh'), '--root=/nonexistent'])).toMatchObject({
      exit: 1,
      said: expect.stringContaining('/nonexistent: no such directory.'),
    });
    fs.rmSync(from, { recursive: true });
  });
});

it('has scripts that a POSIX shell reads, with a Node and without', () => {
  const read = (folder: string): [name: string, text: string][] =>
    fs.readdirSync(folder).map((name) => [name, fs.readFileSync(`${folder}/${name}`, 'utf8')]);
  const nodeless = Object.fromEntries(read('packaging/nodeless'));
  const scripts = ['preinst', 'postinst', 'postrm'].flatMap((name) => {
    const script = fs.readFileSync(`packaging/deb/${name}`, 'utf8');
    const without = withParts(script, { ...shellParts(), ...nodeless });
    const full = withParts(script, { ...shellParts(), 'node-before.sh': '', 'node-after.sh': '' });
    if (name !== 'postrm') expect(without).toContain('find_node');
    expect(full).not.toContain('find_node');
    return [full, without];
  });
  for (const script of [...scripts, withParts(nodeless.prerm!, shellParts()), installScript()])
    expect(spawnSync('dash', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
});
