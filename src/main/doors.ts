/**
 * Every door of PID 1 and who may use it: docs/security.md shows this table, and tests go through it as others than root
 * (test/real/hostile.test.ts). What programs and verbs permit is in their own rows and is listed from there.
 */
import { verbs as analyzeVerbs } from '../cli/analyze/verbs.ts';
import { verbs as systemctlVerbs } from '../cli/systemctl/verbs.ts';
import type { Section } from '../program/help.ts';
import type { Access, VerbSynopsis } from '../program/verbs.ts';
import { accessOf, verbNames } from '../program/verbs.ts';

export interface Door {
  readonly path: string;
  readonly kind: 'socket' | 'file' | 'directory';
  /** Of the file; all are root's. */
  readonly mode: number;
  /** What root may do there. */
  readonly root: string;
  /** What everyone else may do there. */
  readonly others: string;
}

export const doors: readonly Door[] = [
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
    path: '/run/pidone',
    kind: 'directory',
    mode: 0o755,
    root: 'the state of the manager',
    others: 'read',
  },
  {
    path: '/run/pidone/manager',
    kind: 'file',
    mode: 0o644,
    root: 'which manager it is',
    others: 'read',
  },
  {
    path: '/run/systemd/transient',
    kind: 'directory',
    mode: 0o755,
    root: 'units of systemd-run',
    others: 'read',
  },
  {
    path: '/run/systemd/system',
    kind: 'directory',
    mode: 0o755,
    root: 'unit files for this boot',
    others: 'read',
  },
];

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
  const places = doors.map(
    ({ path, kind, mode, root, others }) => `| \`${path}\` | ${kind} 0${mode.toString(8)} | ${root} | ${others} |`,
  );
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
    ['systemctl', rowsOf(systemctlVerbs)],
    ['systemd-analyze', rowsOf(analyzeVerbs)],
  ];
}
