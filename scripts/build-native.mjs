import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkGlibc } from './check-glibc.mjs';
import { setup } from './setup.mjs';
import { filesUnder, isFresh, root, run, say } from './tools.mjs';

/**
 * The addon. prebuilds/ holds the one for this platform, with a hash of the sources it was made from: where they are
 * unchanged no compiler is needed. Else node-gyp makes one in build/.
 */

const prebuilt = join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'pidone.node');
const stamp = `${prebuilt}.sources`;
const built = join(root, 'build/Release/pidone.node');

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
  if (!isFresh(built, sources())) run('npx', ['node-gyp', 'rebuild', '--silent', ...headers()]);
  return built;
}

/** Makes prebuilds/ anew. */
function prebuild() {
  const [headersAt] = headers().map((option) => option.slice('--nodedir='.length));
  run('npx', ['prebuildify', '--napi', '--strip', '--quiet', `--target=${process.versions.node}`], {
    env: { ...process.env, ...(headersAt === undefined ? {} : { npm_config_nodedir: headersAt }) },
  });
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
