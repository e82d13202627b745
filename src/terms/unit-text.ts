/** Unit files as objects: `{ Service: { ExecStart: '/usr/bin/api', Restart: 'always' } }`. */
import { closestWord } from '../text/closest.ts';
import { unitNameKind, unitTypeOf, unitTypes } from '../unitfile/language/unit-name.ts';
import { directiveNames, type UnitObject, type Value } from './directives.ts';
import { InvalidOption } from './errors.ts';

type Section = Readonly<Record<string, Value | undefined>>;

/** The text of a unit file. Throws InvalidOption for a section or a directive that there is not; `name` says whose. */
export function unitText(name: string, unit: string | UnitObject): string {
  if (typeof unit === 'string') return unit.endsWith('\n') ? unit : `${unit}\n`;
  const lines: string[] = [];
  for (const [section, directives] of Object.entries(unit) as [string, Section | undefined][]) {
    if (directives === undefined) continue;
    const valid = sectionsOf(name);
    if (!section.startsWith('X-') && !valid.includes(section))
      throw new InvalidOption(`${name}: [${section}] is no section of it; valid are ${valid.join(', ')}`);
    lines.push(...sectionLines(name, section, directives));
  }
  return `${lines.join('\n')}\n`;
}

/** Sections of the unit that a file is of, by the file's name: a drop-in has those of its unit, or of its type. */
function sectionsOf(name: string): string[] {
  const of = /^([^/]+)\.d\//.exec(name)?.[1] ?? name.slice(name.lastIndexOf('/') + 1);
  const type = unitTypeOf(of) ?? of;
  const own = `${type.slice(0, 1).toUpperCase()}${type.slice(1)}`;
  return ['Unit', ...(directiveNames[own] === undefined ? [] : [own]), 'Install'];
}

/** A section with its head. Throws InvalidOption. */
export function sectionLines(name: string, section: string, directives: Section): string[] {
  const known = directiveNames[section]?.split(' ');
  const lines = [`[${section}]`];
  for (const [key, value] of Object.entries(directives)) {
    if (value === undefined) continue;
    if (known !== undefined && !key.startsWith('X-') && !known.includes(key)) {
      const near = closestWord(known, key);
      const hint = near === undefined ? '' : `; did you mean ${near}=?`;
      throw new InvalidOption(`${name}: [${section}] has no directive ${key}=${hint}`);
    }
    for (const one of Array.isArray(value) ? (value as readonly (string | number | boolean)[]) : [value]) {
      const text = typeof one === 'boolean' ? (one ? 'yes' : 'no') : String(one);
      if (/[\n\0]/.test(text))
        throw new InvalidOption(`${name}: ${key}= has a line break; a list of values makes several lines`);
      lines.push(`${key}=${text}`);
    }
  }
  return lines;
}

/** Whether files of that name are looked for: a unit, a drop-in of one or of a type, a link in .wants and its kin. */
export function checkFileName(name: string): void {
  const [first = '', second, ...more] = name.split('/');
  if (more.length === 0 && second === undefined && unitNameKind(first) !== undefined) return;
  if (second !== undefined && more.length === 0) {
    const [, of = '', folder] = /^(.+)\.(d|wants|requires|upholds)$/.exec(first) ?? [];
    const isUnit = unitNameKind(of) !== undefined || (folder === 'd' && (unitTypes as readonly string[]).includes(of));
    if (isUnit && (folder === 'd' ? /^[^.].*\.conf$/.test(second) : unitNameKind(second) !== undefined)) return;
  }
  const types = unitTypes.join(', ');
  throw new InvalidOption(
    `'${name}' is no name of a unit's file; valid are NAME.TYPE (${types}), NAME.TYPE.d/NAME.conf, NAME.TYPE.wants/NAME.TYPE`,
  );
}
