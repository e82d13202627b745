import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeDeclarations } from './declarations.mjs';
import { filesUnder, isFresh, root, say } from './tools.mjs';

/**
 * `pidone/sim` as the npm package has it: dist/sim, an ES module in pieces (what only a command line needs is read when one is
 * called) and its types. It needs no native code, and Node alone.
 */

export async function buildSimulation(into = join(root, 'dist/sim')) {
  const sources = [
    ...filesUnder('src'),
    ...['build-simulation', 'declarations'].map((name) => join(root, `scripts/${name}.mjs`)),
  ];
  if (isFresh(join(into, 'index.d.ts'), sources)) return;
  const { build } = await import('esbuild');
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'src/simulation/simulate.ts', out: 'index' }],
    outdir: into,
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  // What is looked at for freshness comes last.
  await writeDeclarations('sim', into);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const into = process.argv[2] === undefined ? join(root, 'dist/sim') : resolve(process.argv[2]);
  await buildSimulation(into);
  say(`Built ${into}: ${readdirSync(into).length} files.`);
}
