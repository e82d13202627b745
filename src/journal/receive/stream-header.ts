/** What a client of the socket `stdout` says of itself before its output (sd_journal_stream_fd(3)). */

const newline = 0x0a;

export interface StreamHeader {
  identifier: string;
  unit: string;
  /** Level and facility in one number. */
  priority: number;
  levelPrefix: boolean;
  forwardToConsole: boolean;
}

/** Longest line of the head: a unit's name fits. */
const headerLineLimit = 257 + 2;

/** Reads the seven lines of the head; undefined while it is not complete, 'bad' where it is none. */
export function parseStreamHeader(data: Buffer): { header: StreamHeader; length: number } | 'bad' | undefined {
  const lines: string[] = [];
  let position = 0;
  while (lines.length < 7) {
    const end = data.indexOf(newline, position);
    if ((end < 0 ? data.length : end) - position > headerLineLimit) return 'bad';
    if (end < 0) return undefined;
    lines.push(data.toString('utf8', position, end).trim());
    position = end + 1;
  }
  const [identifier = '', unit = '', priorityText = '', ...flags] = lines;
  if (!/^\d{1,3}$/.test(priorityText)) return 'bad';
  const [levelPrefix, toSyslog, toKmsg, toConsole] = flags.map(flagOf);
  if (levelPrefix === undefined || toSyslog === undefined || toKmsg === undefined || toConsole === undefined)
    return 'bad';
  return {
    header: { identifier, unit, priority: Number(priorityText), levelPrefix, forwardToConsole: toConsole },
    length: position,
  };
}

function flagOf(text: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true;
  if (/^(0|no|n|false|f|off)$/i.test(text)) return false;
  return undefined;
}
