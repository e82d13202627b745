import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './runtime.mjs';
import { fail, root, run, say } from './tools.mjs';

/** Nodes of several releases, which the package without one is tested with, and one that is too old for it. */
const versions = JSON.parse(readFileSync(join(root, 'packaging/runtime/releases.json'), 'utf8'));
/** Those that pidone runs in. */
export const releases = Object.keys(versions).filter((release) => Number(release) >= 20);
export const tooOld = '18';

/** The path of a release's executable, which an npm package brings. */
export function nodeOf(release) {
  const version = versions[release] ?? fail(`Node ${release}: not in packaging/runtime/releases.json.`);
  const name = `node-linux-${process.arch}`;
  const folder = join(cache, 'nodes', version);
  const node = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  say(`Fetching Node ${version}…`);
  mkdirSync(folder, { recursive: true });
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  run('npm', ['install', ...quietly, '--prefix', folder, `${name}@${version}`]);
  return node;
}
