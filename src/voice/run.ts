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
  /** The lines of --wait: what each is about and its value, one below the other. */
  outcome: row<(rows: readonly (readonly [string, string])[]) => readonly string[]>({
    252: (rows) => rows.map(([what, value]) => `${what}: ${value}`),
    262: (rows) => {
      const width = Math.max(...rows.map(([what]) => what.length));
      return rows.map(([what, value]) => `${what.padStart(width)}: ${value}`);
    },
  }),
  /** --timer-property= without a time. */
  timerWithoutTime: row({
    252: '--timer-property= has no effect without any other timer options.',
    262: '--timer-property= set without any timer trigger expression (i.e. On*= setting), refusing.',
  }),
  /** What is a service's alone, with --scope. */
  noServiceOptions: row({
    252: { ignoresFailure: false, text: '--remain-after-exit and --service-type= are not supported in --scope mode.' },
    262: {
      ignoresFailure: true,
      text: '--remain-after-exit, --service-type= and --ignore-failure are not supported in --scope mode.',
    },
  }),
  /** --no-block with --scope; undefined where it is passed over. */
  scopeBlocks: row<string | undefined>({ 252: undefined, 262: '--no-block is not supported in --scope mode.' }),
  /** --background= is looked at. */
  knowsColors: row({ 252: false, 262: true }),
  /** Why a name of another type is none for what is to be made. */
  otherType: row<(what: 'service' | 'scope', unit: string, type: string) => string>({
    252: (what) =>
      `Failed to start transient ${what} unit: Cannot set property ${what === 'service' ? 'ExecStart' : 'PIDs'}, or unknown property.`,
    262: (what, unit, type) =>
      what === 'scope'
        ? 'Failed to mangle scope name: Invalid argument'
        : `Unit name "${unit}" has unit type "${type}", but "service" is expected as unit.\nFailed to mangle unit name: Invalid argument`,
  }),
  /** --uid= and --gid= of a scope that are not there. */
  noSuchId: row<(what: 'user' | 'group', name: string) => string>({
    252: (what, name) => `Failed to resolve ${what} ${name}: No such process`,
    262: (what, name) => `Failed to resolve ${what} '${name}': Unknown ${what}`,
  }),
  /** What a scope is called when it is said to run. */
  scope: row({ 252: ' scope', 257: '' }),
  /** How the main process has ended; `name` is that of a status. */
  ended: row({
    252: (code: string, status: string, _name: string) => `code=${code}/status=${status}`,
    254: (code: string, status: string, name: string) => `code=${code}, status=${status}/${name}`,
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
