/**
 * Settings that a unit's own files name and that do nothing here, or only a part of what they say: `status` shows them, and
 * the journal has them at the first start of a boot. `systemd-analyze verify` says why.
 */
import type { Host } from '../sys/host.ts';
import type { SettingsRecord } from '../unitfile/directives/kind.ts';
import { type FoundDirective, findDirective } from '../unitfile/directives/table.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import { canMount } from './confinement.ts';

export interface WithoutEffect {
  /** As in the file. */
  key: string;
  /** Something of it is done. */
  inPart: boolean;
  reason: string | undefined;
}

/** In the order of the files. What a line only takes back, or sets to what it is anyway, is none. */
export function withoutEffect(loaded: LoadedUnit, host: Host): WithoutEffect[] {
  const confined = !canMount(host);
  const found: WithoutEffect[] = [];
  for (const name of loaded.unsure) {
    const dot = name.indexOf('.');
    const directive = findDirective(name.slice(0, dot), name.slice(dot + 1));
    if (directive === undefined || !saysSomething(loaded, directive)) continue;
    const { support } = directive.row;
    const left = support.state === 'honoured' ? (confined ? support.withoutMounts : undefined) : 'nothing';
    if (left !== undefined) found.push({ key: directive.key, inPart: left === 'part', reason: support.reason });
  }
  return found;
}

function saysSomething(loaded: LoadedUnit, { group, key, row }: FoundDirective): boolean {
  const settings = (loaded as unknown as Record<string, SettingsRecord | undefined>)[group];
  const place = row.slot ? key : row.into;
  if (settings === undefined || place === '' || !Object.hasOwn(settings, place)) return false;
  const value = settings[place];
  if (Array.isArray(value)) return value.length > 0;
  return value !== (Object.getPrototypeOf(settings) as SettingsRecord)[place];
}

/** `PrivateTmp=, PrivateDevices= (in part)`; '' where there are none. */
export const withoutEffectText = (found: readonly WithoutEffect[]): string =>
  found.map(({ key, inPart }) => `${key}=${inPart ? ' (in part)' : ''}`).join(', ');
