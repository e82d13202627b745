import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, run, say } from './tools.mjs';

/** What a fresh clone needs before anything runs: Node 20.20 or newer and the packages of the lock file. */
export function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 20)) fail(`Node 20.20 or newer is needed, this is ${process.version}.`);
  if (existsSync(join(root, 'node_modules/.package-lock.json'))) return;
  say('Installing the packages of package-lock.json…');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setup();
