/** Which names may lead to which units: systemd.unit(5), "Alias=" and aliases made by links. */
import { baseName } from '../../text/paths.ts';
import { unitInstance, unitNameKind, unitTypeOf } from '../language/unit-name.ts';

/** Types whose units may have aliases, and may be templates. */
export const mayAlias: ReadonlySet<string> = new Set(['service', 'socket', 'target', 'device', 'timer', 'path']);
export const mayTemplate: ReadonlySet<string> = new Set(['service', 'socket', 'target', 'timer', 'path']);

/** What systemd says where no unit of that name can be loaded. */
export function whyNotLoadable(name: string): string | undefined {
  const kind = unitNameKind(name);
  if (kind === undefined) return `Unit name ${name} is not valid.`;
  if (kind === 'template') return `Unit name ${name} is missing the instance name.`;
  return typeTakes(name) ? undefined : 'Invalid argument';
}

/** Mounts, slices and the like have no templates. */
export const typeTakes = (name: string): boolean =>
  unitNameKind(name) === 'plain' || mayTemplate.has(unitTypeOf(name) ?? '');

type AliasError = 'EINVAL' | 'EXDEV' | 'ELOOP';

/**
 * Whether a link named `alias` may stand for the unit that `target` leads to: EINVAL where the type has no aliases,
 * EXDEV where the names do not fit together, ELOOP for an alias of itself.
 */
export function checkAlias(alias: string, target: string, report: (message: string) => void): AliasError | undefined {
  const from = baseName(alias);
  const to = baseName(target);
  const refuse = (code: AliasError, why: string): AliasError => {
    report(`${alias}${why}`);
    return code;
  };
  const fromKind = unitNameKind(from);
  const fromType = unitTypeOf(from);
  if (fromKind === undefined || fromType === undefined)
    return refuse('EINVAL', `: not a valid unit name "${from}": Invalid argument`);
  if (!mayAlias.has(fromType)) return refuse('EINVAL', ': symlinks are not allowed for units of this type, rejecting.');
  if (fromKind !== 'plain' && !mayTemplate.has(fromType))
    return refuse('EINVAL', `: templates not allowed for ${fromType} units, rejecting.`);
  if (from === to) return 'ELOOP';
  const toKind = unitNameKind(to);
  if (toKind === undefined)
    return refuse('EXDEV', ` points to "${to}" which is not a valid unit name: Invalid argument`);
  if (toKind !== fromKind && !(fromKind === 'instance' && toKind === 'template'))
    return refuse('EXDEV', `: symlink target name type "${to}" does not match source, rejecting.`);
  if (toKind === 'instance' && unitInstance(from) !== unitInstance(to))
    return refuse('EXDEV', `: unit symlink target "${to}" instance name doesn't match, rejecting.`);
  if (unitTypeOf(to) !== fromType)
    return refuse('EXDEV', `: symlink target "${to}" has incompatible suffix, rejecting.`);
  return undefined;
}
