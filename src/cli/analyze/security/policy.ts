/** Policies of `systemd-analyze security`: JSON that changes weights, ranges and texts (--security-policy=). */

import { errorText } from '../../../sys/error-text.ts';
import { SystemError } from '../../../sys/host.ts';
import type { CliContext } from '../../common/context.ts';
import type { Assessor } from './assessors.ts';

/** Undefined where there is none. */
export type Policy = Readonly<Record<string, unknown>> | undefined;

/** Where a policy is looked for that nobody names. */
const directories = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd', '/lib/systemd'];

/** Policies are small; what is larger is not read. */
const limit = 1024 * 1024;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Line and column of the place where JSON.parse() gave up; the end where it does not say. */
function placeOf(text: string, error: SyntaxError): string {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

/** The manager reads for callers that have fewer rights than it has. */
function mayRead({ host, caller }: CliContext, path: string): boolean {
  if (caller.uid === 0 || caller.uid === host.uid) return true;
  const stat = host.files.tryStat(path);
  return stat === undefined || (stat.type === 'file' && (stat.mode & 0o004) !== 0);
}

/**
 * The policy at a path, or the first one in the usual directories. A text is what is wrong with it: not readable, no
 * JSON.
 */
export function readPolicy(context: CliContext, given: string | undefined): Policy | string {
  const { files } = context.host;
  const paths = given === undefined ? directories.map((path) => `${path}/systemd-analyze-security.policy`) : [given];
  for (const path of paths) {
    let text: string;
    try {
      if (given !== undefined && !mayRead(context, given)) throw new SystemError('EACCES', 13, 'open', given);
      text = files.readText(path, limit);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (given !== undefined) return `Failed to parse '${path}' at 0:0: ${errorText(error.code)}`;
      if (error.code === 'ENOENT') continue;
      return `Failed to open ${path}: ${errorText(error.code)}`;
    }
    try {
      const policy: unknown = JSON.parse(text);
      return isObject(policy) ? policy : undefined;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const place = placeOf(text, error);
      return given === undefined
        ? `[${path}:${place}] Failed to parse JSON policy: ${errorText('EINVAL')}`
        : `Failed to parse '${path}' at ${place}: ${errorText('EINVAL')}`;
    }
  }
  return undefined;
}

/** An assessor as a policy has it. Values of the wrong type are passed over. */
export function withPolicy(assessor: Assessor, policy: Policy): Assessor {
  const entry = policy?.[assessor.field];
  if (!isObject(entry)) return assessor;
  const number = (key: string, least: number): number | undefined => {
    const value = entry[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : undefined;
  };
  const text = (key: string): string | undefined => {
    const value = entry[key];
    return typeof value === 'string' ? value : undefined;
  };
  const weight = number('weight', 0);
  const range = number('range', 1);
  const good = text('description_good');
  const bad = text('description_bad');
  const irrelevant = text('description_na');
  return {
    ...assessor,
    ...(weight === undefined ? {} : { weight }),
    ...(range === undefined ? {} : { range }),
    ...(good === undefined ? {} : { good }),
    ...(bad === undefined ? {} : { bad }),
    ...(irrelevant === undefined ? {} : { irrelevant }),
  };
}
