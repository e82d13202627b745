#!/usr/bin/env node
/**
 * Writes docs/directives.md from the table of directives.
 *
 *   scripts/gen-directives.mjs [--check]     --check only says whether the page is up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importSource } from './source.mjs';
import { fail, root } from './tools.mjs';

const page = join(root, 'docs/directives.md');
const { directivesDocument } = await importSource("export * from './src/unitfile/directives/document.ts'");
const text = directivesDocument();
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) fail('docs/directives.md is old: run node scripts/gen-directives.mjs');
} else writeFileSync(page, text);
