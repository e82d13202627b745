/** Environment blocks: which names, values and assignments can be in one. systemd.exec(5) "ENVIRONMENT". */
import { byteLength, hasInvalidBytes } from '../../text/bytes.ts';

/** ARG_MAX as sysconf(3) has it with the customary stack limit. */
const argMax = 2 * 1024 * 1024;

function fits(text: string, limit: number): boolean {
  return text.length * 3 <= limit || byteLength(text) <= limit;
}

/** Letters, digits and underscores, no digit first. */
export function envNameIsValid(name: string): boolean {
  return name.length <= argMax - 2 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Any UTF-8; control characters are fine. */
export function envValueIsValid(value: string): boolean {
  return !hasInvalidBytes(value) && !value.includes('\0') && fits(value, argMax - 3);
}

/** `NAME=VALUE`, both valid. */
export function envAssignmentIsValid(assignment: string): boolean {
  const equals = assignment.indexOf('=');
  if (equals < 0) return false;
  return (
    envNameIsValid(assignment.slice(0, equals)) &&
    envValueIsValid(assignment.slice(equals + 1)) &&
    fits(assignment, argMax - 1)
  );
}

function nameOf(assignment: string): string {
  const equals = assignment.indexOf('=');
  return equals < 0 ? assignment : assignment.slice(0, equals);
}

/** The list with the variable set: in its old place where it was set before. Other settings of it are dropped. */
export function setAssignment(list: readonly string[], assignment: string): string[] {
  const name = nameOf(assignment);
  const result: string[] = [];
  let placed = false;
  for (const entry of list) {
    if (nameOf(entry) !== name) {
      result.push(entry);
    } else if (!placed) {
      result.push(assignment);
      placed = true;
    }
  }
  if (!placed) result.push(assignment);
  return result;
}
