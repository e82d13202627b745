/** systemctl show: how values are written, and in which order properties stand. Which there are is in properties.ts. */
import { row } from './row.ts';

/** What may be in each partition of an image; `sealed` is what there is besides plain encryption. */
const policy = (sealed: string): string =>
  [
    ...['root', 'usr'].map((name) => `${name}=verity+signed+`),
    ...['home', 'srv', 'tmp', 'var'].map((name) => `${name}=`),
  ]
    .map((beginning) => `${beginning}encrypted${sealed}+unprotected+absent`)
    .join(':');

export const showRows = {
  /** Properties of every unit come before those of its type. */
  unitFirst: row({ 252: false, 262: true }),
  /** A counter that nobody counts. */
  noCounter: row({ 252: '18446744073709551615', 257: '[not set]' }),
  /** MemoryAvailable: the memory of the machine is a limit, too; and what there is without one. */
  countsMemoryOfMachine: row({ 252: false, 257: true }),
  noMemoryAvailable: row({ 252: 'infinity', 257: '[not set]' }),
  /** RuntimeDirectorySymlink= and its kin show directories that have no link, too. */
  directoriesWithoutLink: row({ 252: false, 257: true }),
  /** What a socket's connections are called where no line names them. */
  connectionName: row({ 252: (unit: string) => unit, 257: (_unit: string) => 'connection' }),
  /** CanClean: the descriptors that systemd keeps for a service. */
  cleansFdStore: row({ 252: false, 254: true }),
  /** RootImagePolicy= and its kin where no line says them. */
  imagePolicy: row({ 252: policy(''), 262: policy('+encryptedwithintegrity') }),
  /** CPU time is counted without being asked for. */
  cpuAccounting: row({ 252: false, 256: true }),
};
