/** The caller's clock: their time zone, and what the arguments of a call that are times are read with. */

import { localTimeZone, type TimeZone, type ZoneLoader, zoneLoader } from '../../values/time/timezone.ts';
import type { CliContext } from './context.ts';

const zones = new Map<string, TimeZone>();

/** The caller's time zone. */
export function callersZone(context: Pick<CliContext, 'host' | 'env'>): TimeZone {
  const name = context.env.TZ;
  // The file behind /etc/localtime may change, the zone of a name does not.
  if (name === undefined) return localTimeZone(context.host.files, undefined);
  let zone = zones.get(name);
  if (zone === undefined) {
    if (zones.size > 64) zones.clear();
    zone = localTimeZone(context.host.files, name);
    zones.set(name, zone);
  }
  return zone;
}

export interface Clock {
  readonly local: TimeZone;
  readonly load: ZoneLoader;
  readonly nowUsec: () => bigint;
  /** Local time is UTC, so that it need not be printed twice. */
  readonly inUtc: boolean;
}

export function clockOf(context: Pick<CliContext, 'host' | 'env'>): Clock {
  const { host } = context;
  const local = callersZone(context);
  const [standard, summer] = local.abbreviations;
  return {
    local,
    load: zoneLoader(host.files),
    nowUsec: () => BigInt(Math.round(host.now() * 1000)),
    inUtc: standard === summer && local.at(host.now() / 1000).offsetSec === 0,
  };
}
