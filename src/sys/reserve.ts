/** Descriptors that the manager keeps for itself: to answer systemctl, to read and write the journal, to stop what runs. */
import type { Host } from './host.ts';

/** A share of what there may be, so that something is left for services where that is little. */
export const reservedDescriptors = (host: Pick<Host, 'limit'>): number =>
  Math.max(4, Math.min(16, Math.floor(host.limit('NOFILE').hard / 8)));
