/**
 * Init scripts that know their daemon by its program: start-stop-daemon(8) looks at /proc/PID/exe for --exec, which of another
 * user's process takes CAP_SYS_PTRACE. Without it the daemon is not found: the script's stop leaves it running and says that
 * all is well.
 */
import type { Host } from '../../sys/host.ts';
import { parseCapability } from '../../values/capabilities.ts';

const tracing = 1n << BigInt(parseCapability('CAP_SYS_PTRACE')!);

/** The command line of a script by which it does not find its daemon in this container. */
export function unfoundDaemon(host: Host, text: string): { line: number; text: string } | undefined {
  if ((host.capabilities().effective & tracing) !== 0n || !runsAsOther(text)) return undefined;
  return lineOf(text);
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
