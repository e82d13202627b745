/** A place that an ordinary user renames and links in, all the time, and a tree of somebody else's that must stay as it is. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RealProcesses } from './real-process.ts';

/** Who renames. */
export const raceUser = 1;
/** Whose the other tree is, besides root. */
const neighbour = 2;
const racer = new URL('./racer.pl', import.meta.url).pathname;

/** What is at the place: a regular file, or a directory. */
export type LeafKind = 'file' | 'directory';

export class Race {
  /** Root's. */
  readonly base: string;
  /** The user's. */
  readonly own: string;
  /** In a directory that the user exchanges with links; itself exchanged as well. */
  readonly leaf: string;
  readonly #victim: string;
  readonly #kind: LeafKind;
  readonly #name: string;
  readonly #processes: RealProcesses;
  #racer = 0;

  constructor(processes: RealProcesses, kind: LeafKind, name = 'leaf') {
    this.#processes = processes;
    this.#kind = kind;
    this.#name = name;
    this.base = fs.mkdtempSync(join(tmpdir(), 'pidone-race-'));
    fs.chmodSync(this.base, 0o755);
    this.own = `${this.base}/own`;
    this.leaf = `${this.own}/x/${name}`;
    this.#victim = `${this.base}/victim`;
    for (const [tree, uid] of [
      [this.#victim, 0],
      [`${this.base}/neighbour`, neighbour],
    ] as const)
      this.#plant(tree, uid);
    fs.mkdirSync(this.own);
    fs.chownSync(this.own, raceUser, raceUser);
    this.#link('to-absolute', this.#victim);
    this.#link('to-relative', '../victim');
    this.#link('to-neighbour', '../neighbour');
    this.#link('leaf-absolute', `${this.#victim}/${name}`);
    this.#link('leaf-relative', `../../victim/${name}`);
    this.#link('leaf-neighbour', `../../neighbour/${name}`);
  }

  #plant(tree: string, uid: number): void {
    const write = (path: string): void => fs.writeFileSync(path, `kept ${path}\n`, { mode: 0o644 });
    fs.mkdirSync(`${tree}/deep`, { recursive: true });
    write(`${tree}/file`);
    write(`${tree}/deep/file`);
    if (this.#kind === 'file') write(`${tree}/${this.#name}`);
    else {
      fs.mkdirSync(`${tree}/${this.#name}/deep`, { recursive: true });
      write(`${tree}/${this.#name}/file`);
      write(`${tree}/${this.#name}/deep/file`);
      fs.symlinkSync('file', `${tree}/${this.#name}/link`);
    }
    for (const entry of ['', ...fs.readdirSync(tree, { recursive: true, encoding: 'utf8' })]) {
      const path = join(tree, entry);
      fs.lchownSync(path, uid, uid);
      fs.lutimesSync(path, 1_000_000, 1_000_000);
    }
  }

  #link(name: string, target: string): void {
    fs.symlinkSync(target, `${this.own}/${name}`);
    fs.lchownSync(`${this.own}/${name}`, raceUser, raceUser);
  }

  /** What the user had before, again. Only while nobody renames. */
  refresh(): void {
    const mine = (path: string): void => fs.lchownSync(path, raceUser, raceUser);
    for (const name of ['x', 'gone', 'leaf-hard', 'leaf-own'])
      fs.rmSync(`${this.own}/${name}`, { recursive: true, force: true });
    fs.mkdirSync(`${this.own}/x`);
    mine(`${this.own}/x`);
    if (this.#kind === 'file') {
      // As a user can make one where fs.protected_hardlinks is off.
      fs.linkSync(`${this.#victim}/${this.#name}`, `${this.own}/leaf-hard`);
      fs.writeFileSync(`${this.own}/leaf-own`, 'own\n');
    } else {
      fs.mkdirSync(`${this.own}/leaf-own/deep`, { recursive: true });
      mine(`${this.own}/leaf-own/deep`);
      fs.linkSync(`${this.#victim}/file`, `${this.own}/leaf-own/hard`);
      fs.symlinkSync(`${this.#victim}/file`, `${this.own}/leaf-own/link`);
      mine(`${this.own}/leaf-own/link`);
      fs.symlinkSync(`${this.#victim}/deep`, `${this.own}/leaf-own/dir`);
      mine(`${this.own}/leaf-own/dir`);
    }
    mine(`${this.own}/leaf-own`);
  }

  async start(seed: number): Promise<void> {
    const { host } = this.#processes;
    const { read, write } = host.pipe();
    const request = this.#processes.request('', {
      path: '/usr/bin/perl',
      argv: ['perl', racer, this.own, this.#name, String(seed)],
      stdout: { kind: 'fd', fd: write },
      uid: raceUser,
      gid: raceUser,
      groups: [],
    });
    this.#racer = host.spawn(request).pid;
    host.closeFd(write);
    await new Promise<void>((ready) => {
      const watch = host.watchReadable(read, () => {
        watch.close();
        ready();
      });
    });
    host.closeFd(read);
  }

  async stop(): Promise<void> {
    this.#processes.host.kill(this.#racer, 9);
    await this.#processes.exitOf(this.#racer);
  }

  /** The trees of others: names, types, owners, modes, times and content. Links to their files are no change of them. */
  look(): string[] {
    return ['victim', 'neighbour'].flatMap((tree) =>
      ['', ...fs.readdirSync(join(this.base, tree), { recursive: true, encoding: 'utf8' })].map((entry) => {
        const path = join(this.base, tree, entry);
        const { mode, uid, gid, mtimeMs } = fs.lstatSync(path);
        const content = (mode & 0o170000) === 0o100000 ? fs.readFileSync(path, 'utf8') : '';
        return `${tree}/${entry} ${mode.toString(8)} ${uid}:${gid} ${mtimeMs} ${content}`;
      }),
    );
  }

  end(): void {
    fs.rmSync(this.base, { recursive: true, force: true });
  }
}
