/** The manager's own log (org.freedesktop.LogControl1): what it says goes to the journal, up to a level. */

import { extraFieldsAbout } from '../exec/extra-fields.ts';
import type { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { Diagnostic } from '../unitfile/load/loaded-unit.ts';
import type { Unit } from '../units/unit.ts';

/** Logs a line, of a unit where it is about one. */
export type Log = (level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>) => void;

export class LogControl {
  readonly #journal: Pick<Journal, 'log'>;
  #level: LogLevel = 6;
  #levelIsSet = false;
  /** What people have set; there is nowhere else to log to. */
  target = 'journal';

  constructor(journal: Pick<Journal, 'log'>) {
    this.#journal = journal;
  }

  /** What is less important is not logged. Set by hand, it outlives a reload. */
  get level(): LogLevel {
    return this.#level;
  }
  set level(level: LogLevel) {
    this.#level = level;
    this.#levelIsSet = true;
  }

  keep(k: Keeper): void {
    const level = k.number('level', this.#level) as LogLevel;
    this.#levelIsSet = k.flag('levelIsSet', this.#levelIsSet);
    // What a file has said is read again.
    if (this.#levelIsSet) this.#level = level;
    this.target = k.text('target', this.target);
  }

  /** LogLevel= of systemd-system.conf(5). */
  configure(level: LogLevel | undefined): void {
    if (!this.#levelIsSet && level !== undefined) this.#level = level;
  }

  write(level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>): void {
    if (level > this.#level) return;
    // systemd.exec(5), LogLevelMax=: what is said about a unit, too.
    if (level > (unit?.logLevelMax ?? 7)) return;
    const invocation = unit?.invocationId ?? '';
    this.#journal.log({
      message,
      priority: level,
      ...(unit === undefined ? {} : { unit: unit.id }),
      fields: {
        ...(invocation === '' ? {} : { INVOCATION_ID: invocation }),
        ...(unit === undefined ? {} : extraFieldsAbout(unit)),
        ...fields,
      },
    });
  }

  /** What is wrong in the files of a unit, whatever the level. */
  writeDiagnostics(unit: string, diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const { level, file, line, message, fields } = diagnostic;
      if (fields !== undefined) {
        this.#journal.log({ message, priority: level, fields });
        continue;
      }
      this.#journal.log({
        message: located(diagnostic, `${unit}: `),
        priority: level,
        unit,
        fields: {
          ...(file === undefined ? {} : { MESSAGE_ID: invalidConfiguration, CONFIG_FILE: file }),
          ...(line === undefined ? {} : { CONFIG_LINE: String(line) }),
        },
      });
    }
  }
}

/** systemd.journal-fields(7), MESSAGE_ID=: something is wrong in a file. */
const invalidConfiguration = 'c772d24e9a884cbeb9ea12625c306c01';

/** A message after the place in a file that it is about, or `otherwise`. */
export function located(
  { file, line, message }: Pick<Diagnostic, 'file' | 'line' | 'message'>,
  otherwise = '',
): string {
  if (file === undefined) return otherwise + message;
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}
