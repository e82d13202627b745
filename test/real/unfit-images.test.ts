/** What the front door says in an image in which Node cannot run, each time in a root that holds nothing else. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { frontDoorOfLibrary } from '../support/built.ts';
import { isRoot } from '../support/real-process.ts';

const machines = { x64: 62, arm64: 183 };
const own = process.arch === 'arm64' ? 'arm64' : 'x64';
const other = own === 'x64' ? 'arm64' : 'x64';
const shown = { x64: 'x86-64', arm64: 'arm64' };
const linker = '/lib/ld-linux.so.7';
const node = '/usr/lib/pidone/node';

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'pidone-unfit-'));
  place('/usr/lib/pidone/pidone.cjs', '');
  mkdirSync(join(tree, 'usr/bin'));
  copyFileSync(frontDoorOfLibrary, join(tree, 'usr/bin/systemctl'));
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function place(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content, { mode: 0o755 });
}

/** An executable that asks for this dynamic linker and these libraries (elf(5)), and holds nothing to run. */
function program(machine: number, libraries: readonly string[]): Buffer {
  const base = 0x400000;
  const heads = 64 + 3 * 56;
  const interpreter = Buffer.from(`${linker}\0`);
  const names = Buffer.from(`\0${libraries.map((name) => `${name}\0`).join('')}`);
  const dynamicAt = heads + Math.ceil((interpreter.length + names.length) / 8) * 8;
  const dynamic = Buffer.alloc((libraries.length + 2) * 16);
  let name = 1;
  const entries = libraries.map((library): [tag: number, value: number] => {
    const entry: [number, number] = [1, name];
    name += library.length + 1;
    return entry;
  });
  [...entries, [5, base + heads + interpreter.length]].forEach(([tag, value], i) => {
    dynamic.writeBigUInt64LE(BigInt(tag!), i * 16);
    dynamic.writeBigUInt64LE(BigInt(value!), i * 16 + 8);
  });
  const file = Buffer.alloc(dynamicAt + dynamic.length);
  file.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(base), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(3, 56);
  const segments = [
    [3, heads, interpreter.length],
    [1, 0, file.length],
    [2, dynamicAt, dynamic.length],
  ];
  segments.forEach(([type, offset, size], i) => {
    const at = 64 + i * 56;
    file.writeUInt32LE(type!, at);
    file.writeUInt32LE(5, at + 4);
    file.writeBigUInt64LE(BigInt(offset!), at + 8);
    file.writeBigUInt64LE(BigInt(base + offset!), at + 16);
    file.writeBigUInt64LE(BigInt(base + offset!), at + 24);
    file.writeBigUInt64LE(BigInt(size!), at + 32);
    file.writeBigUInt64LE(BigInt(size!), at + 40);
    file.writeBigUInt64LE(0x1000n, at + 48);
  });
  interpreter.copy(file, heads);
  names.copy(file, heads + interpreter.length);
  dynamic.copy(file, dynamicAt);
  return file;
}

function call(...argv: string[]): { status: number | null; err: string } {
  const root = isRoot ? ['chroot', tree] : ['unshare', '--user', '--map-root-user', '--root', tree];
  const [command, ...args] = [...root, '/usr/bin/systemctl', ...argv];
  const { status, stderr } = spawnSync(command!, args, { env: { PATH: process.env.PATH ?? '' }, encoding: 'utf8' });
  return { status, err: stderr };
}

it.each([['list-unit-files'], ['init']])('without glibc, as in Alpine, a line says so (%s)', (verb) => {
  place(node, program(machines[own], ['libstdc++.so.6']));
  expect(call(verb)).toEqual({
    status: 1,
    err: `${node} cannot run here without ${linker}: pidone needs an image for ${shown[own]} with glibc 2.28 or newer, libstdc++ and libgcc (Alpine has musl instead)\n`,
  });
});

it('without glibc, but with libraries of these names, it says the same', () => {
  place(node, program(machines[own], []));
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) place(`/usr/lib/${name}`, '');
  expect(call('list-unit-files').err).toContain(`${node} cannot run here without ${linker}: pidone needs`);
});

it('for another machine a line says for which', () => {
  place(node, program(machines[other], []));
  expect(call('list-unit-files')).toEqual({
    status: 1,
    err: `${node} is for ${shown[other]}, what calls it for ${shown[own]}: the tarball of this machine is needed\n`,
  });
});

it('without its libraries a line names those that are missing, and what brings them', () => {
  place(node, program(machines[own], ['libc.so.6', 'libstdc++.so.6', 'libgcc_s.so.1', 'libm.so.6']));
  place(linker, '');
  place('/usr/lib64/libc.so.6', '');
  place('/etc/ld.so.cache', 'libm.so.6\0');
  expect(call('list-unit-files')).toEqual({
    status: 1,
    err: `${node} cannot run here without libstdc++.so.6, libgcc_s.so.1 (Debian, Ubuntu: apt-get install libstdc++6 libgcc-s1; Fedora: dnf install libstdc++ libgcc)\n`,
  });
});

it('where Node asks for none of them it is run', () => {
  place(node, '#!/nowhere\n');
  expect(call('list-unit-files')).toEqual({ status: 1, err: `${node}: No such file or directory\n` });
});

it('what only looks like a program is not read beyond its end', () => {
  const whole = program(machines[own], ['libstdc++.so.6']);
  for (let length = 0; length < whole.length; length += 7) {
    place(node, whole.subarray(0, length));
    const { status, err } = call('list-unit-files');
    expect([status, err.split('\n').length]).toEqual([1, 2]);
  }
});
