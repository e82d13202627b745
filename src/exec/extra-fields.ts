/** LogExtraFields= of systemd.exec(5). */
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import type { Voice } from '../voice/voice.ts';

/** Names and values of the fields. */
export const extraFields = (lines: readonly string[]): (readonly [name: string, value: string])[] =>
  lines.map((field) => {
    const end = field.indexOf('=');
    return [field.slice(0, end), field.slice(end + 1)] as const;
  });

/** Those of what the manager says about a unit; none before 257. */
export function extraFieldsAbout(unit: {
  readonly loaded: Pick<LoadedUnit, 'exec'>;
  readonly manager: { readonly host: { readonly voice: Voice } };
}): Record<string, string> {
  const lines = unit.loaded.exec?.LogExtraFields ?? [];
  if (lines.length === 0 || !unit.manager.host.voice.manager.extraFieldsAbout) return {};
  return Object.fromEntries(extraFields(lines));
}
