/** [Scope] of systemd.scope(5), [Slice] of systemd.slice(5). */

import { unlimitedUnits } from '../../values/limits.ts';
import { group, honoured, type SettingsOf, setting } from './directive.ts';
import { oneOf, span } from './kinds/basic.ts';
import { concurrency } from './kinds/unit.ts';

export const scopeDirectives = group({
  RuntimeMaxSec: setting(span, Number.POSITIVE_INFINITY, honoured),
  RuntimeRandomizedExtraSec: setting(span, 0, honoured),
  TimeoutStopSec: setting(span, (facts) => facts.manager.timeoutStopMs, honoured),
  OOMPolicy: setting(oneOf('OOM policy', ['continue', 'stop', 'kill']), (facts) => facts.manager.oomPolicy, honoured),
});

export type ScopeSettings = SettingsOf<typeof scopeDirectives>;

export const sliceDirectives = group({
  ConcurrencySoftMax: setting(concurrency, unlimitedUnits, honoured, { since: 258, property: null }),
  ActivatingConcurrencyMax: setting(concurrency, unlimitedUnits, honoured, { since: 262, property: null }),
  ConcurrencyHardMax: setting(concurrency, unlimitedUnits, honoured, { since: 258, property: null }),
});

export type SliceSettings = SettingsOf<typeof sliceDirectives>;
