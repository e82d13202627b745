/** What the addresses of a socket unit come to: one service for all connections, paths in the file system. */

import { pathIsAbsolute } from '../../text/paths.ts';
import type { ListenEntry } from '../directives/shapes.ts';
import type { LoadedUnit } from './loaded-unit.ts';

const isAccepting = (entry: ListenEntry): boolean => entry.kind === 'Stream' || entry.kind === 'SequentialPacket';

/** A socket whose service is started once for all connections. */
export function hasNonAcceptSocket(unit: LoadedUnit): boolean {
  const { socket } = unit;
  return socket !== undefined && (!socket.Accept || socket.Listen.some((entry) => !isAccepting(entry)));
}

/** Path of a listening address in the file system. */
export function listenPath(entry: ListenEntry): string | undefined {
  return pathIsAbsolute(entry.address) && entry.kind !== 'MessageQueue' && entry.kind !== 'Netlink'
    ? entry.address
    : undefined;
}
