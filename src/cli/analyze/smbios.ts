/** systemd-analyze smbios11: strings that the machine was started with. */

import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import { cEscape } from '../../text/quoting.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** What stands before the strings: type, length, handle, count. */
const headerSize = 5;

/** A line for each string; a container sees them where its runtime shows it the firmware of the machine. */
export function smbios11(context: CliContext, { quiet }: AnalyzeOptions): number {
  const { files } = context.host;
  let count = 0;
  for (let index = 0; ; index++) {
    const path = `/sys/firmware/dmi/entries/11-${index}/raw`;
    let data: Buffer;
    try {
      data = files.readFile(path);
      if (data.length < headerSize) throw new SystemError('EBADMSG', 74, 'read', path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT') break;
      say(context, 'error', `Failed to read SMBIOS Type #11 string ${index}: ${errorText(error.code)}`);
      return 1;
    }
    const strings = bytesToText(data.subarray(headerSize)).split('\0');
    for (const text of strings.filter((string) => string !== '')) {
      context.out(`${cEscape(text)}\n`);
      count++;
    }
  }
  if (!quiet)
    say(
      context,
      'info',
      count === 0 ? 'No SMBIOS Type #11 strings passed.' : `${count} SMBIOS Type #11 strings passed.`,
    );
  return 0;
}
