import { packDeb } from './pack-deb.mjs';
import { fail, output, run } from './tools.mjs';

/**
 * Debian's own look at the packages: what it finds is a failure, unless their lintian-overrides say why it is so. lintian and
 * what it needs are some hundred packages, so they are not installed for it.
 */
if (output('lintian', ['--version']) === undefined) fail('lintian is needed: apt-get install lintian.');
const architecture = process.argv[2] ?? 'amd64';
run('lintian', [
  '--allow-root',
  '--tag-display-limit=0',
  '--fail-on=error,warning',
  packDeb(architecture),
  packDeb(architecture, 'pidone-nodeless'),
]);
