/** Which system a call is about: -H and -M of systemctl(1) and its siblings. */

import { fail, type Take } from '../../program/options.ts';
import { hostnameIsValid } from '../../values/names.ts';
import type { CliContext } from './context.ts';

/** What a call says of it. */
export interface Reach {
  readonly host: string | undefined;
  readonly machine: string | undefined;
  readonly scope: 'system' | 'user' | 'global';
}

type Where = Pick<Reach, 'host' | 'machine'>;

/** -H: the last of the two counts. */
export const toHost: Take<{ -readonly [Key in keyof Where]: Where[Key] }> = (options, value) => {
  options.host = value;
  options.machine = undefined;
};

/** -M. */
export const toMachine: typeof toHost = (options, value) => {
  options.machine = value;
  options.host = undefined;
};

/** -C: users who are there only as long as their manager runs, which takes systemd's own user databases. */
export const toCapsule: Take<object> = (_options, value) => {
  if (!/^[a-zA-Z_][\w-]{0,63}$/.test(value)) fail(`Invalid capsule name: ${value}`);
  fail(`Failed to connect to capsule ${value}: there are no capsules in this container.`);
};

/** -H and -M reach this system only. */
export function unreachable(
  { host, caller }: Pick<CliContext, 'host' | 'caller'>,
  { host: remote, machine, scope }: Reach,
): string | undefined {
  if (remote !== undefined) return `Failed to connect to ${remote}: only the local system can be managed.`;
  if (machine === undefined || machine === '.host') return undefined;
  const { busFailure } = host.voice.tools;
  const way = { scope: scope === 'system' ? 'system' : 'user', transport: 'machine' } as const;
  const at = machine.lastIndexOf('@');
  const name = machine.slice(at + 1);
  const user = at < 0 ? '' : machine.slice(0, at);
  if (machine === '' || (name !== '' && name !== '.host' && !hostnameIsValid(name)))
    return busFailure(way, 'Invalid argument');
  if (name !== '' && name !== '.host') return busFailure(way, 'Host is down');
  const uid = user === '' ? caller.uid : host.lookupUser(user)?.uid;
  if (uid === caller.uid || (scope === 'system' && user === 'root')) return undefined;
  return `Failed to connect to user ${user}: only one's own manager can be reached.`;
}
