import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildNative } from './build-native.mjs';
import { setup } from './setup.mjs';
import { fail, filesUnder, isFresh, lib, root, run, say, stage } from './tools.mjs';

/**
 * Builds dist/root, the tree of the package. In a checkout it runs where it is, with the Node that builds it;
 * scripts/pack.mjs puts the packaged Node in.
 */

/** Options of Node for the long-lived manager and for a program that ends at once; docs/memory.md has the figures. */
const managerOptions = ['--max-semi-space-size=4', '--max-lazy'];
const programOptions = [];

/** Names that the front door answers to, besides systemctl; links in lib/bin for systems without these programs. */
const programs = [
  'halt',
  'init',
  'journalctl',
  'poweroff',
  'reboot',
  'runlevel',
  'shutdown',
  'systemd-analyze',
  'systemd-cat',
  'systemd-cgls',
  'systemd-escape',
  'systemd-notify',
  'systemd-run',
  'telinit',
];

const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

async function buildBundle() {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: ['src/main/pidone.ts'],
    outfile: join(lib, 'pidone.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { 'import.meta.url': 'pidoneBundleUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const pidoneBundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
}

/** The front door: one static executable. */
export function buildClient(target = join(lib, 'bin/systemctl'), extra = ['-static', '-no-pie', '-s']) {
  const sources = filesUnder('native/client');
  if (isFresh(target, [...sources, join(root, 'scripts/build.mjs'), join(root, 'package.json')])) return;
  const list = (options) => options.map((option) => `"${option}",`).join('');
  const text = readFileSync(join(root, 'src/sys/version.ts'), 'utf8');
  const features = /FEATURES =\s*'([^']*)'/.exec(text)?.[1];
  if (features === undefined) fail('src/sys/version.ts: FEATURES not found');
  mkdirSync(join(target, '..'), { recursive: true });
  run('gcc', [
    '-std=gnu17',
    '-D_GNU_SOURCE',
    '-Os',
    '-ffunction-sections',
    '-fdata-sections',
    '-Wl,--gc-sections',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wconversion',
    '-Wshadow',
    `-DPIDONE_MANAGER_OPTIONS=${list(managerOptions)}`,
    `-DPIDONE_PROGRAM_OPTIONS=${list(programOptions)}`,
    `-DPIDONE_VERSION_TEXT="systemd 252 (pidone ${version})\\n${features}\\n"`,
    ...extra,
    '-o',
    `${target}.new`,
    ...sources.filter((source) => source.endsWith('.c')),
  ]);
  renameSync(`${target}.new`, target);
}

function link(target, path) {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

export async function buildAll() {
  mkdirSync(join(lib, 'bin'), { recursive: true });
  mkdirSync(join(stage, 'usr/bin'), { recursive: true });
  await buildBundle();
  // A manager that runs from here keeps the one that it has loaded.
  copyFileSync(buildNative(), join(lib, 'addon.node.new'));
  renameSync(join(lib, 'addon.node.new'), join(lib, 'addon.node'));
  buildClient();
  for (const program of programs) link('systemctl', join(lib, 'bin', program));
  for (const program of ['systemctl', 'journalctl']) {
    copyFileSync(join(lib, 'bin/systemctl'), join(stage, 'usr/bin', `.${program}`));
    chmodSync(join(stage, 'usr/bin', `.${program}`), 0o755);
    renameSync(join(stage, 'usr/bin', `.${program}`), join(stage, 'usr/bin', program));
  }
  for (const [source, target] of [
    ['share/system', 'units'],
    ['share/user', 'user-units'],
  ]) {
    rmSync(join(lib, target), { recursive: true, force: true });
    cpSync(join(root, source), join(lib, target), { recursive: true, verbatimSymlinks: true });
  }
  if (!existsSync(join(lib, 'node'))) link(process.execPath, join(lib, 'node'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  await buildAll();
  say(`Built ${stage}.`);
}
