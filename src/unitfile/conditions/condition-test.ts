/** What the tests behind conditions share. */
import type { Host } from '../../sys/host.ts';
import { parseBoolean } from '../../text/numbers.ts';

/** What a condition may ask besides the host. */
export interface ConditionContext {
  scope: 'system' | 'user';
  /** `NAME=VALUE` of the environment that services get: ConditionEnvironment=. */
  environment: readonly string[];
}

/** What makes a condition undecidable; the message is errno's text. */
export class Undecidable extends Error {}

export const invalid = 'Invalid argument';
export const outOfRange = 'Numerical result out of range';

export type Test = (parameter: string, host: Host, context: ConditionContext) => boolean;

/** The container manager; undefined outside of containers. */
export const containerOf = (host: Host): string | undefined => {
  const { container } = host.virtualization();
  return container === 'none' || container === '' ? undefined : container;
};

export function exists(host: Host, path: string): boolean {
  return host.files.access(path, 'exists');
}

/** A small file of /proc or /sys; undefined where it cannot be read. */
export function readSmall(host: Host, path: string): string | undefined {
  try {
    return host.files.readText(path, 1024 * 1024);
  } catch {
    return undefined;
  }
}

const operatorCharacters = '$<=>!';

/** Where an operator begins in `KEY>=VALUE`; -1 where there is none. */
export function operatorIndex(text: string): number {
  for (let index = 0; index < text.length; index++) if (operatorCharacters.includes(text[index]!)) return index;
  return -1;
}

/** The parameter as a boolean. */
export function booleanOf(parameter: string): boolean {
  const value = parseBoolean(parameter);
  if (value === undefined) throw new Undecidable(invalid);
  return value;
}
