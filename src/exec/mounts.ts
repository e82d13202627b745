/**
 * Which mounts make the view that a unit has of the file system (systemd.exec(5), "SANDBOXING", "PATHS"), in the order in
 * which they are made inside its own mount namespace. Settings in, steps out: nothing is done here.
 *
 * As in systemd a setting is an entry: one mode at one path. Parents come before what lies in them; of two at one path the
 * mode that stands first in `modes` is made, and what the other takes away is taken away too. Sources are what they were
 * before the first mount. When everything is there, flags are set, on each mount that no deeper entry has for itself.
 */
import type { MountStep } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { PrivateTmp } from './private-tmp.ts';

export type BindMount = ExecSettings['BindPaths'][number];

/** What the mounts are made for, beside the settings. */
export interface MountFacts {
  /** False for commands that are to run outside of the sandbox. */
  apply: boolean;
  privateTmp: PrivateTmp | undefined;
  /** Whether a bind mount that can't be made is of no consequence but that its target is missing. */
  leavesOut(mount: BindMount): boolean;
  /** StateDirectory= and its siblings; seen, and writable, whatever else is not. */
  directories: readonly OwnDirectory[];
  /** Directories that only root may enter, and that hold some of those. */
  guards: readonly string[];
  /** Those that the unit may not write to. */
  readOnly: readonly string[];
  /** Links to these: from the path to the target. */
  links: readonly (readonly [path: string, target: string])[];
  /** A root of the unit's own that gets what every program looks for (MountAPIVFS=). */
  root: { sockets: readonly string[] } | undefined;
  /** Sockets of the journal that are to be there whatever else is. */
  logSockets: readonly string[];
  /** Whether control groups are of version 2 alone: what a name space of them shows. */
  unifiedCgroups(): boolean;
  /** Whether nothing can be put into homes that are replaced by empty ones. */
  homesAreReadOnly: boolean;
  /** Mount points of the manager's namespace. */
  mountPoints(): readonly string[];
  /** The path without symbolic links; itself where it is missing. */
  resolve(path: string): string;
}

export interface OwnDirectory {
  source: string;
  target: string;
  nosuid: boolean;
}

/** By precedence at one path. */
const modes = [
  'inaccessible',
  'bind',
  'rbind',
  'dev',
  'proc',
  'cgroup',
  'read-only',
  'read-write',
  'noexec',
  'exec',
  'tmpfs',
  'mqueue',
  'implicit',
] as const;
type Mode = (typeof modes)[number];

interface Entry {
  readonly mode: Mode;
  readonly path: string;
  readonly source?: string;
  readonly optional: boolean;
  readonly flags?: MountStep['flags'];
  /** Of those that are no mode of their own: a mount that is read-only, or from which nothing is run. */
  readOnly: boolean;
  noExec: boolean;
  exec: boolean;
}

/** ProtectKernelTunables=. */
const tunables: readonly (readonly [mode: Mode, paths: readonly string[]])[] = [
  [
    'read-only',
    [
      ...['acpi', 'apm', 'asound', 'bus', 'fs', 'irq', 'latency_stats', 'mtrr', 'scsi', 'sys'].map((n) => `/proc/${n}`),
      ...[
        '/proc/sysrq-trigger',
        '/proc/timer_stats',
        '/sys',
        '/sys/fs/bpf',
        '/sys/kernel/debug',
        '/sys/kernel/tracing',
      ],
    ],
  ],
  ['inaccessible', ['/proc/kallsyms', '/proc/kcore']],
  ['implicit', ['/sys/fs/cgroup', '/sys/fs/selinux']],
];
/** Stay as they are with ProtectSystem=strict. */
const keptWithStrict = ['/proc', '/sys', '/dev', '/home', '/run/user', '/root'];
const homes = ['/home', '/run/user', '/root'];

/** The steps of one unit. `required`: a unit without them would run in a different world. */
export function mountsOf(exec: ExecSettings, facts: MountFacts): { mounts: MountStep[]; required: boolean } {
  const world = worldEntries(exec, facts);
  const protection = facts.apply ? protectionEntries(exec, facts) : [];
  const entries = [...world, ...rootEntries(facts), ...protection];
  if (entries.length > 0 || facts.guards.length > 0) entries.push(...ownEntries(facts));
  const noSuid = facts.apply && exec.NoNewPrivileges;
  return { mounts: stepsOf(arranged(entries, facts), facts, noSuid), required: world.length > 0 };
}

function entry(mode: Mode, path: string, optional: boolean, more: Partial<Entry> = {}): Entry {
  const flags = { readOnly: mode === 'read-only', noExec: mode === 'noexec', exec: mode === 'exec' };
  return { mode, path, optional, ...flags, ...more };
}

