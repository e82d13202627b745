/** What goes wrong with a machine and in a simulation, each with what explains it. */
import type { JobResult } from './words.ts';

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
  /** 'UnitFailed', and that of a class that extends it. */
  override readonly name: string = 'UnitFailed';
  /** Which unit. */
  readonly unit: string;
  /** Why: 'exit-code', 'signal', 'timeout' … (Result= of `systemctl show`). */
  readonly result: string;
  /** How its main process ended: a status, or the signal's name. Undefined where none has. */
  readonly exitStatus: number | string | undefined;
  /** The last lines about the unit, at most ten, oldest first. They are in the message, too. */
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
  /** 'JobFailed' */
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
  /** 'WaitTimeout' */
  override readonly name = 'WaitTimeout';
  /** The last lines about the unit that was waited for, at most ten, oldest first. They are in the message, too. */
  readonly log: readonly string[];

  constructor(what: string, log: readonly string[] = []) {
    super(withLog(what, log));
    this.log = log;
  }
}

/** A program of systemd's ended with a status other than 0. */
export class CommandFailed extends Error {
  /** 'CommandFailed' */
  override readonly name = 'CommandFailed';
  /** Its exit status, 1 to 255. */
  readonly status: number;
  /** What it wrote to its standard error. */
  readonly stderr: string;

  constructor(command: string, status: number, stderr: string) {
    super(`${command}: ${stderr.trim() === '' ? `status ${status}` : stderr.trim()}`);
    this.status = status;
    this.stderr = stderr;
  }
}

/** Thrown for options that mean nothing: which one, what was found, what is valid. */
export class InvalidOption extends Error {
  /** 'InvalidOption' */
  override readonly name = 'InvalidOption';
}
