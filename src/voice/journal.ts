/** journalctl: how entries are printed. */
import { row } from './row.ts';

/** How many units of the journal a pattern of --invocation and --list-invocations fits. */
export type PatternFit = 'none' | 'several';

const signed = (offset: number): string => (offset < 0 ? `${offset}` : `+${offset}`);

export const journalRows = {
  /** The time zone of short-iso: `+0200`, or as RFC 3339 has it. */
  isoOffset: row({
    252: (offset: string) => offset,
    255: (offset: string) => offset.replace(/^(.\d\d)(\d\d)$/, '$1:$2'),
  }),
  /** export and json have `__SEQNUM` and `__SEQNUM_ID`. */
  sequenceNumbers: row({ 252: false, 254: true }),
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
  /** `+` at either end of the words, or twice. */
  loosePlus: row({
    252: '"+" can only be used between terms',
    257: '"+" can only be used between terms.',
  }),
  /** A path that is no match. */
  noSuchPath: row<(path: string) => string>({
    252: (path) => `File is neither a device node, nor regular file, nor executable: ${path}`,
    257: (path) => `File is neither a device node nor executable: ${path}`,
  }),
  badLines: row<(word: string) => string>({
    252: (word) => `Failed to parse lines '${word}'`,
    257: (word) => `Failed to parse --lines='${word}'.`,
  }),
  reverseAndFollow: row({
    252: 'Please specify either --reverse= or --follow=, not both.',
    257: 'Please specify either --reverse or --follow, not both.',
  }),
  /** -F and -N with options that narrow down what is shown; undefined where these are passed over. */
  narrowedFields: row<string | undefined>({
    252: undefined,
    262: '-F/--field= and -N/--fields cannot be combined with options that limit the journal.',
  }),
  /** What -e and -k imply, this boot, is refused with --merge. */
  impliedBootIsSaid: row({ 252: true, 262: false }),
  /** --user of a user of the system means the file that their entries are in. */
  systemUsersShareFile: row({ 252: false, 257: true }),
  /** A pattern for the unit of --invocation and --list-invocations; undefined where it is taken for a name. */
  unitPattern: row<((fit: PatternFit, pattern: string) => string) | undefined>({
    252: undefined,
    262: (fit, pattern) =>
      `${fit === 'none' ? 'No matching unit' : 'Multiple matching units'} found for '${pattern}' in journal.`,
  }),
  notCanonical: row<(path: string, reason: string) => string>({
    252: (_path, reason) => `Couldn't canonicalize path: ${reason}`,
    257: (path, reason) => `Couldn't canonicalize path '${path}': ${reason}`,
  }),
};
