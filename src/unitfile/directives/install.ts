/** [Install] of systemd.unit(5): read by `enable` and its kin, ignored when a unit is loaded. */

import { group, honoured, type SettingsOf, setting } from './directive.ts';
import { installInstance, installNames } from './kinds/unit.ts';

export const installDirectives = group({
  Alias: setting(installNames, [], honoured, { property: null }),
  WantedBy: setting(installNames, [], honoured, { property: null }),
  RequiredBy: setting(installNames, [], honoured, { property: null }),
  UpheldBy: setting(installNames, [], honoured, { property: null, since: 254 }),
  Also: setting(installNames, [], honoured, { property: null }),
  DefaultInstance: setting(installInstance, undefined, honoured, { property: null }),
});

export type InstallSettings = SettingsOf<typeof installDirectives>;
