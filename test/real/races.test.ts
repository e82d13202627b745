/**
 * What the manager and its tools do as root in places of an ordinary user who renames and links there meanwhile: nothing of
 * others' is made, changed, given away or removed. `npm run races` plays thousands of rounds of each.
 */
import * as fs from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { systemctl } from '../../src/cli/systemctl/systemctl.ts';
import { writeCredentials } from '../../src/exec/credentials.ts';
import {
  directoriesToClean,
  linkDirectories,
  makeDirectories,
  removeRuntimeDirectories,
} from '../../src/exec/directories.ts';
import { StepFailure } from '../../src/exec/failure.ts';
import { callProgram } from '../../src/simulation/call.ts';
import { type Host, type StdioSource, SystemError } from '../../src/sys/host.ts';
import { removeTreesInTurns } from '../../src/sys/remove-tree.ts';
import { systemdTmpfiles } from '../../src/tools/tmpfiles/tmpfiles.ts';
import type { ExecSettings } from '../../src/unitfile/directives/exec.ts';
import type { LoadedUnit } from '../../src/unitfile/load/loaded-unit.ts';
import { SocketPorts } from '../../src/units/socket-ports.ts';
import { type LeafKind, Race, raceUser } from '../support/race.ts';
import { RealProcesses } from '../support/real-process.ts';
import { world } from '../support/world.ts';

const rounds = Number(process.env.ROUNDS ?? 12);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** Root makes anew what has been removed, and looks, after so many. */
const atOnce = rounds > 100 ? 50 : 12;
/** How many rounds the naive writer may need until it is led astray. */
const patience = 20_000;

const processes = new RealProcesses();
const { host } = processes;
/** The machine may protect hard links; here they are made as where it does not. */
const readText = host.files.readText.bind(host.files);
host.files.readText = (path, limit) => (path === '/proc/sys/fs/protected_hardlinks' ? '0\n' : readText(path, limit));

interface Place {
  what: string;
  kind: LeafKind;
  /** Name of what the user exchanges. */
  name?: string;
  act(race: Race): unknown;
}

/** Failing is an answer, too. */
async function attempt(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof SystemError) && !(error instanceof StepFailure)) throw error;
  }
}

const loaded = new Map<string, LoadedUnit>();
/** A unit as it is read from these lines. */
function unit(name: string, text: string): LoadedUnit {
  const found = loaded.get(text) ?? world({ units: { [name]: text } }).load(name);
  loaded.set(text, found);
  return found;
}
const settings = (text: string): ExecSettings => unit('s.service', `[Service]\nExecStart=/bin/true\n${text}`).exec!;

const rootsIn = ({ base }: Race) => ({ runtime: base, state: base, cache: base, logs: base, configuration: base });
const identities = [3, 4].map((uid) => ({
  uid,
  gid: uid,
  userGroups: [],
  groups: [],
  username: 'x',
  home: undefined,
  shell: undefined,
}));
const directoryOptions = { privateRoot: true, chown: true, warn: () => {} };

/** Makes the directories of a service for one user and for another, and links to them. */
const directories = (what: string, text: string, after: (race: Race) => unknown = () => {}): Place => ({
  what,
  kind: 'directory',
  act: async (race) => {
    const exec = settings(text);
    for (const identity of identities)
      await attempt(() => makeDirectories(host, exec, rootsIn(race), identity, directoryOptions));
    await attempt(() => linkDirectories(host, exec, rootsIn(race)));
    await attempt(() => after(race));
  },
});

/** A process whose standard output, or input, is at the place. */
const stream = (what: string, which: 'stdin' | 'stdout', source: (path: string) => StdioSource): Place => ({
  what,
  kind: 'file',
  act: async ({ leaf }) => {
    const { pid } = host.spawn(processes.request('echo taken; exit 0', { [which]: source(leaf) }));
    await processes.exitOf(pid);
  },
});

const file = (path: string, more: object): StdioSource => ({ kind: 'file', path, access: 'write', ...more });

/** Opens what a socket unit listens on, and closes it. */
const socket = (what: string, text: (leaf: string) => string): Place => ({
  what,
  kind: 'file',
  act: ({ leaf }) => {
    const listening = unit('s.socket', `[Socket]\nRemoveOnStop=yes\nSocketUser=daemon\n${text(leaf)}`);
    const ports = new SocketPorts({ manager: { host }, loaded: listening, log: () => {} });
    ports.reset();
    ports.open();
    ports.close();
  },
});

