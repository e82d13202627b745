/** What goes wrong with a machine, each with what explains it. */
import type { JobResult } from './api.ts';

/** Facts of a unit at the moment of a failure. */
interface UnitFailure {
  readonly unit: string;
  /** What went wrong, in a line. */
  readonly what: string;
  readonly result: string;
  readonly exitStatus: number | string | undefined;
  readonly log: readonly string[];
}

const withLog = (what: string, log: readonly string[]): string =>
  [what, ...log.map((line) => `    ${line}`)].join('\n');

/** A unit has failed. */
export class UnitFailed extends Error {
  override readonly name: string = 'UnitFailed';
  readonly unit: string;
  /** Why: 'exit-code', 'signal', 'timeout' … (Result= of `systemctl show`). */
  readonly result: string;
  /** How its main process ended: a status, or the signal's name. */
  readonly exitStatus: number | string | undefined;
  /** The last lines about the unit. They are in the message, too. */
  readonly log: readonly string[];

  constructor({ unit, what, result, exitStatus, log }: UnitFailure) {
    super(withLog(what, log));
    this.unit = unit;
    this.result = result;
    this.exitStatus = exitStatus;
    this.log = log;
  }
}

/** A job did not come to its end, or to another one than was asked for. */
export class JobFailed extends UnitFailed {
  override readonly name = 'JobFailed';
  /** How the job ended; undefined where it was refused, as for a unit that there is not. */
  readonly jobResult: JobResult | undefined;

  constructor(facts: UnitFailure & { readonly jobResult: JobResult | undefined }) {
    super(facts);
    this.jobResult = facts.jobResult;
  }
}

/** What was waited for has not come in the time that there was. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
  /** The last lines about the unit that was waited for. They are in the message, too. */
  readonly log: readonly string[];

  constructor(what: string, log: readonly string[] = []) {
    super(withLog(what, log));
    this.log = log;
  }
}

/** A program of systemd's ended with a status other than 0. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly status: number;
  readonly stderr: string;

  constructor(command: string, status: number, stderr: string) {
    super(`${command}: ${stderr.trim() === '' ? `status ${status}` : stderr.trim()}`);
    this.status = status;
    this.stderr = stderr;
  }
}

/** The manager could not be started, or has ended without being asked to. */
export class MachineEnded extends Error {
  override readonly name = 'MachineEnded';
}

/** Thrown for options that mean nothing: which one, what was found, what is valid. */
export class InvalidOption extends Error {
  override readonly name = 'InvalidOption';
}