const bindEntry = ({ recursive, source, target, optional }: BindMount, readOnly: boolean): Entry =>
  entry(recursive ? 'rbind' : 'bind', target, optional, { source, readOnly });

type Flag = NonNullable<MountStep['flags']>[number];

/** An empty file system in memory. */
const memory = (path: string, source: string, flags: readonly Flag[], more: Partial<Entry> = {}): Entry =>
  entry('tmpfs', path, false, { source, flags: ['strictatime', ...flags], ...more });
const manyFiles = 'size=10%,nr_inodes=400k';
const fewFiles = 'size=4m,nr_inodes=1k';

/** Words among the options of a mount that are flags (mount(8)); false: the flag is taken back. */
const flagWords: Readonly<Record<string, readonly [flag: Flag, set: boolean]>> = Object.fromEntries([
  ...(
    ['noexec exec', 'nosuid suid', 'nodev dev', 'ro rw', 'sync async', 'noatime atime', 'nodiratime diratime'] as const
  ).flatMap((pair) => {
    const [flag, back] = pair.split(' ') as [Flag, string];
    return [
      [flag, [flag, true] as const],
      [back, [flag, false] as const],
    ];
  }),
  ...(['strictatime', 'relatime', 'lazytime'] as const).flatMap((flag) => [
    [flag, [flag, true] as const],
    [`no${flag}`, [flag, false] as const],
  ]),
  ['dirsync', ['dirsync', true] as const],
]);

/** TemporaryFileSystem=: a tenth of the memory at most, unless the options say something else; of two the last one counts. */
function tmpfsEntry(path: string, options: string): Entry {
  const flags = new Set<Flag>(['nodev', 'strictatime']);
  const data = ['mode=0755', manyFiles];
  for (const word of options.split(','))
    if (Object.hasOwn(flagWords, word)) {
      const [flag, set] = flagWords[word]!;
      if (set) flags.add(flag);
      else flags.delete(flag);
    } else if (word !== '' && !/^x-/i.test(word)) data.push(word);
  const readOnly = flags.delete('ro');
  return entry('tmpfs', path, false, { source: data.join(','), flags: [...flags], readOnly });
}

/** ProtectHome=tmpfs, of releases that have it as the manual says, and of those before. */
function emptyHome(path: string, readOnly: boolean): Entry {
  if (!readOnly) return entry('tmpfs', path, true, { source: 'mode=1777' });
  const mode = path === '/root' ? '0700' : '0755';
  return memory(path, `mode=${mode},${fewFiles}`, ['nodev'], { optional: true, readOnly: true });
}

/** Settings that make another world rather than take away from this one. */
function worldEntries({ BindPaths, BindReadOnlyPaths, TemporaryFileSystem }: ExecSettings, facts: MountFacts): Entry[] {
  return [
    ...BindPaths.map((mount) => bindEntry(mount, false)),
    ...BindReadOnlyPaths.filter((mount) => !facts.leavesOut(mount)).map((mount) => bindEntry(mount, true)),
    ...TemporaryFileSystem.map(({ path, options }) => tmpfsEntry(path, options)),
  ];
}

/** Directories that a root of its own must have for `rootEntries`, and that every program looks for. */
export const baseDirectories = ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'usr', 'var'];
/**
 * Links that such a root gets where it has what they lead to: the first of `targets` that holds `file`, if one is named. `bare`:
 * only where one before it was missing as well. Debian's arm64 lives without that one.
 */
export const baseLinks: readonly { name: string; targets: readonly string[]; file?: string; bare?: boolean }[] = [
  { name: 'bin', targets: ['usr/bin'] },
  { name: 'lib', targets: ['usr/lib'] },
  { name: 'sbin', targets: ['usr/sbin'] },
  { name: 'lib64', targets: ['usr/lib/x86_64-linux-gnu', 'usr/lib64'], file: 'ld-linux-x86-64.so.2' },
  { name: 'lib64', targets: ['usr/lib64', 'usr/lib'], file: 'ld-linux-aarch64.so.1', bare: true },
];

/** MountAPIVFS= of systemd.exec(5): what a program in a root of its own finds there besides the files. */
function rootEntries({ root }: MountFacts): Entry[] {
  if (root === undefined) return [];
  return [
    entry('proc', '/proc', false),
    entry('rbind', '/sys', false, { source: '/sys' }),
    entry('rbind', '/dev', false, { source: '/dev' }),
    memory('/run', 'mode=0755,size=20%,nr_inodes=800k', ['nosuid', 'nodev']),
    ...root.sockets.map((path) => entry('bind', path, true, { source: path })),
  ];
}

