/** journalctl: how entries are printed. */
import { row } from './row.ts';

export const journalRows = {
  /** The time zone of short-iso: `+0200`, or as RFC 3339 has it. */
  isoOffset: row({
    252: (offset: string) => offset,
    255: (offset: string) => offset.replace(/^(.\d\d)(\d\d)$/, '$1:$2'),
  }),
};
