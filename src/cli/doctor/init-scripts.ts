/**
 * Init scripts that know their daemon by its program: start-stop-daemon(8) looks at /proc/PID/exe for --exec, which of another
 * user's process takes CAP_SYS_PTRACE. Without it the daemon is not found: a stop leaves it running and says that all is
 * well, and a restart starts a second one.
 */
import { readInitScripts } from '../../manager/generators/builtin.ts';
import type { Host } from '../../sys/host.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import { grant, takeBack } from './changes.ts';
import { hasCapability, textOf } from './needs.ts';
import type { Place } from './places.ts';

export interface ScriptFinding {
  readonly unit: string;
  readonly place: Place;
  readonly reason: string;
  readonly change: string;
  readonly atBoot: boolean;
}

export function examineInitScripts(host: Host, paths: LookupPaths): ScriptFinding[] {
  if (hasCapability(host, 'CAP_SYS_PTRACE')) return [];
  // As at a boot: what generators have made of scripts does not stand for them.
  const { generator, generatorEarly, generatorLate } = paths;
  const made = [generator, generatorEarly, generatorLate];
  const native = { ...paths, search: paths.search.filter((directory) => !made.includes(directory)) };
  const { scripts, units } = readInitScripts({ host, paths: native, log: () => {} });
  const wanted = new Set(units.wants.map(({ unit }) => unit));
  return scripts.flatMap(({ name, path, text }) => {
    const line = runsAsOther(text) ? lineOf(text) : undefined;
    if (line === undefined) return [];
    const dropIns = paths.search.map((directory) => `${directory}/${name}.d/*.conf`);
    if (/^KillMode=control-group$/m.test(textOf(host, dropIns))) return [];
    return [
      {
        unit: name,
        place: { file: path, ...line },
        reason:
          'start-stop-daemon --exec does not find the daemon, which is another user’s process, and the container has no CAP_SYS_PTRACE: it can be started, but a stop leaves it running',
        change: `${takeBack(name, 'Service', 'KillMode', 'control-group')}; or ${grant('CAP_SYS_PTRACE')}`,
        atBoot: wanted.has(name),
      },
    ];
  });
}

/** Whether the daemon is, or may be, a process of another user than root. */
const runsAsOther = (text: string): boolean =>
  /--chuid|--user\b|\bchown\b|\w*USER\b/.test(text.replace(/^\s*#.*/gm, ''));

/** The first command line with --exec; one may go on over several lines. */
function lineOf(text: string): { line: number; text: string } | undefined {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    if (!/^[^#]*\bstart-stop-daemon\b/.test(lines[index]!)) continue;
    let command = lines[index]!;
    for (let next = index + 1; command.endsWith('\\') && next < lines.length; next++)
      command = `${command.slice(0, -1)} ${lines[next]!}`;
    // what stands behind is the daemon's own
    const [own = ''] = command.split(/\s--\s/);
    if (/\s(?:--exec|-\w*x)\b/.test(own)) return { line: index + 1, text: command.replace(/\s+/g, ' ').trim() };
  }
  return undefined;
}
