/**
 * Every door of PID 1 and who may use it: docs/security.md shows this table, and tests go through it as others than root
 * (test/real/doors.test.ts). What programs and verbs permit is in their own rows and is listed from there.
 */
import { verbs as analyzeVerbs } from '../cli/analyze/verbs.ts';
import { verbs as machineVerbs } from '../cli/machine/verbs.ts';
import { verbs as systemctlVerbs } from '../cli/systemctl/verbs.ts';
import { verbs as systemctlPyVerbs } from '../cli/systemctl-py/verbs.ts';
import type { Section } from '../program/help.ts';
import type { Access, VerbSynopsis } from '../program/verbs.ts';
import { accessOf, verbNames } from '../program/verbs.ts';

export interface Door {
  /** `*` stands for any name. */
  readonly path: string;
  readonly kind: 'socket' | 'file' | 'directory' | 'link' | 'file of PID 1' | 'bus name';
  /** Of the file; undefined where it has none, or what the link leads to has it. All are root's. */
  readonly mode?: number;
  /** What root may do there. */
  readonly root: string;
  /** What everyone else may do there. */
  readonly others: string;
  /** Is not there at each boot. */
  readonly sometimes?: true;
}

const sockets: readonly Door[] = [
  {
    path: '/run/pidone/control',
    kind: 'socket',
    mode: 0o666,
    root: 'everything that the programs below can do',
    others: 'ask; 64 calls of a user at a time, of at most 256 KiB and 4096 words each, answered in turns',
  },
  {
    path: '/run/pidone/private',
    kind: 'socket',
    mode: 0o600,
    root: 'the same, without a wait behind others who connect',
    others: 'nothing',
  },
  {
    path: '/run/systemd/notify',
    kind: 'socket',
    mode: 0o777,
    root: 'speak for any process',
    others: 'speak for the unit of the sending process, as its NotifyAccess= says',
  },
  {
    path: '/run/systemd/journal/socket',
    kind: 'socket',
    mode: 0o666,
    root: 'log for any process',
    others: 'log; user, process and unit are the sender’s own',
  },
  {
    path: '/run/systemd/journal/dev-log',
    kind: 'socket',
    mode: 0o666,
    root: 'log for any process',
    others: 'log; user, process and unit are the sender’s own',
  },
  {
    path: '/run/systemd/journal/stdout',
    kind: 'socket',
    mode: 0o666,
    root: 'log, in the name of any unit',
    others: 'log; user, process and unit are the sender’s own',
  },
  {
    path: 'org.freedesktop.systemd1',
    kind: 'bus name',
    root: 'have units activated by the bus; read Version and what hostnamectl asks for',
    others: 'read the same properties; every other call is an error',
  },
];

const place = (path: string, root: string, mode = 0o755): Door => ({
  path,
  kind: 'directory',
  mode,
  root,
  others: (mode & 0o5) === 0o5 ? 'read' : 'nothing',
});
const file = (path: string, root: string, mode = 0o644): Door => ({
  path,
  kind: 'file',
  mode,
  root,
  others: (mode & 0o4) !== 0 ? 'read' : 'nothing',
});
const sometimes = (door: Door): Door => ({ ...door, sometimes: true });

const files: readonly Door[] = [
  place('/run/pidone', 'the state of the manager'),
  file('/run/pidone/manager', 'which manager it is'),
  file('/run/pidone/release', 'which release of systemd it speaks as'),
  place('/run/pidone/alive', 'that the manager lives', 0o700),
  sometimes(file('/run/pidone/boot', 'when this life of the container has begun, and whether its /run is its own')),
  sometimes(file('/run/pidone/units', 'which mark each unit has, where the manager is no init')),
  place('/run/systemd', 'what programs look for of systemd'),
  place('/run/systemd/system', 'unit files for this boot'),
  sometimes(place('/run/systemd/system/*', 'drop-ins and links for this boot')),
  sometimes(file('/run/systemd/system/*', 'unit files for this boot')),
  sometimes(file('/run/systemd/system/*/*', 'drop-ins for this boot')),
  place('/run/systemd/transient', 'units of systemd-run'),
  sometimes(file('/run/systemd/transient/*', 'a unit of systemd-run')),
  sometimes(place('/run/systemd/system.control', 'what set-property has set for this boot')),
  sometimes(place('/run/systemd/system.control/*', 'what it has set for a unit')),
  sometimes(file('/run/systemd/system.control/*/*', 'one setting')),
  ...['generator', 'generator.early', 'generator.late'].flatMap((name) => [
    sometimes(place(`/run/systemd/${name}`, 'units of generators')),
    sometimes(place(`/run/systemd/${name}/*`, 'drop-ins and links of generators')),
    sometimes(file(`/run/systemd/${name}/*`, 'a unit of a generator')),
    sometimes(file(`/run/systemd/${name}/*/*`, 'a drop-in of a generator')),
  ]),
  place('/run/systemd/journal', 'the sockets of the journal'),
  ...['ask-password', 'machines', 'seats', 'sessions', 'units', 'userdb', 'users'].map((name) =>
    place(`/run/systemd/${name}`, 'what programs of systemd’s would look for'),
  ),
  sometimes(place('/run/systemd/shutdown', 'the shutdown that is planned')),
  sometimes(file('/run/systemd/shutdown/scheduled', 'when it is')),
  sometimes(file('/run/systemd/container', 'what kind of container this is')),
  sometimes(file('/run/systemd/first-boot', 'that it is the first boot')),
  sometimes(place('/run/credentials', 'credentials of units')),
  sometimes(place('/run/credentials/*', 'credentials of a unit; its user has them', 0o500)),
  place('/run/log', 'the journal, until there is a place that stays'),
  ...['/run/log/journal', '/var/log/journal'].flatMap((path) => [
    sometimes(place(path, 'the journal')),
    sometimes(place(`${path}/*`, 'the journal of this machine')),
    sometimes(file(`${path}/*/*`, 'entries; a group may read them, as said above', 0o640)),
  ]),
];

