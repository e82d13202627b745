#!/usr/bin/env node
/**
 * `npm run test:sanitized [-- --all]`: what is native with the compiler's sanitizers in it (addresses, undefined behaviour),
 * under tests with real processes: some of them, or all. What they find ends the process, and so the test fails.
 *
 * First what the front door makes of a manager's answer, by random cases (test/support/fuzz/front-door.c); then the addon
 * alone, in the test's own process; then all of the package. There the front door is no longer static, as the sanitizer of
 * addresses asks for; before the packaged Node a program is put that loads the sanitizer into it, beside what the front door
 * loads into a manager (native/preload).
 *
 * Left out are leaks, as Node itself leaves memory to the end of the process, and addresses in native/child/, which shares
 * another process's memory and stands on a stack of its own.
 */
import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildClient, buildPreload, frontDoors } from './build.mjs';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';
import { fail, filesUnder, lib, output, root, run, say, stage, tarball } from './tools.mjs';

const wrong = process.argv.slice(2).find((word) => word !== '--all');
if (wrong !== undefined) fail(`test-sanitized: ${wrong}: the option is --all`);
const all = process.argv.includes('--all');

/** Of the tests of the whole package, those that are run where not all are: every native file has its part in them. */
const someTests = ['client', 'descriptors', 'journal', 'places', 'processes'].map(
  (name) => `test/real/${name}.test.ts`,
);

/** Asks that the dynamic linker hears nothing of the environment, as only a static front door makes sure. */
const onlyStatic = 'test/real/environment.test.ts';

const undefinedToo = ['-fsanitize=undefined', '-fno-sanitize-recover=undefined', '-g', '-fno-omit-frame-pointer'];
const addressToo = ['-fsanitize=address', ...undefinedToo];
const reports = { ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:handle_segv=0', UBSAN_OPTIONS: 'print_stacktrace=1' };

setup();
await pack();
const place = join(root, '.cache/sanitized');
rmSync(place, { recursive: true, force: true });
const runtime = output('g++', ['-print-file-name=libasan.so'])?.trim();
if (runtime === undefined || !runtime.includes('/')) fail('libasan of the compiler is not installed.');

fuzzFrontDoor();
const addon = buildAddon();
vitest(['test/real/sys-'], {
  PIDONE_PREBUILD: join(place, 'addon'),
  LD_PRELOAD: runtime,
  ...reports,
});
buildPackage();
vitest(all ? ['test/real', '--exclude', onlyStatic] : someTests, { PIDONE_DIST: join(place, 'dist') });
say('The sanitizers found nothing.');

function vitest(args, env) {
  run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
    env: { ...process.env, ...env },
  });
}

function fuzzFrontDoor() {
  const target = join(place, 'front-door');
  const options = ['-std=gnu17', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror', ...addressToo];
  mkdirSync(place, { recursive: true });
  run('gcc', [...options, '-o', target, join(root, 'test/support/fuzz/front-door.c')]);
  const seed = String(Date.now());
  say(`Answers for the front door, seed ${seed}`);
  run(target, [all ? '5000000' : '200000', seed], { env: { ...process.env, ...reports } });
}

/** The addon, at the place where a checkout looks for it below `PIDONE_PREBUILD`. */
function buildAddon() {
  const release = join(place, 'addon/build/Release');
  mkdirSync(release, { recursive: true });
  const prefix = dirname(dirname(process.execPath));
  const api = dirname(createRequire(join(root, 'package.json')).resolve('node-addon-api'));
  const options = [
    ...['-std=gnu++17', '-O1', '-fPIC', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra', '-Werror', ...undefinedToo],
    ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS'],
    ...[`-I${join(prefix, 'include/node')}`, `-I${api}`],
  ];
  const objects = filesUnder('native')
    .filter((file) => file.endsWith('.cc'))
    .map((source) => {
      const object = join(release, `${source.split('/').at(-1)}.o`);
      const address = source.includes('/child/') ? [] : ['-fsanitize=address'];
      run('g++', [...options, ...address, '-c', '-o', object, source]);
      return object;
    });
  const target = join(release, 'pidone.node');
  run('g++', ['-shared', '-fsanitize=address,undefined', '-o', target, ...objects]);
  return target;
}

/** dist/ anew, with all that is native in it exchanged. */
function buildPackage() {
  const dist = join(place, 'dist');
  const tree = join(dist, 'root');
  cpSync(stage, tree, { recursive: true, verbatimSymlinks: true });
  run('tar', ['-C', tree, '-xf', tarball]);
  const inTree = (path) => join(tree, path.slice(stage.length + 1));
  const ours = inTree(lib);
  const client = inTree(join(lib, 'bin/systemctl'));
  rmSync(client);
  // Some tests put the Node that runs them beside it.
  buildClient(client, undefined, ['-no-pie', '-Wl,--entry=pidone_entry', ...addressToo]);
  for (const name of frontDoors) copyFileSync(client, join(tree, 'usr/bin', name));
  rmSync(join(ours, 'preload.so'));
  buildPreload(join(ours, 'preload.so'), addressToo);
  copyFileSync(addon, join(ours, 'addon.node'));
  renameSync(join(ours, 'node'), join(ours, 'node-itself'));
  buildNode(join(ours, 'node'));
  const loaded = "fs.readFileSync('/proc/self/maps', 'latin1').includes('libasan')";
  if (output(join(ours, 'node'), ['-p', loaded])?.trim() !== 'true') fail('The sanitizer is not in Node.');
  run('tar', ['-C', tree, '-czf', join(dist, 'pidone-linux-x64.tar.gz'), '.']);
}

/** What stands before Node: it has the sanitizer loaded first, and becomes Node. */
function buildNode(target) {
  const source = join(place, 'node.c');
  const settings = Object.entries(reports).map(([name, value]) => `  setenv("${name}", "${value}", 1);`);
  const text = `
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char itself[4096 + 16], preload[8192];
  ssize_t length = readlink("/proc/self/exe", itself, 4096);
  const char *before = getenv("LD_PRELOAD");
  (void)argc;
  if (length <= 0) return 127;
  snprintf(itself + length, 16, "-itself");
  snprintf(preload, sizeof(preload), "${runtime}%s%s", before == NULL ? "" : ":", before == NULL ? "" : before);
  setenv("LD_PRELOAD", preload, 1);
${settings.join('\n')}
  execv(itself, argv);
  perror(itself);
  return 127;
}
`;
  writeFileSync(source, text);
  run('gcc', ['-O1', '-static', '-Wall', '-Werror', '-o', target, source]);
}
