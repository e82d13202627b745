/** What a simulation can't honour: told where a unit that asks for it is started. */
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';

/** Kinds of sockets at which nobody can knock. */
const unknockable = {
  Netlink: 'there is no kernel that would send messages',
  USBFunction: 'there is no USB device',
  Special: 'there is no device behind a file',
} as const;

/** One line for each setting: unit, directive, why. */
export function refusals({ id, socket, exec }: LoadedUnit): string[] {
  const found: [string, string][] = [];
  for (const { kind, address } of socket?.Listen ?? [])
    if (Object.hasOwn(unknockable, kind))
      found.push([`Listen${kind}=${address}`, unknockable[kind as keyof typeof unknockable]]);
  for (const name of ['StandardInput', 'StandardOutput', 'StandardError'] as const)
    if (exec?.[name].kind === 'socket')
      found.push([`${name}=socket`, 'what is said over a connection is not simulated']);
  if (id.endsWith('.swap')) found.push(['What=', 'there is no memory to swap']);
  if (id.endsWith('.automount')) found.push(['Where=', 'nobody walks into directories']);
  return found.map(([directive, why]) => `${id}: ${directive} can't be simulated: ${why}`);
}
