/** [Timer] of systemd.timer(5) and [Path] of systemd.path(5). */

import {
  group,
  honoured,
  honouredWhere,
  noEffect,
  type Redirect,
  type SettingsOf,
  setting,
  slot,
  writes,
} from './directive.ts';
import { boolean, mode, span, unsigned } from './kinds/basic.ts';
import { pathEntries, pathEntry, timerEntries, timerEntry } from './kinds/timer.ts';
import { triggerUnit } from './kinds/unit.ts';
import type { PathEntry, TimerEntry } from './shapes.ts';

const elapses = (base: TimerEntry['base']): Redirect => writes('Timers', timerEntry(base), honoured);
const watches = (type: PathEntry['type']): Redirect => writes('Paths', pathEntry(type), honoured);

export const timerDirectives = group({
  /** The last line first, as systemd keeps and shows them. */
  Timers: slot(timerEntries, [], { property: null }),
  OnCalendar: elapses('OnCalendar'),
  OnActiveSec: elapses('OnActiveSec'),
  OnBootSec: elapses('OnBootSec'),
  OnStartupSec: elapses('OnStartupSec'),
  OnUnitActiveSec: elapses('OnUnitActiveSec'),
  OnUnitInactiveSec: elapses('OnUnitInactiveSec'),
  OnClockChange: setting(boolean, false, honouredWhere('the clock is set by a second or more; it is seen within one')),
  OnTimezoneChange: setting(boolean, false, honoured),
  Persistent: setting(boolean, false, honoured),
  WakeSystem: setting(boolean, false, noEffect('a container cannot wake its host')),
  RemainAfterElapse: setting(boolean, true, honoured),
  FixedRandomDelay: setting(boolean, false, honoured),
  DeferReactivation: setting(boolean, false, honoured, { since: 257, property: null }),
  AccuracySec: setting(
    span,
    (facts) => facts.manager.timerAccuracyMs,
    honouredWhere('timers elapse on time, which any accuracy permits'),
  ),
  RandomizedDelaySec: setting(span, 0, honoured),
  RandomizedOffsetSec: setting(span, 0, honoured, { since: 258, property: null }),
  /** Once loaded always set: the service of the same name where no line says another. */
  Unit: setting(triggerUnit, undefined, honoured, { property: null }),
});

export type TimerSettings = SettingsOf<typeof timerDirectives>;

export const pathDirectives = group({
  /** The last line first, as systemd keeps and shows them. */
  Paths: slot(pathEntries, [], { property: null }),
  PathExists: watches('PathExists'),
  PathExistsGlob: watches('PathExistsGlob'),
  PathChanged: watches('PathChanged'),
  PathModified: watches('PathModified'),
  DirectoryNotEmpty: watches('DirectoryNotEmpty'),
  /** Once loaded always set: the service of the same name where no line says another. */
  Unit: setting(triggerUnit, undefined, honoured, { property: null }),
  MakeDirectory: setting(boolean, false, honoured),
  DirectoryMode: setting(mode, 0o755, honoured),
  /** Infinity: no line says it; once loaded 2 s. */
  TriggerLimitIntervalSec: setting(span, Number.POSITIVE_INFINITY, honoured),
  TriggerLimitBurst: setting(unsigned, 4294967295, honoured),
});

export type PathSettings = SettingsOf<typeof pathDirectives>;
