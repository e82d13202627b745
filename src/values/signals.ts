/** Signals by name and number, as on Linux for x86 and ARM: signal(7). */
import { parseInteger } from '../text/numbers.ts';

const names: readonly string[] = [
  '',
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
];

const byName: ReadonlyMap<string, number> = new Map(names.map((name, number) => [name, number]));

/** First real-time signal that the C library leaves to programs. */
export const sigRtMin = 34;
export const sigRtMax = 64;

/** The number of `TERM`, `SIGTERM`, `15`, `RTMIN+3`, `RTMAX-1`; undefined for anything else. */
export function parseSignal(text: string): number | undefined {
  const number = parseInteger(text);
  if (number !== undefined) return number > 0 && number <= sigRtMax ? number : undefined;
  const name = text.startsWith('SIG') ? text.slice(3) : text;
  if (name !== '') {
    const known = byName.get(name);
    if (known !== undefined) return known;
  }
  const range = sigRtMax - sigRtMin;
  if (name.startsWith('RTMIN')) {
    if (name.length === 5) return sigRtMin;
    const offset = name[5] === '+' ? parseInteger(name.slice(5), 0, range) : undefined;
    return offset === undefined ? undefined : sigRtMin + offset;
  }
  if (name.startsWith('RTMAX')) {
    if (name.length === 5) return sigRtMax;
    const offset = name[5] === '-' ? parseInteger(name.slice(5), -range, 0) : undefined;
    return offset === undefined ? undefined : sigRtMax + offset;
  }
  return undefined;
}

/** `TERM`, `RTMIN+3`; the number where there is no name. */
export function signalName(signal: number): string {
  const name = names[signal];
  if (name) return name;
  if (signal === sigRtMin) return 'RTMIN';
  if (signal > sigRtMin && signal <= sigRtMax) return `RTMIN+${signal - sigRtMin}`;
  return String(signal);
}
