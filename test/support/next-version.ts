/** A Debian package of this very tree that says it is the next version: what an upgrade brings. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface NextVersion {
  readonly version: string;
  /** Path of the package. */
  readonly path: string;
  remove(): void;
}

/** Builds it in a directory of its own, which takes about a minute. Throws with what the build has said. */
export function packNextVersion(): NextVersion {
  const { version: now } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const [major, minor, patch] = now.split('.').map(Number);
  const version = `${major}.${minor}.${patch! + 1}`;
  const tree = mkdtempSync(join(tmpdir(), 'pidone-next-'));
  const remove = (): void => rmSync(tree, { recursive: true, force: true });
  const run = (command: string, args: readonly string[], cwd: string): string =>
    execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)) },
    });
  try {
    for (const path of run('git', ['ls-files', '-z'], root).split('\0')) {
      if (path === '' || !existsSync(join(root, path))) continue;
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      cpSync(join(root, path), join(tree, path));
    }
    // What was compiled here, where the prebuilt addon did not do.
    if (existsSync(join(root, 'build'))) cpSync(join(root, 'build'), join(tree, 'build'), { recursive: true });
    for (const name of ['node_modules', '.cache']) symlinkSync(join(root, name), join(tree, name));
    const edit = (path: string, change: (text: string) => string): void =>
      writeFileSync(join(tree, path), change(readFileSync(join(tree, path), 'utf8')));
    edit('package.json', (text) => text.replace(`"version": "${now}"`, `"version": "${version}"`));
    edit('CHANGELOG.md', (text) => text.replace(`## ${now}`, `## ${version}\n\nA test.\n\n## ${now}`));
    edit('packaging/deb/changelog', (text) => `${text.replace(`(${now})`, `(${version})`)}\n${text}`);
    run('node', ['scripts/version.mjs'], tree);
    run('node', ['scripts/pack.mjs'], tree);
    return { version, path: join(tree, 'dist', `pidone_${version}_amd64.deb`), remove };
  } catch (error) {
    remove();
    throw error;
  }
}