/** A line of tmpfiles.d; `@` stands for the place. */
const tmpfiles = (line: string, kind: LeafKind = 'file'): Place => ({
  what: `tmpfiles: ${line}`,
  kind,
  act: async ({ base, leaf }) => {
    const configuration = `${base}/tmpfiles.conf`;
    fs.writeFileSync(configuration, `${line.replaceAll('@', leaf).replaceAll('%base', base)}\n`);
    await callProgram({ host }, systemdTmpfiles, 'systemd-tmpfiles', [
      '--create',
      '--remove',
      '--clean',
      configuration,
    ]);
  },
});

const primitive = (what: string, kind: LeafKind, act: (files: Host['files'], leaf: string) => unknown): Place => ({
  what: `files: ${what}`,
  kind,
  act: ({ leaf }) => act(host.files, leaf),
});

const places: Place[] = [
  directories('StateDirectory=', 'StateDirectory=own/x/leaf\nStateDirectoryMode=0711\n'),
  directories('LogsDirectory= in another', 'LogsDirectory=own/x own/x/leaf\nLogsDirectoryMode=0711\n'),
  directories('CacheDirectory= of a dynamic user', 'DynamicUser=yes\nCacheDirectory=own/x/leaf\n'),
  directories('StateDirectory= with links', 'StateDirectory=state:own/x/leaf state:own/x/other/leaf\n'),
  directories('RuntimeDirectory=, removed', 'RuntimeDirectory=own/x/leaf:own/x/link\n', (race) =>
    removeRuntimeDirectories(host, settings('RuntimeDirectory=own/x/leaf:own/x/link\n'), rootsIn(race)),
  ),
  directories('systemctl clean', 'StateDirectory=own/x/leaf\n', (race) => {
    const paths = directoriesToClean(settings('StateDirectory=own/x/leaf\n'), rootsIn(race), new Set(['state']));
    for (const path of paths) host.files.removeTree(path);
    removeTreesInTurns(host, paths, () => {}).finish();
  }),
  stream('StandardOutput=file:', 'stdout', (path) => file(path, {})),
  stream('StandardOutput=append:', 'stdout', (path) => file(path, { append: true })),
  stream('StandardOutput=truncate:', 'stdout', (path) => file(path, { truncate: true })),
  stream('StandardInput=file: for both', 'stdin', (path) => file(path, { access: 'readwrite' })),
  stream('StandardOutput=file: that is to be made', 'stdout', (path) => file(`${path}/made`, {})),
  {
    what: 'OpenFile=',
    kind: 'file',
    act: async ({ leaf }) => {
      for (const access of ['read', 'readwrite', 'append', 'truncate'] as const)
        await attempt(() => host.closeFd(host.openFd(leaf, access)));
    },
  },
  {
    what: 'LoadCredential=',
    kind: 'file',
    act: ({ base, leaf }) => {
      const exec = settings(`LoadCredential=a:${leaf}\nSetCredential=a:b\n`);
      writeCredentials(host, exec, base, 's.service', raceUser);
    },
  },
  socket('ListenStream=', (leaf) => `ListenStream=${leaf}\n`),
  socket('ListenDatagram= that is to be made', (leaf) => `ListenDatagram=${leaf}/made/socket\nDirectoryMode=0777\n`),
  socket('ListenFIFO=', (leaf) => `ListenFIFO=${leaf}\n`),
  socket(
    'Symlinks=',
    (leaf) => `ListenStream=${leaf.replace(/own.*/, 'socket')}\nSymlinks=${leaf} ${leaf}/made/link\n`,
  ),
  {
    what: 'BindPaths=',
    kind: 'directory',
    act: async ({ base, leaf }) => {
      const bind = (source: string, target: string) => ({ kind: 'bind', source, target }) as const;
      const mounts = [
        bind(`${base}/own`, `${leaf}/made/directory`),
        bind('/etc/passwd', `${leaf}/made/file`),
        { kind: 'tmpfs', source: 'mode=755', target: `${leaf}/made/tmpfs` } as const,
        { kind: 'symlink', source: '/etc', target: `${leaf}/made/link` } as const,
      ];
      const { pid } = host.spawn(processes.request('exit 0', { namespaces: ['mount'], mounts }));
      await processes.exitOf(pid);
    },
  },
  ...['f @ 0666 daemon - - new', 'f+ @ 0666 daemon - - new', 'w @ - - - - new', 'w+ @ - - - - new'].map((line) =>
    tmpfiles(line),
  ),
  ...['p @ 0666 daemon', 'p+ @ 0666 daemon', 'L @ - - - - /etc', 'L+ @ - - - - /etc', 'c+ @ 0666 - - - 1:3'].map(
    (line) => tmpfiles(line),
  ),
  ...[
    'z @ 0666 daemon',
    'm @ 0666',
    't @ - - - - user.a=b',
    'a @ - - - - u:daemon:rw',
    'r @',
    'f=+ @/made 0666 - - - x',
  ].map((line) => tmpfiles(line)),
  ...['d @ 0777 daemon', 'D @ 0777 daemon - 0', 'd @/made/deep 0777 daemon', 'e @ 0777 daemon - 0', 'q @ 0777 bin'].map(
    (line) => tmpfiles(line, 'directory'),
  ),
  ...['Z @ 0777 daemon', 'T @ - - - - user.a=b', 'A @ - - - - u:daemon:rw', 'R @', 'R @/*', 'e @/* - - - 0'].map(
    (line) => tmpfiles(line, 'directory'),
  ),
  ...['C @ - daemon - - %base/victim', 'C+ @/made/more - daemon - - %base/victim', 'd= @ 0777 daemon'].map((line) =>
    tmpfiles(line, 'directory'),
  ),
  {
    what: 'systemctl --root= enable, mask and edit',
    kind: 'directory',
    name: 'etc',
    act: async ({ own }) => {
      for (const line of [
        'enable a.service',
        'mask b.service',
        'set-default a.target',
        'preset-all',
        'revert a.service',
      ])
        await callProgram({ host }, systemctl, 'systemctl', `--root=${own}/x ${line}`);
    },
  },
  primitive('writeAtomic', 'file', (files, leaf) => files.writeAtomic(leaf, 'new', 0o666)),
  primitive('append', 'file', (files, leaf) => files.append(leaf, 'new', 0o666)),
  primitive('chmod', 'file', (files, leaf) => files.chmod(leaf, 0o666)),
  primitive('chown', 'file', (files, leaf) => files.chown(leaf, raceUser, raceUser)),
  primitive('unlink', 'file', (files, leaf) => files.unlink(leaf)),
  primitive('rename', 'file', (files, leaf) => files.rename(leaf, `${leaf}-renamed`)),
  primitive('rename to it', 'file', (files, leaf) => {
    files.writeAtomic(`${leaf.replace(/own.*/, '')}new`, 'new');
    files.rename(`${leaf.replace(/own.*/, '')}new`, leaf);
  }),
  primitive('symlink', 'directory', (files, leaf) => files.symlink('/etc', `${leaf}/made`)),
  primitive('link', 'directory', (files, leaf) => files.link('/proc/self/exe', `${leaf}/made`)),
  primitive('mkdirs', 'directory', (files, leaf) => files.mkdirs(`${leaf}/made/deep`, 0o777)),
  primitive('copyFile', 'directory', (files, leaf) => files.copyFile('/etc/passwd', `${leaf}/made`, 0o777)),
  primitive('mknod', 'directory', (files, leaf) => files.mknod(`${leaf}/made`, 'fifo', 0o666)),
  primitive('removeTree', 'directory', (files, leaf) => files.removeTree(leaf)),
  primitive('utimes', 'file', (files, leaf) => files.utimes(leaf, 1, 1)),
];

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('races left out: they need root');

