/** systemctl show: how values are written, and in which order properties stand. Which there are is in properties.ts. */
import { row } from './row.ts';

export const showRows = {
  /** Properties of every unit come before those of its type. */
  unitFirst: row({ 252: false, 262: true }),
  /** A counter that nobody counts. */
  noCounter: row({ 252: '18446744073709551615', 257: '[not set]' }),
  noMemoryAvailable: row({ 252: 'infinity', 257: '[not set]' }),
  /** RuntimeDirectorySymlink= and its kin show directories that have no link, too. */
  directoriesWithoutLink: row({ 252: false, 257: true }),
  /** CPU time is counted without being asked for. */
  cpuAccounting: row({ 252: false, 256: true }),
};
