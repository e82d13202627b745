import { packRpm } from './pack-rpm.mjs';
import { fail, output, run } from './tools.mjs';

/** rpmlint's look at the package: what it finds is a failure, unless packaging/rpm/rpmlint.toml says why it is so. */
if (output('rpmlint', ['--version']) === undefined) fail('rpmlint is needed: apt-get install rpmlint.');
run('rpmlint', ['--strict', '--config', 'packaging/rpm/rpmlint.toml', packRpm()]);
