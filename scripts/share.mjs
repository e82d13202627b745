import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { licenseTexts } from './licenses.mjs';
import { manPages, manSources } from './man.mjs';
import { isFresh, root } from './tools.mjs';

/**
 * What lies in usr/share of a system, below `lib`/share: manual pages, completions, what the bus allows. `program`: the file
 * that the tables of options and verbs are in. bash-completion finds those of a program beside the real place of its
 * executable; links lead to the rest (packaging/install.sh, scripts/deb/package.mjs).
 */
export async function buildShare(lib, program) {
  const { completionFiles } = await import('./completions.mjs');
  const share = join(lib, 'share');
  const made = join(share, 'man/man1/pidone.1.gz');
  const policy = 'dbus-1/system.d/pidone.conf';
  const scripts = ['completions', 'licenses', 'share'].map((name) => join(root, `scripts/${name}.mjs`));
  if (existsSync(share) && isFresh(made, [program, join(root, 'share', policy), ...scripts, ...manSources()])) return;
  rmSync(share, { recursive: true, force: true });
  const put = (path, content) => {
    mkdirSync(dirname(join(share, path)), { recursive: true });
    writeFileSync(join(share, path), content);
  };
  cpSync(join(root, 'share', policy), join(share, policy));
  for (const [path, text] of await completionFiles()) put(path, text);
  for (const [name, text] of licenseTexts()) put(`licenses/${name}`, text);
  for (const [name, text] of manPages()) put(`man/man${name.at(-1)}/${name}.gz`, gzipSync(text, { level: 9 }));
}
