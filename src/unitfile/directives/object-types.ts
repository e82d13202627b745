/**
 * src/terms/directives.ts: the types of unit files as objects, for editors to complete, check and explain, and the names for
 * whoever writes without types. Made of the table by scripts/gen-unit-types.mjs.
 */
import { shownLines } from '../../values/shown.ts';
import type { AnyRow } from './directive.ts';
import { managerDefaults } from './manager-defaults.ts';
import { type GroupName, groups } from './table.ts';

const pages: Readonly<Partial<Record<GroupName, string>>> = {
  unit: 'systemd.unit(5)',
  install: 'systemd.unit(5), INSTALL SECTION',
  service: 'systemd.service(5)',
  socket: 'systemd.socket(5)',
  timer: 'systemd.timer(5)',
  path: 'systemd.path(5)',
  mount: 'systemd.mount(5)',
  slice: 'systemd.slice(5)',
  exec: 'systemd.exec(5)',
  kill: 'systemd.kill(5)',
  cgroup: 'systemd.resource-control(5)',
  manager: 'systemd-system.conf(5)',
};

const processes = ['exec', 'kill', 'cgroup'] as const;

/** What an object may have, with the groups of each. */
export const objectSections: Readonly<Record<string, readonly GroupName[]>> = {
  Unit: ['unit'],
  Service: ['service', ...processes],
  Socket: ['socket', ...processes],
  Timer: ['timer'],
  Path: ['path'],
  Mount: ['mount', ...processes],
  Slice: ['slice', 'cgroup'],
  Install: ['install'],
};

const typeName = (group: GroupName): string => `${group[0]!.toUpperCase()}${group.slice(1)}Directives`;

/** Rows that are offered in new files, by name. */
function rowsOf(group: GroupName): [string, AnyRow][] {
  return Object.entries(groups[group]).filter(([, row]) => (row.slot ? row.directive : !row.legacy));
}

/** Kinds of values that are one of some words, as the table names them. */
const words = /^[a-z][a-z0-9-]*(?:\|[a-z][a-z0-9-]*)+$/;

function typeOf({ kindName }: AnyRow): string {
  if (kindName === 'boolean') return 'Flag';
  if (words.test(kindName)) {
    const names = kindName.split('|');
    // What takes yes and no takes true and false.
    const flag = names.includes('yes') && names.includes('no') ? ['boolean'] : [];
    return [...flag, ...names.map((name) => `'${name}'`)].join(' | ');
  }
  return kindName.startsWith('time span') ? 'TimeSpan' : 'Value';
}

const unlimited = { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };
const defaults = managerDefaults({ scope: 'user', tasksLimit: 0, limit: () => unlimited, nrOpen: 0 });

/** As `systemctl show` prints it; undefined where there is none, or it depends on more than the table. */
function defaultOf(row: AnyRow): string | undefined {
  if (!row.slot) return undefined;
  const [line] = shownLines(row.kind.format(row.initial({ type: 'service', manager: defaults })));
  return line === undefined || line.length > 40 || /[[*]/.test(line) ? undefined : line;
}

function comment(group: GroupName, row: AnyRow): string {
  const { support, since, kindName } = row;
  const preset = defaultOf(row);
  const sentences = [
    `${pages[group]}: ${kindName}.`,
    preset === undefined ? '' : `Default: ${preset}.`,
    support.state === 'honoured'
      ? ''
      : support.state === 'no-effect'
        ? 'Read, without effect here'
        : 'Not honoured yet',
    support.state === 'honoured' ? '' : support.reason === undefined ? '.' : `: ${support.reason}.`,
    support.state === 'honoured' && support.reason !== undefined ? `Honoured: ${support.reason}.` : '',
    since === undefined ? '' : `Since systemd ${since}.`,
  ];
  return sentences
    .filter((sentence) => sentence !== '')
    .join(' ')
    .replace(/ (?=[.:])/g, '')
    .replaceAll('*/', '*\\/');
}

function group(name: GroupName): string[] {
  return [
    `/** Directives of ${pages[name]}. */`,
    `export interface ${typeName(name)} {`,
    ...rowsOf(name).flatMap(([key, row]) => [`  /** ${comment(name, row)} */`, `  readonly ${key}?: ${typeOf(row)};`]),
    '}',
    '',
  ];
}

/** The file. */
export function objectTypes(): string {
  const sections = Object.entries(objectSections);
  const named = [...new Set([...sections.flatMap(([, names]) => names), 'manager' as const])];
  return [
    '// Made of the table of directives by `node scripts/gen-unit-types.mjs`; a test says when it is old.',
    '',
    '/** What a directive is given: a text as in a unit file, a number, yes or no; of several each is a line. */',
    'export type Value = string | number | boolean | readonly (string | number | boolean)[];',
    '',
    '/** Yes or no. */',
    "export type Flag = boolean | 'yes' | 'no';",
    '',
    "/** `'1min 30s'` as in systemd.time(7), or a number of seconds. */",
    'export type TimeSpan = string | number;',
    '',
    ...named.flatMap(group),
    '/** A unit file as an object, section by section. Directives whose names begin with `X-` are anybody’s. */',
    'export interface UnitObject {',
    ...sections.flatMap(([section, names]) => [
      `  /** The section of that name: ${names.map((name) => pages[name]).join(', ')}. */`,
      `  readonly ${section}?: ${names.map(typeName).join(' & ')} & Foreign;`,
    ]),
    '}',
    '',
    '/** Directives that systemd passes over. */',
    'export interface Foreign {',
    '  /** Anybody’s. */',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of the type that is written
    '  readonly [name: `X-${string}`]: Value | undefined;',
    '}',
    '',
    '/** Names by section, for what no compiler has looked at. */',
    'export const directiveNames: Readonly<Record<string, string>> = {',
    ...[...sections, ['Manager', ['manager']] as const].flatMap(([section, names]) => [
      `  ${section}:`,
      `    '${names
        .flatMap(rowsOf)
        .map(([key]) => key)
        .join(' ')}',`,
    ]),
    '};',
    '',
  ].join('\n');
}
