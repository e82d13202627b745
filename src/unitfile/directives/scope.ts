/** [Scope] of systemd.scope(5), [Slice] of systemd.slice(5). */

import { group, honoured, notYet, type SettingsOf, setting } from './directive.ts';
import { oneOf, span, unsigned } from './kinds/basic.ts';

export const scopeDirectives = group({
  RuntimeMaxSec: setting(span, Number.POSITIVE_INFINITY, honoured),
  RuntimeRandomizedExtraSec: setting(span, 0, honoured),
  TimeoutStopSec: setting(span, (facts) => facts.manager.timeoutStopMs, honoured),
  OOMPolicy: setting(oneOf('OOM policy', ['continue', 'stop', 'kill']), (facts) => facts.manager.oomPolicy, honoured),
});

export type ScopeSettings = SettingsOf<typeof scopeDirectives>;

export const sliceDirectives = group({
  ConcurrencySoftMax: setting(unsigned, 4294967295, notYet('a slice does not limit how many units it has'), {
    since: 258,
    property: null,
  }),
  ActivatingConcurrencyMax: setting(unsigned, 4294967295, notYet('a slice does not limit how many units it has'), {
    since: 262,
    property: null,
  }),
  ConcurrencyHardMax: setting(unsigned, 4294967295, notYet('a slice does not limit how many units it has'), {
    since: 258,
    property: null,
  }),
});

export type SliceSettings = SettingsOf<typeof sliceDirectives>;
