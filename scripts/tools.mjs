import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the scripts share. They run on a fresh clone: nothing of node_modules may be imported here. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Kinds of machine that there are packages for, by Node's names. */
export const kinds = ['x64', 'arm64'];
/** What is built for: this kind of machine, or the one that `--arch=` names (scripts/cross.mjs). */
export const arch = process.argv.find((word) => word.startsWith('--arch='))?.slice('--arch='.length) ?? process.arch;
export const isCross = arch !== process.arch;
/** The tree of the package, as it lies on a target system; in a checkout it works where it is. */
export const stage = join(root, isCross ? `dist/root-${arch}` : 'dist/root');
export const lib = join(stage, 'usr/lib/pidone');
export const tarball = join(root, `dist/pidone-linux-${arch}.tar.gz`);
/** The same without a Node. */
export const nodeless = join(root, `dist/pidone-nodeless-linux-${arch}.tar.gz`);

/** Runs a command in the checkout, its output ours. Ends the script where it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error !== undefined) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** The output of a command; undefined where it failed or is not there. */
export function output(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? result.stdout : undefined;
}

export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

export function say(message) {
  process.stdout.write(`${message}\n`);
}

/** All files under a directory of the checkout. */
export function filesUnder(directory) {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** The scripts of packaging/ by name, and the parts that several have (`withParts` of scripts/deb/package.mjs). */
export function shellParts() {
  const folder = join(root, 'packaging');
  const names = readdirSync(folder).filter((name) => /\.(?:sh|cjs)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Whether `target` is there and no source is younger. */
export function isFresh(target, sources) {
  if (!existsSync(target)) return false;
  const made = statSync(target).mtimeMs;
  return sources.every((source) => statSync(source).mtimeMs <= made);
}
