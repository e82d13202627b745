import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOf, releases, tooOld } from './nodes.mjs';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';
import { nodeless, output, root, run, say, tarball } from './tools.mjs';

/**
 * `npm run test:nodes`: the package without a Node in each release that it is for: how it is installed (test/nodes), and
 * with `-- --all` the tests with real processes, in what is installed then. Other arguments go to vitest.
 */

const vitest = (...args) => [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args];
const words = process.argv.slice(2);
const nodes = Object.fromEntries([...releases, tooOld].map((release) => [release, nodeOf(release)]));

setup();
await pack();
const env = { ...process.env, PIDONE_NODES: JSON.stringify(nodes) };
const rest = words.filter((word) => word !== '--all');
run(process.execPath, vitest('--config', 'vitest.nodes.config.ts', ...rest), { env });
if (words.includes('--all')) for (const release of releases) testInstalled(release);

/** All tests with real processes on a directory that is as dist/, the package in it installed for this Node. */
function testInstalled(release) {
  const node = nodes[release];
  const dist = mkdtempSync(join(tmpdir(), 'pidone-nodes-'));
  say(`With ${output(node, ['--version'])?.trim()}:`);
  try {
    const tree = join(dist, 'root');
    mkdirSync(tree);
    run('tar', ['-C', tree, '-xf', nodeless]);
    const lib = join(tree, 'usr/lib/pidone');
    symlinkSync(node, join(lib, 'node'));
    run(node, [join(lib, 'compile.cjs')]);
    run('tar', ['-C', tree, '-czf', join(dist, tarball.slice(join(root, 'dist/').length)), 'usr']);
    run(process.execPath, vitest('test/real'), { env: { ...env, PIDONE_DIST: dist } });
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
}
