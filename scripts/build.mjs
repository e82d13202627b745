import { createHash } from 'node:crypto';
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
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import compiling from '../packaging/compile.cjs';
import { packParts, partsId } from '../packaging/parts.cjs';
import { buildNative } from './build-native.mjs';
import { checkGlibc } from './check-glibc.mjs';
import { calling, callingManager, callingStatic, gcc, managerIn, needTools } from './cross.mjs';
import { withParts } from './deb/package.mjs';
import { setup } from './setup.mjs';
import { buildShare } from './share.mjs';
import { fail, filesUnder, isCross, isFresh, lib, output, root, run, say, shellParts, stage } from './tools.mjs';

/**
 * Builds dist/root, the tree of the package. In a checkout it runs where it is, with the Node that builds it;
 * scripts/pack.mjs puts the packaged Node in. With `--arch=arm64` dist/root-arm64, for machines of that kind.
 */

/** Of the manager in any Node. */
export const { managerOptions } = compiling;

const majorOf = (node) => Number.parseInt(output(...calling(node, ['-p', 'process.versions.node'])) ?? '', 10);
/** A front door is made for the Node beside it, and for any with undefined. */
const managerOptionsOf = (node) => compiling.managerOptionsOf(node === undefined ? 0 : majorOf(node));

/**
 * What lies in /usr/bin, also in place of systemd's own: these speak with the manager, and systemd's would wait 25 s for
 * a bus on which nobody answers. And pidone, which is nobody else's.
 */
export const frontDoors = [
  'systemctl',
  'journalctl',
  'systemd-run',
  'systemd-analyze',
  'systemd-cgls',
  'systemd-mount',
  'systemd-umount',
  'pidone',
];

/** Names that the front door answers to, besides systemctl; links in lib/bin for systems without these programs. */
const programs = [
  'halt',
  'init',
  'journalctl',
  'pidone',
  'poweroff',
  'reboot',
  'run0',
  'runlevel',
  'shutdown',
  'systemd-analyze',
  'systemd-cat',
  'systemd-cgls',
  'systemd-creds',
  'systemd-detect-virt',
  'systemd-escape',
  'systemd-id128',
  'systemd-mount',
  'systemd-notify',
  'systemd-path',
  'systemd-run',
  'systemd-sysusers',
  'systemd-tmpfiles',
  'systemd-umount',
  'telinit',
];

/** What esbuild is told for every part; and for those that the loader calls, where import() is a call of its `require`. */
const dense = { target: 'node20', minifySyntax: true, minifyWhitespace: true };
const callable = { format: 'cjs', supported: { 'dynamic-import': false } };

/**
 * program.js: the program as esbuild splits it along `import()`, each piece a function that the loader (pidone.cjs) calls
 * with what a module has. Those of a typical call are one script, those of a manager another; of the others, what is not
 * needed is not even read.
 */
async function buildBundle() {
  const { build, transform } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main/pidone.ts'],
    outdir: lib,
    metafile: true,
    bundle: true,
    splitting: true,
    ...dense,
    platform: 'node',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    define: { 'import.meta.url': 'pidoneUrl' },
    write: false,
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const typical = partsOf(metafile, typicalModules);
  const strays = [...typical].flatMap((name) => sourcesOf(metafile, name)).filter((path) => ofManagers.test(path));
  if (strays.length > 0) fail(`typical.js: a verb on unit files would load ${strays.join(', ')}`);
  const managing = partsOf(metafile, managerModules);
  for (const name of typical) managing.delete(name);
  const parts = new Map([
    ['typical.js', wrapped(await together(build, texts, typical, { minifyIdentifiers: true }))],
    ['manager.js', wrapped(await together(build, texts, managing))],
  ]);
  for (const [name, text] of texts) {
    if (typical.has(name) || managing.has(name)) continue;
    const { code } = await transform(text, { ...dense, ...callable });
    parts.set(name, wrapped(code));
  }
  const within = Object.fromEntries([...managing].map((name) => [name, 'manager.js']));
  const id = createHash('sha256')
    .update(packParts('', parts, within))
    .digest('hex');
  const program = packParts(id, parts, within);
  const target = join(lib, 'program.js');
  // Left as it is where nothing has changed: the compiled code is made from it, and that takes longer.
  if (!existsSync(target) || !readFileSync(target).equals(program)) {
    writeFileSync(`${target}.new`, program);
    renameSync(`${target}.new`, target);
  }
  copyFileSync(join(root, 'packaging/loader.cjs'), join(lib, 'pidone.cjs'));
}

