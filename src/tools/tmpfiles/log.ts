/** What systemd-tmpfiles says, and how it gives up on a line. */

import type { ProgramContext } from '../../program/context.ts';
import { type Severity, say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';

/** A line, or a part of its work, that failed; what is to be said has been said. */
export class Failure extends Error {
  /** Name of the errno. */
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export class Log {
  readonly #context: ProgramContext;
  constructor(context: ProgramContext) {
    this.#context = context;
  }

  say(severity: Severity, text: string): void {
    say(this.#context, severity, text);
  }

  /** Says why, for who gives up to throw. */
  failure(code: string, text: string, severity: Severity = 'error'): Failure {
    this.say(severity, text);
    return new Failure(code);
  }

  /** Does something of the machine's; where that fails, says `text` with the reason and gives up. */
  attempt<T>(call: () => T, text: (reason: string) => string): T {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw this.failure(error.code, text(errorText(error.code)));
    }
  }
}
