/** Kinds of values of [Unit] and [Install], and of the rows that name other units. */

import { parseBoolean, parseUnsigned } from '../../../text/numbers.ts';
import { extract } from '../../../text/quoting.ts';
import { type EmergencyAction, parseEmergencyAction } from '../../../values/emergency-action.ts';
import { unlimitedUnits } from '../../../values/limits.ts';
import { printable, printableWords } from '../../../values/shown.ts';
import { formatTimeSpan, parseTimeSpanFix0 } from '../../../values/time/time-span.ts';
import { typeTakes, whyNotLoadable } from '../../files/alias.ts';
import { unitNameIsValid } from '../../language/unit-name.ts';
import type { DependencyName, Kind, LineKind, ParseContext } from '../kind.ts';
import type { Condition } from '../shapes.ts';
import {
  badValue,
  bareSpecifiers,
  expand,
  expandedPath,
  notice,
  numberErrno,
  scalar,
  warning,
  whyNoUnsigned,
  wordsOf,
} from './basic.ts';

/** How many units a slice may have. */
export const concurrency: Kind<number> = scalar(
  'unsigned integer or infinity',
  'Failed to parse unsigned value',
  (value) => (value === '' || value === 'infinity' ? unlimitedUnits : parseUnsigned(value)),
  String,
  { why: numberErrno },
);

/**
 * A template that names an instance of itself with a longer instance (`foo@%i-x.service`) would go on for ever: such a
 * line is dropped. systemd: unit_is_likely_recursive_template_dependency.
 */
function looksRecursive(at: ParseContext, name: string, written: string): boolean {
  if (!/@/.test(at.unitName) || at.fragmentPath === undefined) return false;
  if (!unitNameIsValid(name, 'instance')) return false;
  const prefix = (text: string) => text.slice(0, text.indexOf('@'));
  const suffix = (text: string) => text.slice(text.lastIndexOf('.'));
  if (prefix(name) !== prefix(at.unitName) || suffix(name) !== suffix(at.unitName)) return false;
  const instance = written.slice(written.indexOf('@') + 1, written.lastIndexOf('.'));
  return instance !== '%i' && /%[inN]/.test(instance.replaceAll('%%', ''));
}

/** Requires= and its kin: each word a unit. */
export function addDependencies(kind: DependencyName, value: string, at: ParseContext): void {
  for (const word of wordsOf(at, value, extract.retainEscape)) {
    const name = expand(at, 'name', word);
    if (name === undefined) continue;
    if (looksRecursive(at, name, word)) {
      at.report(7, `Dropping dependency ${kind}=${word} that likely leads to infinite recursion.`);
      continue;
    }
    if (unitNameIsValid(name) && typeTakes(name)) at.addDependency(kind, name);
    else at.refuseDependency(name);
  }
}

export const mountsFor: Kind<string[]> = {
  name: 'paths',
  parse(value, at, current) {
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote)) {
      const path = expandedPath(at, word);
      if (path !== undefined && !list.includes(path)) list.push(path);
    }
    return list;
  },
  format: printableWords,
};

const urlSchemes = ['http://', 'https://', 'file:/', 'info:', 'man:'];
const isDocumentationUrl = (url: string): boolean =>
  urlSchemes.some((scheme) => url.startsWith(scheme) && url.length > scheme.length) && /^[\x21-\x7e]*$/.test(url);

export const documentation: Kind<string[]> = {
  name: 'URLs',
  parse(value, at, current) {
    const text = expand(at, 'full', value);
    if (text === undefined) return current;
    if (text === '') return [];
    const list = [...current];
    for (const url of wordsOf(at, text, extract.unquote | extract.retainEscape, badValue(at, 'Invalid syntax', text))) {
      if (isDocumentationUrl(url)) list.push(url);
      else at.report(warning, `Invalid URL, ignoring: ${url}`);
    }
    return list;
  },
  format: printableWords,
};

const jobModes = [
  'fail',
  'replace',
  'replace-irreversibly',
  'isolate',
  'flush',
  'ignore-dependencies',
  'ignore-requirements',
  'triggering',
] as const;
type JobModeName = (typeof jobModes)[number];

export const jobMode: Kind<JobModeName> = scalar(
  'job mode',
  'Failed to parse job mode',
  (value) => jobModes.find((known) => known === value),
  (value) => value,
);

export const jobModeIsolate: LineKind<JobModeName> = {
  name: 'boolean',
  parse(value, at, current) {
    const isolate = parseBoolean(value);
    if (isolate === undefined) {
      at.report(warning, `Failed to parse boolean, ignoring: ${value}`);
      return current;
    }
    at.reportUnit(notice, `${at.key} is deprecated. Please use OnFailureJobMode= instead`);
    return isolate ? 'isolate' : 'replace';
  },
};

const time = (key: string): Kind<number> =>
  scalar('time span', `Failed to parse ${key}= parameter`, parseTimeSpanFix0, (ms) => formatTimeSpan(ms), {
    timeSpan: true,
    saidByAll: true,
  });
