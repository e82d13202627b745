#!/usr/bin/env node
/**
 * Writes docs/directives.md from the table of directives.
 *
 *   scripts/gen-directives.mjs [--check]     --check only says whether the page is up to date
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const page = join(root, 'docs/directives.md');
const { outputFiles } = await build({
  entryPoints: [join(root, 'src/unitfile/directives/document.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  logLevel: 'error',
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { directivesDocument } = await import(`data:text/javascript;base64,${code}`);
const text = directivesDocument();
if (process.argv.includes('--check')) {
  let old = '';
  try {
    old = readFileSync(page, 'utf8');
  } catch {
    // Not made yet.
  }
  if (old !== text) {
    console.error('docs/directives.md is old: run node scripts/gen-directives.mjs');
    process.exit(1);
  }
} else {
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(page, text);
}
