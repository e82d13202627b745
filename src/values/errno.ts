/** Errors of the kernel by name or number: SystemCallErrorNumber=, SystemCallFilter= (systemd.exec(5)), ERRNO= (sd_notify(3)). */
import { errnoNumber } from '../sys/errno-names.ts';
import { parseInteger } from '../text/numbers.ts';

/** A name (`EPERM`) or a number from 0 to 4095; undefined where it is neither. */
export function parseErrno(text: string): number | undefined {
  return errnoNumber(text) ?? parseInteger(text, 0, 4095);
}
