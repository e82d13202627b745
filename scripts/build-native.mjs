import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkGlibc } from './check-glibc.mjs';
import { gxx, needTools } from './cross.mjs';
import { cache, packagedHeaders } from './runtime.mjs';
import { setup } from './setup.mjs';
import { arch, filesUnder, isCross, isFresh, root, run, say } from './tools.mjs';

/**
 * The addon. prebuilds/ holds the ones for each kind of machine, with a hash of the sources they were made from: where those
 * are unchanged no compiler is needed. Else node-gyp makes one in build/, and the compiler alone one for another kind.
 */

const prebuilt = join(root, 'prebuilds', `${process.platform}-${arch}`, 'pidone.node');
const stamp = `${prebuilt}.sources`;
const built = isCross ? join(cache, `addon-${arch}`, 'pidone.node') : join(root, 'build/Release/pidone.node');

function sources() {
  const own = filesUnder('native').filter((file) => !file.includes('/client/') && /\.(cc|h)$/.test(file));
  return [...own.sort(), join(root, 'binding.gyp')];
}

/** A hash of what the addon is made of: files of a fresh clone tell nothing by their times. */
function sourcesHash() {
  const hash = createHash('sha256');
  for (const file of sources())
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

/** Headers of the Node that runs this, where it was installed with them; else node-gyp fetches its own. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

function prebuiltFits() {
  return existsSync(prebuilt) && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === sourcesHash();
}

/** Path of an addon made from the sources as they are. */
export function buildNative() {
  if (prebuiltFits()) {
    // The loader would prefer one that was built here, however old.
    rmSync(built, { force: true });
    return prebuilt;
  }
  if (isFresh(built, sources())) return built;
  if (isCross) crossBuild();
  else run('npx', ['node-gyp', 'rebuild', '--silent', ...headers()]);
  return built;
}

/** As binding.gyp says, with what node-gyp adds to it. */
function crossBuild() {
  needTools();
  say(`Building the addon for ${arch}…`);
  const [gyp] = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8')).targets;
  const objects = join(dirname(built), 'objects');
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  const api = dirname(createRequire(join(root, 'package.json')).resolve('node-addon-api'));
  const options = [
    ...['-O3', '-fPIC', '-pthread', '-fno-exceptions', '-fno-rtti', ...gyp.cflags, ...gyp.cflags_cc],
    ...gyp.defines.map((define) => `-D${define}`),
    ...[packagedHeaders(), api].map((folder) => `-I${folder}`),
  ];
  // Several at a time: xargs(1) waits for all and fails where one has.
  run('xargs', ['-P', String(availableParallelism()), '-n', '1', gxx, ...options, '-c'], {
    cwd: objects,
    input: gyp.sources.map((source) => join(root, source)).join('\n'),
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const made = gyp.sources.map((source) => join(objects, basename(source).replace(/\.cc$/, '.o')));
  run(gxx, ['-shared', '-pthread', '-s', ...gyp.ldflags, '-o', `${built}.new`, ...made]);
  renameSync(`${built}.new`, built);
}

/** Makes prebuilds/ anew where it is not of the sources as they are. */
export function buildPrebuilt() {
  if (!prebuiltFits()) prebuild();
}

/** Makes prebuilds/ anew. */
function prebuild() {
  if (isCross) {
    if (!isFresh(built, sources())) crossBuild();
    mkdirSync(dirname(prebuilt), { recursive: true });
    copyFileSync(built, prebuilt);
  } else {
    const [headersAt] = headers().map((option) => option.slice('--nodedir='.length));
    run('npx', ['prebuildify', '--napi', '--strip', '--quiet', `--target=${process.versions.node}`], {
      env: { ...process.env, ...(headersAt === undefined ? {} : { npm_config_nodedir: headersAt }) },
    });
  }
  checkGlibc([prebuilt]);
  writeFileSync(stamp, `${sourcesHash()}\n`);
  rmSync(built, { force: true });
  say(`Made ${prebuilt.slice(root.length + 1)}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  setup();
  if (process.argv[2] === 'prebuild') prebuild();
  else say(`The addon is ${buildNative().slice(root.length + 1)}.`);
}
