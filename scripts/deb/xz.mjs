import { spawnSync } from 'node:child_process';
import { crc32 } from 'node:zlib';

/**
 * Files in the .xz format (tukaani.org/xz/xz-file-format.txt): a header, blocks, an index of the blocks, a footer. xz writes
 * the blocks; what it has made of several pieces becomes one file here, so that a large piece is compressed once and kept.
 */

const headerSize = 12;
const footerSize = 12;

/**
 * One piece as a file of its own. Its bytes do not depend on how many processors there are, but on the size of blocks.
 * Undefined where there is no xz.
 */
export function xz(piece, filters = ['--lzma2=preset=6']) {
  const options = ['--stdout', '--quiet', '--threads=2', `--block-size=${56 << 20}`, '--check=crc64', ...filters];
  const { status, stdout } = spawnSync('xz', options, { input: piece, maxBuffer: 1 << 29 });
  return status === 0 ? stdout : undefined;
}

/** Numbers of the index: seven bits a byte, the lowest first. */
function readNumber(bytes, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128, at++) {
    value += (bytes[at] & 0x7f) * scale;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}

function number(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}

const inFours = (length) => Math.ceil(length / 4) * 4;

function word(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The blocks of a file, and what its index says of them: size without padding, size of the content. */
function blocksOf(file) {
  const footer = file.length - footerSize;
  const index = footer - (file.readUInt32LE(footer + 4) + 1) * 4;
  let [left, at] = readNumber(file, index + 1);
  const records = [];
  for (let length; left > 0; left--) {
    const record = [0, 0];
    for (const field of [0, 1]) {
      [length, at] = readNumber(file, at);
      record[field] = length;
    }
    records.push(record);
  }
  return { blocks: file.subarray(headerSize, index), records };
}

/** Several files, all written by `xz`, as one whose content is theirs one after the other. */
export function joinXz(files) {
  const parts = files.map(blocksOf);
  const records = parts.flatMap((part) => part.records);
  const list = Buffer.concat([Buffer.from([0]), number(records.length), ...records.flat().map(number)]);
  const index = Buffer.concat([list, Buffer.alloc(inFours(list.length) - list.length)]);
  const header = files[0].subarray(0, headerSize);
  // Size of the index with its checksum, in fours, less one; and the flags that the header has, too.
  const end = Buffer.concat([word((index.length + 4) / 4 - 1), header.subarray(6, 8)]);
  return Buffer.concat([
    header,
    ...parts.map(({ blocks }) => blocks),
    index,
    word(crc32(index)),
    word(crc32(end)),
    end,
    Buffer.from('YZ'),
  ]);
}
