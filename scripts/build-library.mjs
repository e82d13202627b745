import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildAll, buildClient } from './build.mjs';
import { buildPrebuilt } from './build-native.mjs';
import { writeDeclarations } from './declarations.mjs';
import { packNodeless } from './pack.mjs';
import { setup } from './setup.mjs';
import { lib, nodeless, root, say } from './tools.mjs';

/**
 * What `npm pack` packs, besides the prebuilt addon: dist/library, the library as modules with their types, and dist/pidone,
 * the manager that it starts. That is what the packages of systems have, without what is for one Node only (the compiled
 * code, which a Node of another version would not take) or for a PID 1. What `npx pidone install` installs is beside it.
 */

const library = join(root, 'dist/library');
const manager = join(root, 'dist/pidone');

async function buildModules() {
  const { build } = await import('esbuild');
  rmSync(library, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['src/library/index.ts', 'src/library/vitest.ts'],
    outdir: library,
    chunkNames: 'shared-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** The front door looks for Node beside it, where there is no other one than the user's. */
const node = '#!/bin/sh\nexec node "$@"\n';

function copyManager() {
  rmSync(manager, { recursive: true, force: true });
  mkdirSync(join(manager, 'bin'), { recursive: true });
  for (const name of ['pidone.cjs', 'program.js']) copyFileSync(join(lib, name), join(manager, name));
  buildClient(join(manager, 'bin/systemctl'), undefined);
  cpSync(join(lib, 'user-units'), join(manager, 'user-units'), { recursive: true });
  writeFileSync(join(manager, 'node'), node);
  for (const name of ['bin/systemctl', 'node']) chmodSync(join(manager, name), 0o755);
}

async function buildInstaller() {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: ['packaging/npx.mjs'],
    outfile: join(manager, 'npx.cjs'),
    banner: { js: '#!/usr/bin/env node' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
  chmodSync(join(manager, 'npx.cjs'), 0o755);
  copyFileSync(nodeless, join(manager, 'nodeless.tar.gz'));
}

/** From what buildAll and packNodeless have made. */
export async function buildLibrary() {
  await buildModules();
  await writeDeclarations('library', library);
  copyManager();
  await buildInstaller();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  buildPrebuilt();
  await buildAll();
  packNodeless();
  await buildLibrary();
  const size = statSync(join(manager, 'program.js')).size;
  say(`Built ${library} and ${manager} (${basename(manager)}: ${(size / 1024 / 1024).toFixed(1)} MiB).`);
}
