/** Marks on units that are to be reloaded or restarted at once with others (systemctl(1), --marked). */
import { JobError } from './job-types.ts';

const markers = ['needs-reload', 'needs-restart'] as const;
export type Marker = (typeof markers)[number];

const isMarker = (word: string): word is Marker => (markers as readonly string[]).includes(word);

/** `Markers=`: names alone are all that count, with `+` and `-` they are added and taken away. Throws JobError. */
export function withMarkers(present: ReadonlySet<Marker>, words: readonly string[]): ReadonlySet<Marker> {
  const refuse = (message: string): never => {
    throw new JobError('org.freedesktop.systemd1.BadUnitSetting', message);
  };
  const change = new Map<Marker, boolean>();
  let relative = 0;
  for (const word of words) {
    const sign = /^[+-]/.exec(word)?.[0];
    const name = sign === undefined ? word : word.slice(1);
    if (!isMarker(name)) return refuse(`Unknown marker "${name}".`);
    if (sign !== undefined) relative++;
    change.set(name, sign !== '-');
  }
  if (relative > 0 && relative < words.length) return refuse('Bad marker syntax.');
  const all = markers.filter((name) => change.get(name) ?? (relative === words.length && present.has(name)));
  return new Set(all);
}
