/** systemd-run and run0: what they call what they make, and say of it. */
import { row } from './row.ts';

export const runRows = {
  /** Description= of a unit that was given none. */
  description: row({
    252: (_program: string, command: readonly string[], unit: string) => command.join(' ') || unit,
    257: (program: string, command: readonly string[], unit: string) =>
      `[${program}] ${command.length === 0 ? unit : command.map(quoteWord).join(' ')}`,
  }),
  /** Units that are given no name have that of the process which makes them. */
  namedByProcess: row({ 252: false, 257: true }),
  running: row({
    252: (what: string, unit: string, _invocation: string) => `Running${what} as unit: ${unit}`,
    255: (what: string, unit: string, invocation: string) =>
      `Running${what} as unit: ${unit}${invocation === '' ? '' : `; invocation ID: ${invocation}`}`,
  }),
  /** The options that connect a service with who calls. */
  terminalOptions: row({ 252: '--pty/--pipe', 258: '--pty/--pty-late/--pipe' }),
  triggersNoTerminal: row({
    252: '--pty/--pipe is not compatible in timer or --scope mode.',
    258: '--pty/--pty-late/--pipe is not compatible in trigger (path/socket/timer units) or --scope mode.',
  }),
  /** What a scope is called when it is said to run. */
  scope: row({ 252: ' scope', 257: '' }),
  /** How the main process has ended; `name` is that of a status. */
  ended: row({
    252: (code: string, status: string, _name: string) =>
      `Main processes terminated with: code=${code}/status=${status}`,
    254: (code: string, status: string, name: string) =>
      `Main processes terminated with: code=${code}, status=${status}/${name}`,
  }),
  /** A scope with variables in its command line is warned of. */
  warnsOfScopes: row({ 252: false, 254: true, 258: false }),
  /** Variables in the command line of a scope are expanded without being asked for. */
  scopesExpand: row({ 252: false, 258: true }),
};

/** A word as a shell would have to be given it. */
function quoteWord(word: string): string {
  if (word !== '' && !/[\s"\\`$*?['()<>|&;!#]/.test(word)) return word;
  return `"${word.replace(/["\\`$]/g, '\\$&')}"`;
}
