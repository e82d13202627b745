#!/usr/bin/env node
/** Writes src/terms/directives.ts, the types of unit files as objects, from the table of directives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importSource } from './source.mjs';
import { root } from './tools.mjs';

const { objectTypes } = await importSource("export * from './src/unitfile/directives/object-types.ts'");
writeFileSync(join(root, 'src/terms/directives.ts'), objectTypes());
