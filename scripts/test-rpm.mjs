import { join } from 'node:path';
import { pack } from './pack.mjs';
import { hasRpmbuild, packRpm, rpmIsMissing } from './pack-rpm.mjs';
import { setup } from './setup.mjs';
import { fail, root, run } from './tools.mjs';

/** `npm run test:rpm`: the RPM package, installed by Debian's rpm into trees that are made for it. Arguments go to vitest. */
if (process.getuid() !== 0) fail('test:rpm: rpm runs scripts of packages in a chroot, which needs root.');
if (!hasRpmbuild()) fail(rpmIsMissing);
setup();
await pack();
packRpm();
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
run(process.execPath, [vitest, 'run', '--config', 'vitest.rpm.config.ts', ...process.argv.slice(2)]);