/**
 * systemd.exec(5), DynamicUser=: the guard is covered by one that everybody may enter and that holds nothing but what is
 * the unit's own.
 */
function ownEntries({ guards, directories }: MountFacts): Entry[] {
  return [
    ...guards.map((path) => memory(path, `mode=0755,${fewFiles}`, ['nosuid', 'nodev', 'noexec'], { readOnly: true })),
    ...directories.map(({ source, target, nosuid }) =>
      entry('rbind', target, false, { source, ...(nosuid ? { flags: ['nosuid' as const] } : {}) }),
    ),
  ];
}

function protectionEntries(
  exec: ExecSettings,
  { homesAreReadOnly, privateTmp, logSockets, unifiedCgroups, readOnly }: MountFacts,
): Entry[] {
  const entries: Entry[] = [];
  const all = (mode: Mode, paths: readonly string[]): void => {
    for (const path of paths) entries.push(entry(mode, path, true));
  };
  const listed = (mode: Mode, paths: readonly { path: string; optional: boolean }[]): void => {
    for (const { path, optional } of paths) entries.push(entry(mode, path, optional));
  };
  if (privateTmp !== undefined) {
    entries.push(entry('bind', '/tmp', false, { source: privateTmp.tmp }));
    entries.push(entry('bind', '/var/tmp', false, { source: privateTmp.varTmp }));
  }
  if (exec.PrivateTmp === 'disconnected')
    for (const path of ['/tmp', '/var/tmp'])
      entries.push(memory(path, `mode=1777,${manyFiles}`, ['nosuid', 'nodev'], { optional: true }));
  for (const path of logSockets)
    entries.push(entry('bind', path, true, { source: path, flags: ['nosuid', 'nodev', 'noexec'], readOnly: true }));
  if (exec.ProtectSystem === 'strict') {
    entries.push(entry('read-only', '/', false));
    all('implicit', keptWithStrict);
  } else if (exec.ProtectSystem !== 'no') {
    all('read-only', ['/usr', '/boot', '/efi', '/lib', '/lib64', '/bin', '/sbin']);
    if (exec.ProtectSystem === 'full') all('read-only', ['/etc']);
  }
  if (exec.ProtectHome === 'yes') all('inaccessible', homes);
  else if (exec.ProtectHome === 'read-only') all('read-only', homes);
  else if (exec.ProtectHome === 'tmpfs') for (const path of homes) entries.push(emptyHome(path, homesAreReadOnly));
  if (exec.ProtectKernelTunables) for (const [mode, paths] of tunables) all(mode, paths);
  const proc = [
    ...(exec.ProtectProc === 'default' ? [] : [`hidepid=${exec.ProtectProc}`]),
    ...(exec.ProcSubset === 'all' ? [] : ['subset=pid']),
  ];
  if (proc.length > 0 || exec.PrivatePIDs) entries.push(entry('proc', '/proc', true, { source: proc.join(',') }));
  entries.push(...cgroupEntries(exec, unifiedCgroups));
  if (exec.ProtectKernelModules) all('inaccessible', ['/lib/modules', '/usr/lib/modules']);
  if (exec.ProtectKernelLogs) all('inaccessible', ['/proc/kmsg', '/dev/kmsg']);
  if (exec.PrivateDevices) entries.push(entry('dev', '/dev', false));
  // The queues of a name space are seen through a file system of its own.
  if (exec.PrivateIPC || exec.IPCNamespacePath !== undefined) all('mqueue', ['/dev/mqueue']);
  all('read-only', readOnly);
  listed('read-write', exec.ReadWritePaths);
  listed('read-only', exec.ReadOnlyPaths);
  listed('inaccessible', exec.InaccessiblePaths);
  listed('noexec', exec.NoExecPaths);
  listed('exec', exec.ExecPaths);
  return entries;
}

/** systemd.exec(5), ProtectControlGroups=: with version 1 there is nothing to be seen apart, which `strict` makes up for. */
function cgroupEntries({ ProtectControlGroups: word }: ExecSettings, unified: () => boolean): Entry[] {
  if (word === 'no') return [];
  const apart = word !== 'yes' && unified();
  if (apart) return [entry('cgroup', '/sys/fs/cgroup', true, { source: 'cgroup2', readOnly: word === 'strict' })];
  return word === 'private' ? [] : [entry('read-only', '/sys/fs/cgroup', true)];
}

const within = (path: string, directory: string): boolean =>
  path === directory || directory === '/' || path.startsWith(`${directory}/`);
const below = (path: string, directory: string): boolean => path !== directory && within(path, directory);

