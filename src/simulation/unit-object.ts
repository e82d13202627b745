/** Unit files as objects: `{ Service: { ExecStart: '/usr/bin/api', Restart: 'always' } }`. */
import { closestWord } from '../text/closest.ts';
import type { cgroupDirectives } from '../unitfile/directives/cgroup.ts';
import type { execDirectives } from '../unitfile/directives/exec.ts';
import type { installDirectives } from '../unitfile/directives/install.ts';
import type { killDirectives } from '../unitfile/directives/kill.ts';
import type { mountDirectives } from '../unitfile/directives/mount.ts';
import type { sliceDirectives } from '../unitfile/directives/scope.ts';
import type { serviceDirectives } from '../unitfile/directives/service.ts';
import type { socketDirectives } from '../unitfile/directives/socket.ts';
import { findDirective, groups, sectionGroups, sectionOf } from '../unitfile/directives/table.ts';
import type { pathDirectives, timerDirectives } from '../unitfile/directives/timer.ts';
import type { unitDirectives } from '../unitfile/directives/unit.ts';
import { unitNameKind, unitTypeOf, unitTypes } from '../unitfile/language/unit-name.ts';

interface Groups {
  unit: typeof unitDirectives;
  install: typeof installDirectives;
  service: typeof serviceDirectives;
  socket: typeof socketDirectives;
  mount: typeof mountDirectives;
  timer: typeof timerDirectives;
  path: typeof pathDirectives;
  slice: typeof sliceDirectives;
  exec: typeof execDirectives;
  cgroup: typeof cgroupDirectives;
  kill: typeof killDirectives;
}

/** What a directive is given: true and false are yes and no, a list is a line for each. */
export type UnitValue = string | number | boolean | readonly (string | number | boolean)[];

/** A section: directives by name; names that begin with `X-` are anybody's. */
export type UnitSection<Name extends string> = { readonly [K in Name | `X-${string}`]?: UnitValue };

type Names<G extends keyof Groups> = Extract<keyof Groups[G], string>;
type Processes = Names<'exec'> | Names<'cgroup'> | Names<'kill'>;

/** The sections of a unit file, each directive as systemd.directives(7) names it. */
export interface UnitObject {
  readonly Unit?: UnitSection<Names<'unit'>>;
  readonly Service?: UnitSection<Names<'service'> | Processes>;
  readonly Socket?: UnitSection<Names<'socket'> | Processes>;
  readonly Mount?: UnitSection<Names<'mount'> | Processes>;
  readonly Timer?: UnitSection<Names<'timer'>>;
  readonly Path?: UnitSection<Names<'path'>>;
  readonly Slice?: UnitSection<Names<'slice'> | Names<'cgroup'>>;
  readonly Install?: UnitSection<Names<'install'>>;
}

/** Thrown for options that mean nothing: which one, what was found, what is valid. */
export class InvalidOption extends Error {
  override readonly name = 'InvalidOption';
}

/** The text of a unit file. Throws InvalidOption for a section or a directive that there is not. */
export function unitText(name: string, unit: string | UnitObject): string {
  if (typeof unit === 'string') return unit.endsWith('\n') ? unit : `${unit}\n`;
  const own = sectionOf(unitTypeOf(/^([^/]+)\.d\//.exec(name)?.[1] ?? name) ?? 'target');
  const lines: string[] = [];
  for (const [section, directives] of Object.entries(unit) as [string, UnitSection<string> | undefined][]) {
    if (directives === undefined) continue;
    const fits = section === 'Unit' || section === 'Install' || section === own || section.startsWith('X-');
    if (!fits) {
      const valid = ['Unit', ...(own === undefined ? [] : [own]), 'Install'].join(', ');
      throw new InvalidOption(`${name}: [${section}] is no section of it; valid are ${valid}`);
    }
    lines.push(`[${section}]`);
    for (const [key, value] of Object.entries(directives)) lines.push(...directiveLines(name, section, key, value));
  }
  return `${lines.join('\n')}\n`;
}

function directiveLines(name: string, section: string, key: string, value: UnitValue | undefined): string[] {
  if (value === undefined) return [];
  const found = findDirective(section, key);
  const isKnown = key.startsWith('X-') || section.startsWith('X-') || found !== undefined;
  if (!isKnown) {
    const near = closestWord(namesIn(section), key);
    const hint = near === undefined ? '' : `; did you mean ${near}=?`;
    throw new InvalidOption(`${name}: [${section}] has no directive ${key}=${hint}`);
  }
  const values = Array.isArray(value) ? (value as readonly (string | number | boolean)[]) : [value];
  return values.map((one) => {
    const text = typeof one === 'boolean' ? (one ? 'yes' : 'no') : String(one);
    if (/[\n\0]/.test(text)) throw new InvalidOption(`${name}: ${key}= has a line break; a list makes several lines`);
    return `${key}=${text}`;
  });
}

function namesIn(section: string): string[] {
  const type = unitTypes.find((candidate) => sectionOf(candidate) === section);
  if (section === 'Unit' || section === 'Install') return Object.keys(groups[section === 'Unit' ? 'unit' : 'install']);
  return type === undefined ? [] : sectionGroups[type].flatMap((group) => Object.keys(groups[group]));
}

/** Whether files of that name are looked for: a unit, a drop-in of one or of a type, a link in .wants and its kin. */
export function checkFileName(name: string): void {
  const [first = '', second, ...more] = name.split('/');
  if (more.length === 0 && second === undefined && unitNameKind(first) !== undefined) return;
  if (second !== undefined && more.length === 0) {
    const [, of = '', folder] = /^(.+)\.(d|wants|requires|upholds)$/.exec(first) ?? [];
    const isUnit = unitNameKind(of) !== undefined || (folder === 'd' && (unitTypes as readonly string[]).includes(of));
    if (isUnit && (folder === 'd' ? second.endsWith('.conf') : unitNameKind(second) !== undefined)) return;
  }
  const types = unitTypes.join(', ');
  throw new InvalidOption(
    `'${name}' is no name of a unit's file; valid are NAME.TYPE (${types}), NAME.TYPE.d/NAME.conf, NAME.TYPE.wants/NAME.TYPE`,
  );
}
