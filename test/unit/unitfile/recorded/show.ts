/** `systemctl show --all` of units in a world, as it is compared with systemd's answers. */
import { showUnit } from '../../../../src/cli/show/show.ts';
import { utc } from '../../../../src/values/time/timezone.ts';
import { type World, world } from '../../../support/world.ts';

/** What depends on the state of a unit, or on the machine and the moment. */
export const notOfFiles =
  /Timestamp|^(InvocationID|Id|Names|FragmentPath|NeedDaemonReload|ActiveState|SubState|CanStart|CanStop|CanReload|CanClean|CanFreeze|NextElapse\w+|Result|MemoryAvailable|Transient|UnitFileState|UnitFilePreset)$/;

/** Sets, which systemd prints in the order of a hash table. */
const sets =
  /^(Requires|Requisite|Wants|BindsTo|Upholds|Conflicts|Before|After|On(Failure|Success)|PropagatesReloadTo|ReloadPropagatedFrom|PropagatesStopTo|StopPropagatedFrom|PartOf|JoinsNamespaceOf|Triggers|TriggeredBy|RequiresMountsFor|Slice|IPAddress(Allow|Deny))$/;

/** A machine as the one that gave the answers. */
export const oracle = (files: Record<string, string> = {}): World =>
  world({ hostname: 'oracle', limits: { NOFILE: { soft: 20_000, hard: 20_000 } }, files });

/** Puts the unit there and gives its name; `self` is the word for SELF. */
export function put(w: World, name: string, text: string, self: string): string {
  const real = name.replaceAll('SELF', self);
  w.put(`/etc/systemd/system/${fileOf(real)}`, text.replaceAll('SELF', self));
  return real;
}

export const fileOf = (name: string): string => name.replace(/@.*\./, '@.');

/** Properties with their lines. */
export function shown(w: World, name: string, self: string): Map<string, string[]> {
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

/** What differs from `plain`: lines as `show` prints them, `-KEY` for what is not there. */
export function differences(own: Map<string, string[]>, plain: Map<string, string[]>): string[] {
  const lines: string[] = [];
  for (const [key, values] of own) {
    if (notOfFiles.test(key) || values.join('\n') === plain.get(key)?.join('\n')) continue;
    lines.push(...values.map((value) => `${key}=${value}`));
  }
  for (const key of plain.keys()) if (!own.has(key) && !notOfFiles.test(key)) lines.push(`-${key}`);
  return lines;
}
