/** What a unit has used, said when it has ended. */
import { formatTimeSpanUsec, toUsec } from '../values/time/time-span.ts';
import type { Unit } from './unit.ts';

/** From here on, milliseconds of CPU time are told at info, at notice. */
const mentionworthyCpuMs = 1000;
const noticeworthyCpuMs = 600_000;

export function logResources(unit: Unit & { readonly cpuUsageMs: number }): void {
  const { host } = unit.manager;
  const ms = unit.cpuUsageMs;
  const level = ms > noticeworthyCpuMs ? 5 : ms > mentionworthyCpuMs ? 6 : 7;
  const began = unit.inactiveExitTimestamp.monotonic;
  const span = (spanMs: number): string => formatTimeSpanUsec(toUsec(spanMs), 1000n);
  unit.log(level, host.voice.manager.consumed(span(ms), span(began > 0 ? host.monotonic() - began : 0)), {
    MESSAGE_ID: 'ae8f7b866b0347b9af31fe1c80b127c0',
    CPU_USAGE_NSEC: String(Math.round(ms * 1e6)),
  });
}
