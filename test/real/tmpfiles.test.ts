/**
 * Random configuration on random trees, by pidone and by systemd's own programs where systemd 252 is installed: what is
 * said, the exit status and every file must be the same. The numbers are from a fixed seed.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { callProgram } from '../../src/simulation/call.ts';
import { createRealHost } from '../../src/sys/real-host.ts';
import { systemdSysusers } from '../../src/tools/sysusers/sysusers.ts';
import { systemdTmpfiles } from '../../src/tools/tmpfiles/tmpfiles.ts';

const version = spawnSync('/usr/bin/systemd-tmpfiles', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const isComparable = /^systemd 252 \(252[^)]*\)/.test(version) && process.getuid?.() === 0;

const scratch = fs.mkdtempSync(join(tmpdir(), 'pidone-tmpfiles-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const host = createRealHost({ manager: false });

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed * 7919;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

interface Outcome {
  status: number | null;
  out: string;
  err: string[];
  tree: string[];
}

/** Every file with type, mode, owner, content and attributes. */
function treeOf(root: string): string[] {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { type, mode, uid, gid, rdev, nlink } = host.files.lstat(path);
      const facts: unknown[] = [path.slice(root.length), type, mode.toString(8), uid, gid, rdev];
      if (type === 'symlink') facts.push(fs.readlinkSync(path));
      else {
        const attributes = host.files.listXattrs(path).map((name) => [name, host.files.getXattr(path, name)]);
        facts.push(JSON.stringify(attributes));
      }
      if (type === 'file') facts.push(nlink, fs.readFileSync(path, 'latin1'));
      return facts.join(' ');
    })
    .sort();
}

function byReal(program: string, root: string, argv: readonly string[]): Outcome {
  const env = { PATH: process.env.PATH, HOME: '/root', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' };
  const ran = spawnSync(`/usr/bin/${program}`, [`--root=${root}`, ...argv], { encoding: 'utf8', cwd: '/', env });
  return { status: ran.status, out: ran.stdout, err: ran.stderr.split('\n').sort(), tree: treeOf(root) };
}

async function byOwn(program: string, root: string, argv: readonly string[]): Promise<Outcome> {
  const made = program === 'systemd-tmpfiles' ? systemdTmpfiles : systemdSysusers;
  const caller = { env: { LANG: 'C.UTF-8', HOME: '/root' }, caller: { pid: process.pid, uid: 0, gid: 0 } };
  const { status, out, err } = await callProgram({ host }, made, program, [`--root=${root}`, ...argv], caller);
  return { status, out, err: err.split('\n').sort(), tree: treeOf(root) };
}

/** Both on the same path, one after the other: it is part of what is said. */
async function compare(program: string, root: string, argv: readonly string[], what: string): Promise<void> {
  const copy = `${root}.copy`;
  spawnSync('cp', ['-a', root, copy]);
  const wanted = byReal(program, root, argv);
  fs.rmSync(root, { recursive: true });
  fs.renameSync(copy, root);
  expect({ what, ...(await byOwn(program, root, argv)) }).toEqual({ what, ...wanted });
}

const names = ['a', 'b', '.c', 'd1', 'd2'];
const arguments_ = [
  '-',
  'text',
  '/etc/passwd',
  '/a',
  'a b',
  '\\x41\\n',
  '%%%b',
  'aGk=',
  '1:3',
  'user.k=v',
  'u:1:rwx,g:4:r',
  'd:u:2:r-x',
  '+d',
];

function randomPath(random: Random, pattern: boolean): string {
  const depth = 1 + random.below(3);
  const parts = Array.from({ length: depth }, () =>
    random.pick(pattern ? [...names, '*', 'd?', '[ab]', '{a,d1}'] : names),
  );
  return `/${parts.join('/')}`;
}

/** Ages look at changes only: whoever copies a tree reads it. */
function randomLine(random: Random): string {
  const type = random.pick([...'fFdDvpLCwetTaAxXrRzZmcb']);
  const modifier = random.pick(['', '', '', '', '+', '-', '=', '!', '~', '+!']);
  const path = randomPath(random, 'wxXrRezZtTaAm'.includes(type));
  const mode = random.pick(['-', '-', '0755', '0600', '~0750', ':0711', ':~0777', '01777']);
  const user = random.pick(['-', '-', 'daemon', '1', ':games', 'root']);
  const group = random.pick(['-', '-', 'adm', '4', ':games']);
  const age = random.pick(['-', '-', 'mM:10d', '~mM:10d', 'mM:5d', '0']);
  return `${type}${modifier} ${path} ${mode} ${user} ${group} ${age} ${random.pick(arguments_)}`;
}

function randomTree(random: Random, root: string): void {
  for (let count = 4 + random.below(12); count > 0; count--) {
    const path = join(root, randomPath(random, false));
    if (host.files.tryLstat(path) !== undefined) continue;
    try {
      fs.mkdirSync(join(path, '..'), { recursive: true });
    } catch {
      // A file is in the way.
      continue;
    }
    const kind = random.below(10);
    if (kind < 3) fs.mkdirSync(path);
    else if (kind < 4) fs.symlinkSync(random.pick(['/a', 'b', '../d1', '/nowhere', '.']), path);
    else if (kind < 5) host.files.mknod(path, 'fifo', 0o644);
    else fs.writeFileSync(path, 'content'.slice(0, random.below(8)), { mode: random.pick([0o644, 0o600, 0o755]) });
    if (random.below(3) === 0) fs.lchownSync(path, random.pick([0, 1, 2]), random.pick([0, 4]));
  }
  const old = Date.now() / 1000 - 20 * 86_400;
  const age = (path: string): void => {
    if (fs.lstatSync(path).isDirectory()) for (const name of fs.readdirSync(path)) age(join(path, name));
    if (random.below(2) === 0) fs.lutimesSync(path, old, old);
  };
  age(root);
}

function newRoot(name: string): string {
  const root = join(scratch, name);
  fs.mkdirSync(join(root, 'etc/tmpfiles.d'), { recursive: true });
  fs.mkdirSync(join(root, 'etc/sysusers.d'), { recursive: true });
  fs.chmodSync(root, 0o755);
  fs.writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\ngames:x:5:60::/:/bin/sh\n',
  );
  fs.writeFileSync(join(root, 'etc/group'), 'root:x:0:\nadm:x:4:games\ngames:x:60:\n');
  return root;
}

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