/** Where the kernel asks who may trace PID 1: root alone (ptrace(2), PTRACE_MODE_READ). */
const traced = ['auxv', 'cwd', 'environ', 'exe', 'fd', 'io', 'map_files', 'maps', 'mem', 'mountstats', 'ns/mnt'];
const kernel = ['pagemap', 'personality', 'root', 'smaps', 'stack', 'syscall', 'timers'];
/** What everyone sees of every process. */
const shown = ['cgroup', 'cmdline', 'comm', 'limits', 'mountinfo', 'mounts', 'oom_score', 'sched', 'stat', 'statm'];

const process: readonly Door[] = [
  ...[...traced, ...kernel].map(
    (name): Door => ({ path: `/proc/1/${name}`, kind: 'file of PID 1', root: 'read', others: 'nothing' }),
  ),
  ...[...shown, 'status'].map(
    (name): Door => ({ path: `/proc/1/${name}`, kind: 'file of PID 1', root: 'read', others: 'read' }),
  ),
];

export const doors: readonly Door[] = [...sockets, ...files, ...process];

/** The doors that a path could be. */
export function doorsOf(path: string): Door[] {
  const names = path.split('/');
  return doors.filter((door) => {
    const pattern = door.path.split('/');
    return pattern.length === names.length && pattern.every((name, index) => name === '*' || name === names[index]);
  });
}

/** A row of a program's table, as far as who may call it goes. */
export interface Callable extends VerbSynopsis {
  readonly access: Access<unknown>;
}

/** Who may call a verb, with any number of arguments. */
export function callersOf({ access }: Callable): string {
  const calls = [[], ['x'], ['x', 'y']].map((args) => accessOf<unknown>(access, args, {}));
  if (calls.every(({ kind }) => kind === 'change')) return 'root';
  if (calls.some(({ kind }) => kind === 'change')) return 'root where something is set, everyone else';
  return calls.some(({ own }) => own !== undefined) ? 'everyone, with their own rights to files' : 'everyone';
}

/** The tables of docs/security.md. */
export function doorsDocument(): string {
  const places = doors.map(({ path, kind, mode, root, others }) => {
    const what = mode === undefined ? kind : `${kind} 0${mode.toString(8)}`;
    return `| \`${path}\` | ${what} | ${root} | ${others} |`;
  });
  const byCallers = new Map<string, string[]>();
  for (const [program, rows] of callables()) {
    for (const row of rows) {
      const key = `| ${program} | ${callersOf(row)} |`;
      byCallers.set(key, [...(byCallers.get(key) ?? []), `\`${verbNames(row).names[0]}\``]);
    }
  }
  return [
    '| place | | root, and the manager’s user | everyone else |',
    '|---|---|---|---|',
    ...places,
    '',
    '| program | who may | verbs |',
    '|---|---|---|',
    ...[...byCallers].map(([key, names]) => `${key} ${names.join(' ')} |`),
    '',
  ].join('\n');
}

/** Verbs of programs, as rows. */
export function callables(): [program: string, rows: Callable[]][] {
  const rowsOf = (sections: readonly Section<object>[]): Callable[] =>
    sections.flatMap(([, rows]) => rows).filter((row): row is Callable => 'access' in row);
  return [
    ['systemctl', rowsOf([...systemctlVerbs, ...systemctlPyVerbs])],
    ['systemd-analyze', rowsOf(analyzeVerbs)],
    ['pidone-machine', rowsOf(machineVerbs)],
  ];
}
