import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fail, output } from '../tools.mjs';

/** A whole arm64 machine: Debian's kernel under qemu, the root of root.mjs on its first disk, a checkout on its second. */

const qemu = 'qemu-system-aarch64';
/** What it takes to mount the disks; what they need in turn, modules.dep knows. */
const needed = ['virtio_mmio', 'virtio_blk', 'ext4'];

/** Run first, by busybox: the disks become the root, and `begin=` of the kernel's command line its first process. */
const initialInit = `#!/bin/busybox sh
export PATH=/bin
busybox mkdir -p /proc /dev /root
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for module in $(busybox cat /order); do busybox insmod "/$module"; done
tries=0
until [ -b /dev/vdb ] || [ $tries = 1000 ]; do busybox usleep 10000; tries=$((tries + 1)); done
busybox mount -t ext4 /dev/vda /root
busybox mount -t ext4 /dev/vdb /root/checkout
for word in $(busybox cat /proc/cmdline); do case $word in begin=*) begin=\${word#begin=};; esac; done
busybox umount /dev
busybox umount /proc
exec busybox switch_root /root "$begin"
`;

export function needMachine() {
  const missing = [
    ...(output(qemu, ['--version']) === undefined ? ['qemu-system-arm'] : []),
    ...(output('which', ['mke2fs']) === undefined ? ['e2fsprogs'] : []),
  ];
  if (missing.length > 0) fail(`To run an arm64 machine: apt-get install --no-install-recommends ${missing.join(' ')}`);
}

/** One entry of a cpio archive (the kernel's Documentation/driver-api/early-userspace/buffer-format.rst). */
function entry(name, mode, content = Buffer.alloc(0)) {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  return Buffer.concat([padded(Buffer.from(head, 'latin1')), padded(content)]);
}

/** The modules in the order in which they can be loaded. */
function modulePaths(modules) {
  const lines = readFileSync(join(modules, 'modules.dep'), 'utf8').trim().split('\n');
  const needs = new Map(lines.map((line) => line.split(':')).map(([path, rest]) => [path, rest.trim().split(' ')]));
  const byName = new Map([...needs.keys()].map((path) => [basename(path, '.ko').replaceAll('-', '_'), path]));
  const order = new Set();
  const add = (path) => {
    for (const other of needs.get(path) ?? []) if (other !== '') add(other);
    order.add(path);
  };
  // What is no module is in the kernel itself.
  for (const name of needed) if (byName.has(name)) add(byName.get(name));
  return [...order];
}

function initialFiles({ modules, busybox }) {
  const paths = modulePaths(modules);
  const directories = ['bin', 'root'].map((name) => entry(name, 0o040755));
  const files = [
    entry('init', 0o100755, Buffer.from(initialInit)),
    entry('bin/busybox', 0o100755, readFileSync(busybox)),
    entry('order', 0o100644, Buffer.from(paths.map((path) => basename(path)).join(' '))),
    ...paths.map((path) => entry(basename(path), 0o100644, readFileSync(join(modules, path)))),
  ];
  return gzipSync(Buffer.concat([...directories, ...files, entry('TRAILER!!!', 0)]), { level: 1 });
}

/** Bytes of all files of a tree. */
function sizeOf(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return Math.ceil(stat.size / 4096) * 4096;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 4096);
}

/** A disk with what is in a directory. */
export function makeDisk(directory, image) {
  const megabytes = Math.ceil((sizeOf(directory) * 1.3) / 1048576) + 256;
  const made = output('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', directory, `${image}.new`, `${megabytes}M`]);
  if (made === undefined) fail(`mke2fs could not make a disk of ${directory}.`);
  renameSync(`${image}.new`, image);
}

/**
 * Boots a machine whose first process is `begin`, and waits for its end; what its console showed. Nothing that it writes to
 * its disks stays. It is ended after `minutes`.
 */
export async function bootMachine(debian, checkoutDisk, begin, minutes) {
  const rootDisk = join(debian.root, '../root.ext4');
  if (!existsSync(rootDisk)) makeDisk(debian.root, rootDisk);
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-arm64-'));
  const initrd = join(scratch, 'initrd');
  writeFileSync(initrd, initialFiles(debian));
  const disk = (name, file) => [
    ...['-drive', `if=none,id=${name},file=${file},format=raw,snapshot=on`],
    ...['-device', `virtio-blk-device,drive=${name}`],
  ];
  // The last device of this bus is the first that the kernel finds.
  const disks = [...disk('checkout', checkoutDisk), ...disk('root', rootDisk)];
  const machine = ['-M', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', '3072', '-accel', 'tcg,thread=multi'];
  const append = `console=ttyAMA0 panic=-1 quiet begin=${begin}`;
  const child = spawn(
    qemu,
    [
      ...machine,
      ...['-nographic', '-nodefaults', '-serial', 'stdio', '-no-reboot', '-nic', 'none'],
      ...['-kernel', debian.kernel, '-initrd', initrd, '-append', append],
      ...disks,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: scratch } },
  );
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk.toString('latin1');
    process.stdout.write(chunk);
  });
  const timer = setTimeout(() => {
    text += `\nended after ${minutes} minutes\n`;
    child.kill('SIGKILL');
  }, minutes * 60_000);
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  rmSync(scratch, { recursive: true, force: true });
  return text.replaceAll('\r', '');
}
