/**
 * The same commands on the same files, given to this systemctl and to systemd's own: where systemd 252 is installed, its
 * `--root=` needs no running manager. Trees and commands are random, from a fixed seed.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemctl } from '../../src/cli/systemctl/systemctl.ts';
import { callProgram } from '../../src/simulation/call.ts';
import { createRealHost } from '../../src/sys/real-host.ts';

const real = '/usr/bin/systemctl';
const version = spawnSync(real, ['--version'], { encoding: 'utf8' }).stdout ?? '';
const isSystemd = /^systemd 252 \(252[^)]*\)/.test(version);

const scratch = fs.mkdtempSync(join(tmpdir(), 'pidone-install-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

interface Result {
  status: number | null;
  out: string;
  err: string;
  tree: string[];
}

/** A small generator of numbers below `limit`; the same for the same seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const units =
  'a.service b.service c.service t@.service t@x.service u@.service a.socket s@.socket a.target b.target multi-user.target default.target w@.target a.timer m.mount'.split(
    ' ',
  );
const words = [
  ...units,
  ...'a.target.requires/t@.service %n z%i.service %p@%i.target al.service al@.service %z nosuch.target x.foo'.split(
    ' ',
  ),
];
const directories = ['etc/systemd/system', 'run/systemd/system', 'usr/lib/systemd/system', 'run/systemd/generator'];

class Case {
  readonly root: string;
  readonly #random: (limit: number) => number;

  constructor(seed: number) {
    this.#random = random(seed);
    this.root = join(scratch, `root-${seed}`);
    fs.mkdirSync(this.root);
    this.#fill();
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }

  #installSection(): string {
    let text = '[Install]\n';
    for (let count = this.#random(4); count > 0; count--) {
      const key = this.#pick(['WantedBy', 'WantedBy', 'RequiredBy', 'Alias', 'Also', 'DefaultInstance']);
      const value = key === 'DefaultInstance' ? this.#pick(['x', '', '%i']) : this.#pick(words);
      text += `${key}=${value}\n`;
    }
    return text;
  }

  #put(path: string, make: (path: string) => void): void {
    const full = join(this.root, path);
    fs.mkdirSync(join(full, '..'), { recursive: true });
    if (fs.lstatSync(full, { throwIfNoEntry: false }) === undefined) make(full);
  }

  #fill(): void {
    for (const directory of directories.slice(0, 3)) fs.mkdirSync(join(this.root, directory), { recursive: true });
    for (let count = 4 + this.#random(8); count > 0; count--) {
      const path = `${this.#pick(directories)}/${this.#pick(units)}`;
      const kind = this.#random(10);
      const target = this.#pick(['/dev/null', `/usr/lib/systemd/system/${this.#pick(units)}`, this.#pick(units)]);
      this.#put(path, (full) =>
        kind < 7 ? fs.writeFileSync(full, kind === 0 ? '' : this.#installSection()) : fs.symlinkSync(target, full),
      );
    }
    const wants = `${this.#pick(directories)}/${this.#pick(units)}.wants/${this.#pick(units)}`;
    this.#put(wants, (full) => fs.symlinkSync(`../${this.#pick(units)}`, full));
    const rules = Array.from(
      { length: 3 },
      () => `${this.#pick(['enable', 'disable'])} ${this.#pick([...units, '*'])}\n`,
    );
    this.#put('etc/systemd/system-preset/1.preset', (full) => fs.writeFileSync(full, rules.join('')));
  }

  command(): string[] {
    const unit = (): string => this.#pick([...units, 'none.service', 'a', 't@new']);
    const flags = this.#random(4) === 0 ? [this.#pick(['--runtime', '--force', '--quiet'])] : [];
    switch (this.#random(9)) {
      case 0:
        return ['disable', ...flags, unit()];
      case 1:
        return [this.#pick(['mask', 'unmask', 'reenable', 'revert', 'preset']), unit()];
      case 2:
        return ['preset-all', ...flags];
      case 3:
        return ['list-unit-files'];
      case 4:
        return ['is-enabled', unit(), unit()];
      case 5:
        return ['add-wants', 'b.target', unit()];
      case 6:
        return [this.#pick(['set-default', 'get-default'])].flatMap((verb) =>
          verb === 'set-default' ? [verb, unit()] : [verb],
        );
      default:
        return ['enable', ...flags, unit(), unit()];
    }
  }
}

function treeOf(root: string): string[] {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return path.slice(root.length) + (entry.isSymbolicLink() ? ` -> ${fs.readlinkSync(path)}` : '');
    })
    .sort();
}

function byReal(root: string, argv: readonly string[]): Result {
  const env = { PATH: process.env.PATH, HOME: '/root', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' };
  const { status, stdout, stderr } = spawnSync(real, [`--root=${root}`, ...argv], { encoding: 'utf8', cwd: '/', env });
  return { status, out: stdout, err: stderr, tree: treeOf(root) };
}

async function byOwn(root: string, argv: readonly string[]): Promise<Result> {
  const host = createRealHost({ manager: false });
  const caller = { env: { LANG: 'C.UTF-8', HOME: '/root' }, caller: { pid: process.pid, uid: 0, gid: 0 } };
  const answer = await callProgram({ host }, systemctl, 'systemctl', [`--root=${root}`, ...argv], caller);
  return { ...answer, tree: treeOf(root) };
}

describe.skipIf(!isSystemd)('unit files below another root, beside systemd 252', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))('seed %d', async (seed) => {
    const one = new Case(seed);
    const copy = `${one.root}.copy`;
    for (let step = 0; step < 5; step++) {
      const argv = one.command();
      // Each works on the same path: it is part of what is printed.
      spawnSync('cp', ['-a', one.root, copy]);
      const wanted = byReal(one.root, argv);
      fs.rmSync(one.root, { recursive: true });
      fs.renameSync(copy, one.root);
      expect({ argv, ...(await byOwn(one.root, argv)) }).toEqual({ argv, ...wanted });
    }
  });
});