describe.skipIf(!isRoot)(`a user who renames and links (SEED=${seed})`, () => {
  const races = new Set<Race>();
  afterAll(() => {
    for (const race of races) race.end();
  });

  /** Plays rounds until others' files have changed; what they were, and are. */
  async function play({ kind, name, act }: Place, count: number): Promise<[before: string[], after: string[]]> {
    const race = new Race(processes, kind, name);
    races.add(race);
    const before = race.look();
    for (let round = 0; round < count; round += atOnce) {
      race.refresh();
      await race.start(seed + round);
      try {
        for (let i = round; i < Math.min(count, round + atOnce); i++) await attempt(() => act(race));
      } finally {
        await race.stop();
      }
      const after = race.look();
      if (after.join() !== before.join()) return [before, after];
    }
    races.delete(race);
    race.end();
    return [before, before];
  }

  it('leads a naive writer astray', { timeout: 300_000 }, async () => {
    const naive = (path: string) => {
      try {
        fs.writeFileSync(path, 'new');
      } catch {
        // The next one will.
      }
    };
    const [before, after] = await play({ what: '', kind: 'file', act: ({ leaf }) => naive(leaf) }, patience);
    expect(after).not.toEqual(before);
  });

  it.each(places)('changes nothing of others through $what', { timeout: 60_000 + rounds * 2_000 }, async (place) => {
    const [before, after] = await play(place, rounds);
    expect(after).toEqual(before);
  });
});
