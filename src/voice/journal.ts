/** journalctl: how entries are printed. */
import { row } from './row.ts';

const signed = (offset: number): string => (offset < 0 ? `${offset}` : `+${offset}`);

export const journalRows = {
  /** The time zone of short-iso: `+0200`, or as RFC 3339 has it. */
  isoOffset: row({
    252: (offset: string) => offset,
    255: (offset: string) => offset.replace(/^(.\d\d)(\d\d)$/, '$1:$2'),
  }),
  /** --boot= of none that is there. */
  noSuchBoot: row<(id: string | undefined, offset: number) => string>({
    252: (id, offset) =>
      `Data from the specified boot (${id ?? signed(offset)}) is not available: No such boot ID in journal`,
    257: (id, offset) => `No journal boot entry found for the specified boot (${id ?? ''}${signed(offset)}).`,
  }),
  /** What is said where more than one of the options is given that say where to begin. */
  severalStarts: row({
    252: { countsFile: false, text: 'Please specify only one of --since=, --cursor=, and --after-cursor=.' },
    257: {
      countsFile: true,
      text: 'Please specify only one of --since=, --cursor=, --cursor-file=, and --after-cursor=.',
    },
  }),
  notCanonical: row<(path: string, reason: string) => string>({
    252: (_path, reason) => `Couldn't canonicalize path: ${reason}`,
    257: (path, reason) => `Couldn't canonicalize path '${path}': ${reason}`,
  }),
};
