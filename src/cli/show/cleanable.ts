/** CanClean: what `systemctl clean` could remove. */
import { cleanable as cleanableDirectories } from '../../exec/directories.ts';
import { Service } from '../../units/service.ts';
import { TimerUnit } from '../../units/timer.ts';
import type { Unit } from '../../units/unit.ts';
import type { ShowContext } from './getter.ts';

/** Words of `systemctl clean --what=`. */
export function cleanable(unit: Unit, { manager }: ShowContext): string[] {
  if (unit.loadState !== 'loaded') return [];
  if (unit instanceof Service) {
    const keeps = unit.settings.FileDescriptorStoreMax > 0 && manager.host.voice.show.cleansFdStore;
    return [...unit.canClean, ...(keeps ? ['fdstore'] : [])];
  }
  if (unit instanceof TimerUnit) return unit.loaded.timer?.Persistent === true ? ['state'] : [];
  const { exec } = unit.loaded;
  return exec === undefined ? [] : cleanableDirectories(exec);
}
