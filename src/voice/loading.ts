/** Loading a unit: what follows from its settings besides what its lines say. */
import { row } from './row.ts';

export const loadingRows = {
  /** PrivateTmp=, a root of its own and an optional working directory want mounts and do not require them. */
  wantsMounts: row({ 252: false, 256: true }),
  /** /tmp and /var/tmp of a service with DynamicUser= that does not say PrivateTmp=. */
  dynamicUserTmp: row<'yes' | 'disconnected'>({ 252: 'yes', 257: 'disconnected' }),
  /** PrivateTmp=disconnected wants the mount of /var. */
  disconnectedWantsVar: row({ 252: false, 258: true }),
  /** Type= of a service with credentials that does not say it. */
  credentialsImplyExec: row({ 252: false, 257: true }),
  /** The device that encrypted credentials ask for. */
  tpmDevice: row<string | null>({ 252: '/dev/tpmrm0', 257: 'char-tpm', 262: null }),
  /** Units of a journal of its own (LogNamespace=): what the instance is of, and its type. */
  journalUnits: row<readonly (readonly [prefix: string, suffix: string])[]>({
    252: [
      ['systemd-journald', '.socket'],
      ['systemd-journald-varlink', '.socket'],
    ],
    257: [
      ['systemd-journald', '.socket'],
      ['systemd-journald-varlink', '.socket'],
      ['systemd-journald-sync', '.service'],
    ],
  }),
};
