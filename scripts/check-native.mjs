import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setup } from './setup.mjs';
import { fail, filesUnder, output, root, run, say } from './tools.mjs';

/**
 * `npm run native:check`: the addon with the compiler's sanitizers in it (addresses, undefined behaviour), under the tests
 * that use the kernel. What they find ends a test's process. child/, which shares another process's memory and stands on a
 * stack of its own, is left out of the first.
 */

setup();
const prefix = dirname(dirname(process.execPath));
const place = join(root, '.cache/native-check');
const release = join(place, 'build/Release');
rmSync(release, { recursive: true, force: true });
mkdirSync(release, { recursive: true });

const api = dirname(createRequire(join(root, 'package.json')).resolve('node-addon-api'));
const options = [
  ...['-std=gnu++17', '-g', '-O1', '-fPIC', '-fno-exceptions', '-fno-rtti', '-fno-omit-frame-pointer'],
  ...['-Wall', '-Wextra', '-Werror', '-fsanitize=undefined', '-fno-sanitize-recover=undefined'],
  ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS'],
  ...[`-I${join(prefix, 'include/node')}`, `-I${api}`],
];
const sources = filesUnder('native').filter((file) => file.endsWith('.cc'));
const objects = sources.map((source) => {
  const object = join(release, `${source.split('/').at(-1)}.o`);
  const address = source.includes('/child/') ? [] : ['-fsanitize=address'];
  run('g++', [...options, ...address, '-c', '-o', object, source]);
  return object;
});
run('g++', ['-shared', '-fsanitize=address,undefined', '-o', join(release, 'pidone.node'), ...objects]);

const runtime = output('g++', ['-print-file-name=libasan.so'])?.trim();
if (runtime === undefined || !runtime.includes('/')) fail('libasan of the compiler is not installed.');
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/real/sys-'], {
  env: {
    ...process.env,
    PIDONE_PREBUILD: place,
    LD_PRELOAD: runtime,
    // Node itself leaves memory to the end of the process.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:handle_segv=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  },
});
say('The sanitizers found nothing.');