describe.skipIf(!isComparable)('systemd-tmpfiles, beside systemd 252', () => {
  it.each(seeds)('seed %d', async (seed) => {
    const random = new Random(seed);
    const root = newRoot(`tmpfiles-${seed}`);
    randomTree(random, root);
    const lines = Array.from({ length: 1 + random.below(8) }, () => randomLine(random)).join('\n');
    fs.writeFileSync(join(root, 'etc/tmpfiles.d/t.conf'), `${lines}\n`);
    const argv = random.pick([
      ['--create'],
      ['--create', '--boot'],
      ['--clean'],
      ['--remove'],
      ['--create', '--remove', '--clean'],
    ]);
    await compare('systemd-tmpfiles', root, argv, `${argv.join(' ')}\n${lines}`);
  });
});

describe.skipIf(!isComparable)('files whose names are no UTF-8', () => {
  it.each(['--clean', '--remove'])('are removed by %s', async (operation) => {
    const root = newRoot(`names${operation}`);
    for (const name of ['file', 'directory']) {
      const path = Buffer.concat([Buffer.from(`${root}/t/`), Buffer.from([0xe4]), Buffer.from(name)]);
      const inside = Buffer.concat([path, Buffer.from('/'), Buffer.from([0xff, 0xc3, 0xa4])]);
      if (name === 'file') fs.mkdirSync(`${root}/t`);
      else fs.mkdirSync(path);
      fs.writeFileSync(name === 'file' ? path : inside, '');
    }
    fs.writeFileSync(join(root, 'etc/tmpfiles.d/t.conf'), operation === '--clean' ? 'e /t - - - 0\n' : 'R /t/*\n');
    await compare('systemd-tmpfiles', root, [operation], operation);
    expect(fs.readdirSync(join(root, 't'))).toEqual([]);
  });
});

function randomUserLine(random: Random): string {
  const name = (): string => random.pick(['root', 'daemon', 'games', 'adm', 'u1', 'u2', 'u3', 'g1', '1bad']);
  const id = (): string => random.pick(['-', '-', '1', '300', '301', '999', '998', '/etc/passwd', '/file', 'x']);
  switch (random.below(8)) {
    case 0:
      return `g ${name()} ${id()}`;
    case 1:
      return `m ${name()} ${name()}`;
    case 2:
      return `r - ${random.pick(['300-302', '500', '10-5', '990-999'])}`;
    case 3:
      return `u ${name()} ${id()}:${random.pick([name(), '4', '301', '-'])}`;
    default:
      return `u ${name()} ${id()} ${random.pick(['-', '"A B"', 'a:b', '%b'])} ${random.pick(['-', '/home/x', 'rel'])} ${random.pick(['-', '/bin/sh', '/bin/false'])}`;
  }
}

describe.skipIf(!isComparable)('systemd-sysusers, beside systemd 252', () => {
  it.each(seeds)('seed %d', async (seed) => {
    const random = new Random(seed);
    const root = newRoot(`sysusers-${seed}`);
    fs.writeFileSync(join(root, 'file'), '');
    fs.chownSync(join(root, 'file'), random.pick([0, 400, 5000]), random.pick([0, 401, 60]));
    if (random.below(2) === 0)
      fs.writeFileSync(join(root, 'etc/shadow'), 'root:*:19000:0:99999:7:::\nu1:!:1::::::\n', { mode: 0o600 });
    if (random.below(2) === 0) fs.writeFileSync(join(root, 'etc/gshadow'), 'root:*::\nadm:!::games\n', { mode: 0o600 });
    const lines = Array.from({ length: 1 + random.below(8) }, () => randomUserLine(random)).join('\n');
    fs.writeFileSync(join(root, 'etc/sysusers.d/t.conf'), `${lines}\n`);
    await compare('systemd-sysusers', root, [], lines);
  });
});
