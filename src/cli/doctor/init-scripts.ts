/** Init scripts whose daemon is not found in this container: what of them works, and what does not. */
import { readInitScripts } from '../../manager/generators/builtin.ts';
import { unfoundDaemon } from '../../manager/generators/unfound-daemons.ts';
import type { Host } from '../../sys/host.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import { grant } from './changes.ts';
import type { Place } from './places.ts';

export interface ScriptFinding {
  readonly unit: string;
  readonly place: Place;
  readonly reason: string;
  readonly change: string;
  readonly atBoot: boolean;
}

export function examineInitScripts(host: Host, paths: LookupPaths): ScriptFinding[] {
  // As at a boot: what generators have made of scripts does not stand for them.
  const { generator, generatorEarly, generatorLate } = paths;
  const made = [generator, generatorEarly, generatorLate];
  const native = { ...paths, search: paths.search.filter((directory) => !made.includes(directory)) };
  const { scripts, units } = readInitScripts({ host, paths: native, log: () => {} });
  const wanted = new Set(units.wants.map(({ unit }) => unit));
  return scripts.flatMap(({ name, path, text }) => {
    const line = unfoundDaemon(host, text);
    if (line === undefined) return [];
    return [
      {
        unit: name,
        place: { file: path, ...line },
        reason:
          'start-stop-daemon --exec does not find the daemon, which is another user’s process, and the container has no CAP_SYS_PTRACE: a stop ends all of the unit’s processes in its place, and a reload by the script does nothing',
        change: grant('CAP_SYS_PTRACE'),
        atBoot: wanted.has(name),
      },
    ];
  });
}
