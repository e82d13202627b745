import { join } from 'node:path';
import { buildLibrary } from './build-library.mjs';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';
import { root, run } from './tools.mjs';

/** `npm test`: everything that is needed is installed and built, then all tests run. Arguments go to vitest. */
setup();
await pack();
await buildLibrary();
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
