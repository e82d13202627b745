/** Which units are to be enabled: systemd.preset(5). */

import { reasonOf } from '../../sys/error-text.ts';
import { FileTypeError } from '../../sys/host.ts';
import { trimBlanks } from '../../text/characters.ts';
import { fnmatch } from '../../text/fnmatch.ts';
import { parentOf } from '../../text/paths.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import { isOwnUnits } from '../files/load-path.ts';
import {
  replaceUnitInstance,
  unitInstance,
  unitNameIsValid,
  unitNameKind,
  unitTemplateName,
} from '../language/unit-name.ts';
import { codeOf, type ErrorCode } from './changes.ts';
import { chase } from './places.ts';
import type { UnitFileSearch } from './search.ts';

export type PresetAction = 'enable' | 'disable' | 'ignore';

export interface PresetRule {
  readonly pattern: string;
  readonly action: PresetAction;
  /** Of a template: the instances that are meant. */
  readonly instances: readonly string[] | undefined;
  /** Of a package that brings units: it does not mean those that are pidone's. */
  readonly isVendors: boolean;
}

/** As `list-unit-files` has it; '' of a name that no unit can have. */
export type PresetState = 'enabled' | 'disabled' | 'ignored' | '';

export interface Preset {
  /** `ignore`: the unit is left as it is. */
  readonly action: PresetAction;
  /** Of a template with instances in its rule: the units to enable instead of it. */
  readonly instances: readonly string[] | undefined;
}

const systemDirectories = [
  '/etc/systemd/system-preset',
  '/run/systemd/system-preset',
  '/usr/local/lib/systemd/system-preset',
  '/usr/lib/systemd/system-preset',
  '/lib/systemd/system-preset',
];
const userDirectories = [
  '/etc/systemd/user-preset',
  '/run/systemd/user-preset',
  '/usr/local/lib/systemd/user-preset',
  '/usr/lib/systemd/user-preset',
];

const lineLimit = 1024 * 1024;

/** The rules of all preset files, the files in the order of their names. */
export function readPresets(search: UnitFileSearch): { rules: PresetRule[] } | { error: ErrorCode } {
  const rules: PresetRule[] = [];
  for (const path of presetFiles(search)) {
    const isVendors = /^(?:\/usr)?\/lib\/systemd\//.test(path.slice(search.paths.root.length));
    let text: string;
    try {
      text = search.host.files.readText(path);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') continue;
      if (error instanceof FileTypeError && code === 'EINVAL')
        search.report(3, `Failed to read ${path}: ${reasonOf(error)}`);
      return { error: code };
    }
    const lines = text.split('\n');
    for (let index = 0; index < lines.length; index++) {
      if (lines[index]!.length > lineLimit) return { error: 'ENOBUFS' };
      const line = trimBlanks(lines[index]!);
      if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
      const rule = parseRule(line);
      if (rule !== undefined) rules.push({ ...rule, isVendors });
      else search.report(4, `${path}:${index + 1}: Couldn't parse line '${lines[index]!.trimEnd()}'. Ignoring.`);
    }
  }
  return { rules };
}

function presetFiles(search: UnitFileSearch): string[] {
  const { paths, host, directories } = search;
  const byName = new Map<string, string>();
  const seen = new Set<string>();
  const usual = paths.scope === 'system' ? systemDirectories : userDirectories;
  // Last come those for pidone's own units, under the name that the systemd package's have.
  const own = paths.search.filter(isOwnUnits).map((directory) => `${parentOf(directory)}/${paths.scope}-preset`);
  for (const directory of [...usual.map((path) => paths.root + path), ...own]) {
    const real = chase(host.files, directory, paths.root);
    if ('error' in real || seen.has(real.path)) continue;
    seen.add(real.path);
    for (const [name] of directories.visible(real.path))
      if (name.endsWith('.preset') && !byName.has(name)) byName.set(name, `${real.path}/${name}`);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, path]) => path);
}

function parseRule(line: string): Omit<PresetRule, 'isVendors'> | undefined {
  const match = /^(enable|disable|ignore)(?:[ \t\n\r]+|$)(.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, word, parameter = ''] = match;
  const action = word as PresetAction;
  if (action !== 'enable') return { pattern: parameter, action, instances: undefined };
  const reader = new WordReader(parameter);
  const pattern = reader.next(extract.retainEscape);
  if (reader.failed) return undefined;
  const rest = reader.rest;
  if (rest === undefined) return { pattern: pattern ?? '', action, instances: undefined };
  if (pattern === undefined || !unitNameIsValid(pattern, 'template')) return undefined;
  return { pattern, action, instances: rest.split(/[ \t\n\r]+/).filter((word) => word !== '') };
}

/** Whether one of them speaks of a unit that is pidone's own. */
export const meansOwn = (name: string, rules: readonly PresetRule[]): boolean =>
  rules.some(({ pattern, isVendors }) => !isVendors && fnmatch(pattern, name));

/** What the rules say of a unit; without one it is to be enabled. Undefined for a name that no unit can have. */
export function queryPreset(name: string, rules: readonly PresetRule[], withInstances: boolean): Preset | undefined {
  const kind = unitNameKind(name);
  if (kind === undefined) return undefined;
  for (const rule of rules) {
    if (withInstances && rule.instances !== undefined && unitTemplateName(name) === rule.pattern) {
      if (kind === 'template') {
        const instances: string[] = [];
        for (const instance of rule.instances) {
          const unit = replaceUnitInstance(name, instance);
          if (unit !== undefined) instances.push(unit);
        }
        if (instances.length === rule.instances.length) return { action: rule.action, instances };
      } else if (rule.instances.includes(unitInstance(name)!)) return { action: rule.action, instances: undefined };
    }
    if (fnmatch(rule.pattern, name)) return { action: rule.action, instances: undefined };
  }
  return { action: 'enable', instances: undefined };
}
