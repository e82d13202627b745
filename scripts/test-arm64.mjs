#!/usr/bin/env node
/**
 * `npm run test:arm64`: the package for arm64 on a whole machine under qemu-system, with Debian's own kernel for arm64. What
 * an emulator of single programs (qemu-user) makes of clone flags, seccomp and the reaping of orphans tells nothing, so that
 * no test is run under it. Needs root, and Debian's qemu.
 */
import { copyFileSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bootMachine, makeDisk, needMachine } from './arm64/machine.mjs';
import { arm64Modules, arm64Root } from './arm64/root.mjs';
import { pack } from './pack.mjs';
import { packagedNode } from './runtime.mjs';
import { setup } from './setup.mjs';
import { fail, filesUnder, isCross, lib, output, root, run, say, stage, tarball } from './tools.mjs';

/** Files of tests that are run there, by the beginnings of their paths. */
const files = ['test/arm64', 'test/real/sys-spawn', 'test/real/sys-sandbox'];
const minutes = 60;

/** To cat(1): what a terminal is shown several times a second takes longer there than the tests. */
const command = `cd /checkout
{ NO_COLOR=1 PIDONE_TEST_SLOWNESS=10 node node_modules/vitest/vitest.mjs run --config vitest.arm64.config.ts --reporter=verbose \\
  --reporter=json --outputFile=/tmp/report; echo "arm64-status $?"; } 2>&1 | cat
echo "arm64-counts $(node .ci/count.mjs /tmp/report)"
`;

const wrong = process.argv.slice(2).find((word) => !word.startsWith('--arch='));
if (wrong !== undefined) fail(`test-arm64: ${wrong}: it takes no arguments`);
if (!isCross) fail('test-arm64: on an arm64 machine npm test does all of this, and elsewhere npm run test:arm64.');

setup();
needMachine();
await pack();
const debian = await arm64Root();
const disk = join(root, '.cache/arm64-checkout.ext4');
makeDisk(await makeCheckout(), disk);
const [passed, failed] = countsIn(await bootMachine(debian, disk, '/checkout/test/arm64/tests', minutes));
say(
  `arm64, Linux ${debian.version} under qemu-system: ${passed} tests passed, ${failed} failed (${files.join(', ')}).`,
);
say('Left out: all other tests, which are run on x86-64 alone; under emulation they would take hours.');
if (failed > 0 || passed === 0) process.exit(1);

/** A copy of the checkout with what is built for arm64, as the tests look for it. */
async function makeCheckout() {
  const made = join(root, '.cache/arm64-checkout');
  rmSync(made, { recursive: true, force: true });
  const files =
    output('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']) ?? fail('git is needed.');
  for (const file of files.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(made, file)), { recursive: true });
    cpSync(join(root, file), join(made, file), { verbatimSymlinks: true });
  }
  run('cp', ['-a', arm64Modules(root), join(made, 'node_modules')]);
  mkdirSync(join(made, 'bin'));
  copyFileSync(packagedNode(), join(made, 'bin/node'));
  mkdirSync(join(made, 'dist'));
  copyFileSync(tarball, join(made, 'dist', tarball.slice(join(root, 'dist/').length)));
  cpSync(stage, join(made, 'dist/root'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('/checkout/bin/node', join(made, 'dist/root/usr/lib/pidone/node'));
  mkdirSync(join(made, 'prebuilds/linux-arm64'), { recursive: true });
  copyFileSync(join(lib, 'addon.node'), join(made, 'prebuilds/linux-arm64/pidone.node'));
  await bundleTests(made);
  writeFileSync(join(made, 'arm64-command'), command);
  return made;
}

/**
 * Each file of tests with all that it imports as one, beside it: to compile some hundred modules takes an emulated machine
 * longer than its tests do. Paths that are found from where a module lies stay: those that do so lie two folders below the root, as the tests that use them.
 */
async function bundleTests(made) {
  const { build } = await import('esbuild');
  const tests = filesUnder('test')
    .map((file) => relative(root, file))
    .filter((file) => file.endsWith('.test.ts') && files.some((beginning) => file.startsWith(beginning)));
  await build({
    absWorkingDir: made,
    entryPoints: tests,
    outbase: '.',
    outdir: '.',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    logLevel: 'error',
  });
}

/** [passed, failed] */
function countsIn(text) {
  const [, passed, wrongs] = /^arm64-counts (\d+) (\d+)$/m.exec(text) ?? fail('The machine ended without a result.');
  const [, status] = /^arm64-status (\d+)$/m.exec(text) ?? fail('The machine ended without a result.');
  // A file that cannot be run has no test that has failed.
  return [Number(passed), status === '0' ? Number(wrongs) : Math.max(1, Number(wrongs))];
}
