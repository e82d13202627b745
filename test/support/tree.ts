/** A tree that packages are installed into, as a test looks at it. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';

export class Tree {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs a program in the tree's environment; its exit status and what it said. */
  run(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): { exit: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env },
    });
    return { exit: status, said: stdout + stderr };
  }

  /** What a path in the tree leads to in the end: the content of a file; undefined where there is nothing. */
  read(path: string): string | undefined {
    let at = path;
    for (let i = 0; i < 10; i++) {
      const real = join(fs.realpathSync(join(this.root, at, '..')), at.slice(at.lastIndexOf('/') + 1));
      const stat = fs.lstatSync(real, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      if (!stat.isSymbolicLink()) return fs.readFileSync(real, 'latin1');
      const target = fs.readlinkSync(real);
      at = target.startsWith('/') ? target : join(real.slice(this.root.length), '..', target);
    }
    return undefined;
  }

  /** Every file and link where programs are, and where pidone lies; of a large one how large it is. */
  programs(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const directory of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/lib']) {
      if (fs.lstatSync(join(this.root, directory)).isSymbolicLink()) continue;
      for (const name of fs.readdirSync(join(this.root, directory))) {
        const path = join(this.root, directory, name);
        const stat = fs.lstatSync(path);
        found[`/${directory}/${name}`] = stat.isSymbolicLink()
          ? `-> ${fs.readlinkSync(path)}`
          : stat.isDirectory()
            ? 'directory'
            : stat.size < 1000
              ? fs.readFileSync(path, 'latin1')
              : `${stat.size} bytes`;
      }
    }
    return found;
  }
}
