import { join } from 'node:path';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';
import { fail, root, run } from './tools.mjs';

/** `npm run test:engines`: the files of docs/engines.md, run by Debian's engines. Arguments go to vitest. */
if (process.getuid() !== 0) fail('test:engines: engines are installed and run as root.');
setup();
await pack();
run('bash', ['test/engines/setup.sh']);
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
run(process.execPath, [vitest, 'run', '--config', 'vitest.engines.config.ts', ...process.argv.slice(2)]);
