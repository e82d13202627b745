/** --transcode= of systemd-creds(1). */

import { decodeBase64 } from '../../text/bytes.ts';

/** Characters of a line of base64. */
const lineLength = 79;

/** What becomes of the bytes; undefined where they are no such text. */
type Transcode = (data: Buffer) => Buffer | undefined;

const withoutBlanks = (data: Buffer): string => data.toString('latin1').replace(/\s/g, '');

export const transcodings: ReadonlyMap<string, Transcode> = new Map<string, Transcode>([
  [
    'base64',
    (data) => {
      const lines = data.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
      return Buffer.from(lines.join('\n'));
    },
  ],
  ['unbase64', (data) => decodeBase64(withoutBlanks(data))],
  ['hex', (data) => Buffer.from(data.toString('hex'))],
  [
    'unhex',
    (data) => {
      const digits = withoutBlanks(data);
      return /^(?:[0-9a-f]{2})*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
    },
  ],
]);