/** A parent before what lies in it, whatever else its names sort after. */
function byPath(a: Entry, b: Entry): number {
  const [left, right] = [`${a.path}/`.replaceAll('/', '\0'), `${b.path}/`.replaceAll('/', '\0')];
  if (left !== right) return left < right ? -1 : 1;
  return modes.indexOf(a.mode) - modes.indexOf(b.mode);
}

/** One entry a path, in order, without those that change nothing. */
function arranged(entries: readonly Entry[], facts: MountFacts): Entry[] {
  const sorted = entries.map((each) => ({ ...each, path: facts.resolve(each.path) })).sort(byPath);
  const kept: Entry[] = [];
  for (const each of sorted) {
    const same = kept.find(({ path }) => path === each.path);
    if (same !== undefined) {
      same.readOnly ||= each.readOnly;
      same.noExec ||= each.noExec;
      same.exec ||= each.exec;
      continue;
    }
    const parent = kept.findLast(({ path }) => within(each.path, path));
    if (parent?.mode === 'inaccessible' || (parent !== undefined && changesNothing(each, parent))) continue;
    kept.push(each);
  }
  return kept;
}

const onlyAccess = (mode: Mode): boolean => mode === 'read-only' || mode === 'read-write' || mode === 'implicit';

function changesNothing({ mode }: Entry, parent: Entry): boolean {
  if (!onlyAccess(mode)) return false;
  return parent.mode === mode || (mode === 'implicit' && parent.mode === 'read-write');
}

function stepsOf(entries: readonly Entry[], facts: MountFacts, noSuid: boolean): MountStep[] {
  const made = entries.filter(({ path }) => path !== '/').flatMap((each) => [...groundOf(each), madeBy(each)]);
  // Links come before anything is read-only.
  const links = made.length === 0 ? [] : facts.links;
  return [
    ...made,
    ...links.map(([path, target]): MountStep => ({ kind: 'symlink', source: target, target: path })),
    ...flagSteps(entries, facts, noSuid),
  ];
}

/** The kernel refuses a file system on itself (EBUSY), as which a unit's control groups may be where they begin at the container's. */
function groundOf({ mode, path, optional }: Entry): MountStep[] {
  return mode === 'cgroup' ? [{ kind: 'tmpfs', target: path, source: 'mode=755', optional }] : [];
}

function madeBy({ mode, path, source, optional, flags }: Entry): MountStep {
  const kind = mode === 'dev' || mode in madeAnew ? (mode as MountStep['kind']) : 'self';
  return {
    kind,
    target: path,
    optional,
    ...(source === undefined ? {} : { source }),
    ...(flags === undefined ? {} : { flags }),
  };
}
const madeAnew = { inaccessible: 1, bind: 1, rbind: 1, proc: 1, cgroup: 1, tmpfs: 1, mqueue: 1 };

/**
 * What becomes read-only or can't be run from; mounts that lie in it too, but for those that an entry speaks of itself.
 * Where no privileges can be gained anyway, the bits that would give some have no effect on any of them.
 */
function flagSteps(entries: readonly Entry[], facts: MountFacts, noSuid: boolean): MountStep[] {
  const steps: MountStep[] = [];
  let points: readonly string[] | undefined;
  const set = (each: Entry, flag: 'ro' | 'noexec' | 'exec' | 'nosuid', others: readonly Entry[]): void => {
    steps.push({ kind: 'flags', target: each.path, flags: [flag], optional: each.optional });
    if (each.mode === 'tmpfs') return;
    points ??= [...new Set([...facts.mountPoints(), ...entries.flatMap((other) => broughtAlong(other, facts))])];
    for (const point of points)
      if (below(point, each.path) && !others.some(({ path }) => below(path, each.path) && within(point, path)))
        steps.push({ kind: 'flags', target: point, flags: [flag], optional: true });
  };
  for (const each of entries) if (each.readOnly) set(each, 'ro', entries);
  const about = entries.filter(({ noExec, exec }) => noExec || exec);
  for (const each of about) set(each, each.noExec ? 'noexec' : 'exec', about);
  if (noSuid)
    for (const each of entries)
      if (each.mode !== 'tmpfs' || !each.flags?.includes('nosuid')) set(each, 'nosuid', entries);
  return steps;
}

/** Mounts that a bind mount brings to another place. */
function broughtAlong({ mode, path, source }: Entry, facts: MountFacts): string[] {
  if (mode !== 'rbind' || source === undefined || source === path) return [];
  return facts
    .mountPoints()
    .filter((point) => below(point, source))
    .map((point) => `${path}${point.slice(source.length)}`);
}
