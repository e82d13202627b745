/** [Mount], [Automount], [Swap] of systemd.mount(5), systemd.automount(5), systemd.swap(5). */

import { group, honoured, noEffect, type SettingsOf, setting, slot } from './directive.ts';
import { boolean, mode, spanFix0, unitPath, unitString } from './kinds/basic.ts';
import { swapPriority } from './kinds/swap.ts';

const noAutofs = noEffect('the autofs device is not given to containers');
const noSwap = noEffect('swapon(2) is refused by container runtimes');

export const mountDirectives = group({
  What: setting(unitString('source'), undefined, honoured, { property: null }),
  Where: setting(unitPath(), undefined, honoured),
  Options: setting(unitString('options'), undefined, honoured, { property: null }),
  Type: setting(unitString('file system type'), undefined, honoured, { property: null }),
  TimeoutSec: setting(spanFix0, (facts) => facts.manager.timeoutStartMs, honoured),
  DirectoryMode: setting(mode, 0o755, honoured),
  SloppyOptions: setting(boolean, false, honoured),
  LazyUnmount: setting(boolean, false, honoured),
  ForceUnmount: setting(boolean, false, honoured),
  ReadWriteOnly: setting(boolean, false, honoured),
});

export type MountSettings = SettingsOf<typeof mountDirectives>;

export const automountDirectives = group({
  Where: setting(unitPath(), undefined, noAutofs),
  ExtraOptions: setting(unitString('options'), undefined, noAutofs),
  DirectoryMode: setting(mode, 0o755, noAutofs),
  /** 0: the mount is not dropped. */
  TimeoutIdleSec: setting(spanFix0, 0, noAutofs),
});

export type AutomountSettings = SettingsOf<typeof automountDirectives>;

export const swapDirectives = group({
  What: setting(unitPath(), undefined, noSwap, { property: null }),
  /** What=, or the path that the unit's name stands for. */
  Device: slot(unitPath(), undefined, { property: 'What' }),
  /** undefined: the kernel chooses. */
  Priority: setting(swapPriority, undefined, noSwap, { property: null }),
  Options: setting(unitString('options'), undefined, noSwap, { property: null }),
  TimeoutSec: setting(spanFix0, (facts) => facts.manager.timeoutStartMs, noSwap),
});

export type SwapSettings = SettingsOf<typeof swapDirectives>;
