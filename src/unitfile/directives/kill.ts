/** systemd.kill(5): shared by services, sockets, mounts, swaps and scopes. */

import { group, honoured, type SettingsOf, setting } from './directive.ts';
import { boolean, signal } from './kinds/basic.ts';
import { killMode } from './kinds/kill.ts';

export const killDirectives = group({
  KillMode: setting(killMode, 'control-group', honoured),
  KillSignal: setting(signal, 15, honoured),
  /** 0: as KillSignal=. */
  RestartKillSignal: setting(signal, 0, honoured, { property: null }),
  FinalKillSignal: setting(signal, 9, honoured),
  SendSIGKILL: setting(boolean, true, honoured),
  SendSIGHUP: setting(boolean, false, honoured),
  WatchdogSignal: setting(signal, 6, honoured),
});

export type KillSettings = SettingsOf<typeof killDirectives>;
