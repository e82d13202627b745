import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './tools.mjs';

/** A module as if it lay in the checkout, with all that it imports, as one file in a folder that is the caller's to remove. */
export async function bundleSource(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const folder = mkdtempSync(join(tmpdir(), 'pidone-source-'));
  const file = join(folder, 'source.mjs');
  writeFileSync(file, outputFiles[0].contents);
  return { folder, file };
}

/** What modules of the sources export, for scripts; `contents` is a module that exports it. */
export async function importSource(contents) {
  const { folder, file } = await bundleSource(contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
