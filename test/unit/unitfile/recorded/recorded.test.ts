import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showUnit } from '../../../../src/cli/show/show.ts';
import { utc } from '../../../../src/values/time/timezone.ts';
import { type World, world } from '../../../support/world.ts';
import { type Case, casesOf, plainOf, textOf } from './cases.ts';

/** What depends on the state of a unit, or on the machine and the moment. */
const notOfFiles =
  /Timestamp|^(InvocationID|Id|Names|FragmentPath|NeedDaemonReload|ActiveState|SubState|CanStart|CanStop|CanReload|CanClean|CanFreeze|NextElapse\w+|Result|MemoryAvailable|Transient|UnitFileState|UnitFilePreset)$/;

/** Sets, which systemd prints in the order of a hash table. */
const sets =
  /^(Requires|Requisite|Wants|BindsTo|Upholds|Conflicts|Before|After|On(Failure|Success)|PropagatesReloadTo|ReloadPropagatedFrom|PropagatesStopTo|StopPropagatedFrom|PartOf|JoinsNamespaceOf|Triggers|TriggeredBy|RequiresMountsFor|Slice|IPAddress(Allow|Deny))$/;

const fileOf = (name: string): string => name.replace(/@.*\./, '@.');

function put(w: World, name: string, text: string, self: string): string {
  const real = name.replaceAll('SELF', self);
  w.put(`/etc/systemd/system/${fileOf(real)}`, text.replaceAll('SELF', self));
  return real;
}

function shown(w: World, name: string, self: string): Map<string, string[]> {
  const properties = new Map<string, string[]>();
  const options = { properties: undefined, showEmpty: true, onlyValue: false };
  const text = showUnit(w.unit(name), w.manager, { ...options, timestamp: (ms) => (ms === 0 ? undefined : utc.name) });
  for (const line of text.replaceAll(self, 'SELF').trimEnd().split('\n')) {
    const equals = line.indexOf('=');
    const [key, value] = [line.slice(0, equals), line.slice(equals + 1)];
    const inOrder = sets.test(key) ? value.split(' ').sort().join(' ') : value;
    properties.set(key, [...(properties.get(key) ?? []), inOrder]);
  }
  return properties;
}

/** As it is written in the file of cases. */
function answers(w: World, plain: Map<string, string[]>, name: string, pattern: string, self: string): string[] {
  const own = shown(w, name, self);
  const lines: string[] = [];
  for (const [key, values] of own) {
    if (notOfFiles.test(key) || values.join('\n') === plain.get(key)?.join('\n')) continue;
    lines.push(...values.map((value) => `${key}=${value}`));
  }
  for (const key of plain.keys()) if (!own.has(key) && !notOfFiles.test(key)) lines.push(`-${key}`);
  const file = `/etc/systemd/system/${fileOf(pattern)}`;
  const messages = w.unit(name).loaded.diagnostics.map((diagnostic) => {
    const message = diagnostic.message.replaceAll(self, 'SELF');
    const where = diagnostic.file?.replaceAll(self, 'SELF').replace(file, '');
    return `! ${diagnostic.level} ${where === undefined ? '' : `${where}:${diagnostic.line}: `}${message}`;
  });
  return [...lines, ...new Set(messages)];
}

const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.cases'));

describe.each(files)('%s: systemd 252 shows the same and says the same', (file) => {
  const cases = casesOf(file).map((of: Case, i) => ({ ...of, self: `zq${String(i).padStart(3, '0')}` }));
  let made: World | undefined;
  const plains = new Map<string, Map<string, string[]>>();

  /** All units of the file, in one world. */
  function set(): World {
    if (made !== undefined) return made;
    made = world({ hostname: 'oracle', limits: { NOFILE: { soft: 20_000, hard: 20_000 } } });
    for (const { name, text, self } of cases) put(made, name, text, self);
    return made;
  }

  function plain(w: World, name: string): Map<string, string[]> {
    const pattern = plainOf(name);
    let properties = plains.get(pattern);
    if (properties === undefined) {
      const self = `zqb${plains.size}`;
      const real = put(w, pattern, textOf(pattern, []), self);
      w.loader.refresh();
      properties = shown(w, real, self);
      plains.set(pattern, properties);
    }
    return properties;
  }

  test.each(cases)('$name: $lines', ({ name, self, answers: expected }) => {
    const w = set();
    const base = plain(w, name);
    expect(answers(w, base, name.replaceAll('SELF', self), name, self)).toEqual(expected);
  });
});