/** A part as the loader calls it. */
const wrapped = (code) => Buffer.from(`(function (exports, require, module, pidoneUrl) {${escaped(code)}})`, 'latin1');
/** esbuild leaves regular expressions as they are. */
const escaped = (code) =>
  code.replace(/[^\x00-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * One module of those in `names`, in one scope: what they export stands under their names; others are asked of the loader.
 * Shortening the names of a typical call takes 7 ms from one of 120; those of other modules stay for what a stack says.
 */
async function together(build, texts, names, options = {}) {
  const exports = [...names].map((name) => `export * as ${JSON.stringify(name)} from './${name}';`);
  const { outputFiles } = await build({
    stdin: { contents: exports.join('\n') },
    bundle: true,
    ...dense,
    ...callable,
    ...options,
    platform: 'node',
    logLevel: 'warning',
    write: false,
    plugins: [
      {
        name: 'parts',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\// }, ({ path, kind }) =>
            kind === 'dynamic-import' || !names.has(basename(path))
              ? { path, external: true }
              : { path: basename(path), namespace: 'parts' },
          );
          onLoad({ filter: /./, namespace: 'parts' }, ({ path }) => ({ contents: texts.get(path) }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** What a verb on unit files needs, the call that most often has a process of its own. */
const typicalModules = [
  'src/main/pidone.ts',
  'src/main/own-process.ts',
  'src/cli/systemctl-py/program.ts',
  'src/cli/systemctl/install.ts',
];

/** What a manager alone works with: import() of it is for those who have found one. */
const ofManagers = /^src\/(?:units\/unit|manager\/|exec\/|jobs\/)/;

/** What every manager needs. */
const managerModules = ['src/main/init.ts'];

/** Files that a part is made of. */
const sourcesOf = ({ outputs }, name) =>
  Object.entries(outputs).flatMap(([path, { inputs }]) => (basename(path) === name ? Object.keys(inputs) : []));

/** Names of the parts that hold these modules and all that they import. */
function partsOf({ outputs }, modules) {
  const names = new Set();
  const visit = (path) => {
    if (names.has(basename(path))) return;
    names.add(basename(path));
    for (const { path: imported, kind, external } of outputs[path].imports)
      if (kind === 'import-statement' && !external) visit(imported);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (modules.includes(entryPoint)) visit(path);
  return names;
}

const clientSources = () => filesUnder('native/client');
const compile = ['-std=gnu17', '-D_GNU_SOURCE', '-Os', '-Wall', '-Wextra', '-Werror', '-Wconversion', '-Wshadow'];

/** What is loaded into the Node of a manager before anything else. `extra`: options that take the place of the usual ones. */
export function buildPreload(target = join(lib, 'preload.so'), extra = undefined) {
  const source = join(root, 'native/preload/preload.c');
  if (isFresh(target, [source, ...clientSources(), join(root, 'scripts/build.mjs')])) return;
  // In as few pieces as can be: each costs a page, and time at each start.
  const inOne = ['noseparate-code', 'norelro', 'now'].map((word) => `-Wl,-z,${word}`);
  const small = extra ?? ['-nostartfiles', '-s', '-Wl,--build-id=none', ...inOne];
  run(gcc, [...compile, '-shared', '-fPIC', '-fvisibility=hidden', ...small, '-o', `${target}.new`, source]);
  if (extra === undefined) checkGlibc([`${target}.new`]);
  renameSync(`${target}.new`, target);
}

/**
 * The front door to `node`, or with undefined to any that there is: one static executable, entered where signals can be blocked before all else
 * (native/client/entry.c).
 */
export function buildClient(target, node, extra = ['-static', '-no-pie', '-s', '-Wl,--entry=pidone_entry']) {
  const sources = clientSources();
  const scripts = ['scripts/build.mjs', 'packaging/compile.cjs'].map((path) => join(root, path));
  if (isFresh(target, [...sources, ...(node === undefined ? [] : [node]), ...scripts])) return;
  const list = (options) => options.map((option) => `"${option}",`).join('');
  mkdirSync(join(target, '..'), { recursive: true });
  run(gcc, [
    ...compile,
    '-ffunction-sections',
    '-fdata-sections',
    '-Wl,--gc-sections',
    `-DPIDONE_MANAGER_OPTIONS=${list(managerOptionsOf(node))}`,
    `-DPIDONE_LATER_OPTIONS=${list(node === undefined ? compiling.laterOptions : [])}`,
    `-DPIDONE_PROGRAM_OPTIONS=${list(compiling.programOptions)}`,
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

/**
 * Writes program.code and manager.code into a directory: what V8 compiles in a few typical calls of `node`
 * (packaging/compile.cjs). For another kind of machine its own Node makes it, under qemu: V8 would take this machine's code
 * there without a word, but promises nothing of it. What a manager has compiled depends on what happens when: for a release it
 * is made once and kept (`kept`, scripts/release.mjs), and taken where it is of this very program.
 */
export async function buildCode(node, into, kept = undefined) {
  const targets = compiling.names.map((name) => join(into, name));
  const ours = ['packaging/loader.cjs', 'packaging/compile.cjs', 'scripts/build.mjs'].map((path) => join(root, path));
  if (targets.every((target) => isFresh(target, [node, join(lib, 'program.js'), ...ours]))) return;
  mkdirSync(into, { recursive: true });
  for (const target of targets) rmSync(target, { force: true });
  const isKept = kept !== undefined && existsSync(kept) && partsId(kept) === partsId(join(lib, 'program.js'));
  await compiling.compile({
    lib,
    into,
    managersCode: isKept ? kept : undefined,
    managerOptions: managerOptionsOf(node),
    calling: (args) => calling(node, args),
    callingManager: (args) => callingManager(node, args),
    callingDoor: (words) => callingStatic(join(lib, 'bin/systemctl'), words),
    managerIn,
  });
  for (const target of targets)
    if (existsSync(target)) chmodSync(target, 0o644);
    else say(`${target}: no compiled code could be made; the package starts more slowly without.`);
}

export async function buildAll() {
  needTools();
  mkdirSync(join(lib, 'bin'), { recursive: true });
  mkdirSync(join(stage, 'usr/bin'), { recursive: true });
  await buildBundle();
  // A manager that runs from here keeps the one that it has loaded.
  copyFileSync(buildNative(), join(lib, 'addon.node.new'));
  renameSync(join(lib, 'addon.node.new'), join(lib, 'addon.node'));
  buildPreload();
  buildClient(join(lib, 'bin/systemctl'), process.execPath);
  for (const program of programs) link('systemctl', join(lib, 'bin', program));
  for (const program of frontDoors) {
    copyFileSync(join(lib, 'bin/systemctl'), join(stage, 'usr/bin', `.${program}`));
    chmodSync(join(stage, 'usr/bin', `.${program}`), 0o755);
    renameSync(join(stage, 'usr/bin', `.${program}`), join(stage, 'usr/bin', program));
  }
  const parts = shellParts();
  writeFileSync(join(lib, 'install.sh'), withParts(parts['install.sh'], parts));
  chmodSync(join(lib, 'install.sh'), 0o755);
  for (const [source, target] of [
    ['share/system', 'units'],
    ['share/system-preset', 'system-preset'],
    ['share/user', 'user-units'],
  ]) {
    rmSync(join(lib, target), { recursive: true, force: true });
    cpSync(join(root, source), join(lib, target), { recursive: true, verbatimSymlinks: true });
  }
  await buildShare(lib, join(lib, 'program.js'));
  if (isCross) return;
  if (!existsSync(join(lib, 'node'))) link(process.execPath, join(lib, 'node'));
  await buildCode(process.execPath, lib);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  await buildAll();
  say(`Built ${stage}.`);
}
