import { join } from 'node:path';
import { buildLibrary } from './build-library.mjs';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';
import { root, run } from './tools.mjs';

/** `npm test`: everything that is needed is installed and built, then all tests run. Arguments go to vitest; --all is as ALL=1. */
setup();
await pack();
await buildLibrary();
const words = process.argv.slice(2);
if (words.includes('--all')) process.env.ALL = '1';
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
run(process.execPath, [vitest, 'run', ...words.filter((word) => word !== '--all')]);