export const jobTimeout = time('JobTimeoutSec');
export const jobRunningTimeout = time('JobRunningTimeoutSec');

/** A user manager can only exit: anything stronger becomes exit-force, as systemd does for old files. */
export const emergencyAction: Kind<EmergencyAction> = {
  name: 'none|reboot|poweroff|exit|halt|…, -force, -immediate',
  parse(value, at, current) {
    const action = parseEmergencyAction(value);
    if (action === undefined) {
      at.report(warning, `Failed to parse ${at.key}=, ignoring: ${value}`);
      return current;
    }
    if (at.scope === 'user' && value !== 'none' && value !== 'exit' && value !== 'exit-force') {
      at.report(6, `${at.key}= in user mode specified as "${value}", using "exit-force" instead.`);
      return 'exit-force';
    }
    return action;
  },
  format: (value) => value,
};

/** 0…255; undefined: not set. */
export const exitStatusByte: Kind<number | undefined> = {
  name: 'exit status',
  parse(value, at, current) {
    if (value === '') return undefined;
    const status = parseUnsigned(value);
    if (status !== undefined && status <= 255) return status;
    at.report(warning, `Failed to parse exit status '${value}', ignoring: ${whyNoUnsigned(value)}`);
    return current;
  },
  format: (value) => (value === undefined ? { whenAll: '[not set]' } : String(value)),
};

export const rebootArgument: Kind<string | undefined> = {
  name: 'string',
  parse(value, at, current) {
    const text = expand(at, 'full', value);
    if (text === undefined) return current;
    // the old place, [Service], takes any text
    if (at.section === 'Unit' && !/^[\x01-\x7f]{0,255}$/.test(text)) {
      at.report(warning, `Invalid reboot parameter '${text}', ignoring.`);
      return current;
    }
    return text === '' ? undefined : text;
  },
  format: printable,
};

/** Conditions in the order in which systemd tests and shows them: the last line first. */
export const conditionList: Kind<Condition[]> = {
  name: 'conditions',
  parse: (_value, _at, current) => current,
  format: () => [],
};

export function conditionPath(type: string): LineKind<Condition[]> {
  return {
    name: 'path',
    parse(value, at, current) {
      if (value === '') return [];
      const trigger = value.startsWith('|');
      const afterTrigger = trigger ? value.slice(1) : value;
      const negate = afterTrigger.startsWith('!');
      const parameter = expandedPath(at, negate ? afterTrigger.slice(1) : afterTrigger, bareSpecifiers);
      return parameter === undefined ? current : [{ type, trigger, negate, parameter }, ...current];
    },
  };
}

export function conditionString(type: string): LineKind<Condition[]> {
  return {
    name: 'string',
    parse(value, at, current) {
      if (value === '') return [];
      const trigger = value.startsWith('|');
      const afterTrigger = trigger ? value.slice(1).trimStart() : value;
      const negate = afterTrigger.startsWith('!');
      const parameter = expand(at, 'full', negate ? afterTrigger.slice(1).trimStart() : afterTrigger);
      return parameter === undefined ? current : [{ type, trigger, negate, parameter }, ...current];
    },
  };
}

/** [Install] is read by `enable`; here it is only known. */
export const installNames: Kind<string[]> = {
  name: 'units',
  parse: (_value, _at, current) => current,
  format: printableWords,
};
export const installInstance: Kind<string | undefined> = {
  name: 'string',
  parse: (_value, _at, current) => current,
  format: printable,
};

/** Unit= of timers and paths: one unit, Before= and Triggers= it. */
export const triggerUnit: Kind<string | undefined> = {
  name: 'unit',
  parse(value, at, current) {
    if (at.hasDependency('Triggers')) {
      at.report(warning, `Multiple units to trigger specified, ignoring: ${value}`);
      return current;
    }
    const name = expand(at, 'name', value, bareSpecifiers);
    if (name === undefined) return current;
    if (!unitNameIsValid(name)) {
      at.report(warning, `Unit type not valid, ignoring: ${value}`);
      return current;
    }
    if (at.hasName(name)) {
      at.report(warning, `Units cannot trigger themselves, ignoring: ${value}`);
      return current;
    }
    at.addDependency('Before', name);
    at.addDependency('Triggers', name);
    return name;
  },
  format: printable,
};

export const unitSlice: Kind<string | undefined> = {
  name: 'unit',
  parse(value, at, current) {
    const name = expand(at, 'name', value, bareSpecifiers);
    if (name === undefined) return current;
    const wrong = whyNotLoadable(name);
    if (wrong !== undefined) {
      at.report(warning, `Failed to load slice unit ${name}, ignoring: ${wrong}`);
      return current;
    }
    if (!name.endsWith('.slice') || at.type === 'slice') {
      at.report(warning, `Failed to assign slice ${name} to unit ${at.unitName}, ignoring: Invalid argument`);
      return current;
    }
    return name;
  },
  format: printable,
};
