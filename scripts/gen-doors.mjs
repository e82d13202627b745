#!/usr/bin/env node
/** Writes the tables of docs/security.md, which are its last section, from src/main/doors.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importSource } from './source.mjs';
import { root } from './tools.mjs';

const page = join(root, 'docs/security.md');
const heading = '## Doors\n\n';
const { doorsDocument } = await importSource("export * from './src/main/doors.ts'");
const [prose] = readFileSync(page, 'utf8').split(heading);
writeFileSync(page, prose + heading + doorsDocument());
