import { existsSync, readFileSync } from 'node:fs';
import { arch, fail, isCross, kinds, output } from './tools.mjs';

/**
 * What builds for another kind of machine: Debian's compilers for it, and qemu, which runs what was built where that is
 * asked for its answer. For this kind of machine the usual tools, and nothing between.
 */

const others = {
  x64: {
    triplet: 'x86_64-linux-gnu',
    package: 'g++-x86-64-linux-gnu',
    qemu: 'qemu-x86_64-static',
    loader: 'ld-linux-x86-64.so.2',
  },
  arm64: {
    triplet: 'aarch64-linux-gnu',
    package: 'g++-aarch64-linux-gnu',
    qemu: 'qemu-aarch64-static',
    loader: 'ld-linux-aarch64.so.1',
  },
};

const other = isCross ? others[arch] : undefined;
const tool = (name) => (other === undefined ? name : `${other.triplet}-${name}`);

export const gcc = tool('gcc');
export const gxx = tool('g++');
export const strip = tool('strip');

/** How a static program that was built is called here. */
export const callingStatic = (program, args) =>
  other === undefined ? [program, args] : [other.qemu, [program, ...args]];

/**
 * How Node is called here: by the dynamic linker that came with the compiler, and its libraries. qemu's own option for them
 * (-L) would also send what the program makes to their folder.
 */
export function calling(node, args) {
  if (other === undefined) return [node, args];
  const libraries = `/usr/${other.triplet}/lib`;
  return callingStatic(`${libraries}/${other.loader}`, ['--library-path', libraries, node, ...args]);
}

/**
 * How a manager is called here. qemu knows no subreaper, which any but PID 1 has to become: it is the PID 1 of a namespace,
 * and ends with the process that is started.
 */
export function callingManager(node, args) {
  const [command, rest] = calling(node, args);
  if (other === undefined) return [command, rest];
  const user = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', [...user, '--pid', '--fork', '--mount-proc', '--kill-child', command, ...rest]];
}

/** The manager among what was started so; undefined where it is not there. */
export function managerIn({ pid }) {
  if (other === undefined || pid === undefined) return pid;
  const children = `/proc/${pid}/task/${pid}/children`;
  const [child] = existsSync(children) ? readFileSync(children, 'latin1').split(' ') : [];
  return Number(child) || undefined;
}

/** Ends the script where nothing can be built for that kind, or a tool is missing. */
export function needTools() {
  if (!kinds.includes(arch)) fail(`--arch=${arch}: packages are made for ${kinds.join(' and ')}.`);
  if (other === undefined) return;
  const missing = [
    ...(output(gxx, ['--version']) === undefined ? [other.package] : []),
    ...(output(other.qemu, ['--version']) === undefined ? ['qemu-user-static'] : []),
  ];
  if (missing.length > 0) fail(`To build for ${arch}: apt-get install --no-install-recommends ${missing.join(' ')}`);
}
