/** Reading and writing ustar archives: files, links and directories of root, which is all that packages hold. */

const blockSize = 512;
const padded = (length) => Math.ceil(length / blockSize) * blockSize;

/**
 * Entries of an archive, in its order: name, type ('file', 'directory', 'symlink', 'hardlink'), mode, content and target.
 * Throws where the archive holds something else.
 */
export function readTar(archive) {
  const types = { 0: 'file', 1: 'hardlink', 2: 'symlink', 5: 'directory' };
  const entries = [];
  for (let at = 0; at + blockSize <= archive.length && archive[at] !== 0; ) {
    const text = (from, length) => {
      const field = archive.toString('utf8', at + from, at + from + length);
      const end = field.indexOf('\0');
      return end < 0 ? field : field.slice(0, end);
    };
    const name = text(0, 100);
    const type = types[text(156, 1)];
    if (type === undefined || text(257, 5) !== 'ustar') throw new Error(`${name}: not an entry of a ustar archive`);
    const size = Number.parseInt(text(124, 12), 8);
    const begin = at + blockSize;
    const content = archive.subarray(begin, begin + size);
    entries.push({ name, type, mode: Number.parseInt(text(100, 8), 8), content, target: text(157, 100) });
    at = begin + padded(size);
  }
  return entries;
}

/** One entry as it stands in an archive. `time` is in seconds. */
export function tarEntry({ name, type, mode, content = Buffer.alloc(0), target = '' }, time) {
  const flag = { file: '0', hardlink: '1', symlink: '2', directory: '5' }[type];
  if (Buffer.byteLength(name) > 100 || Buffer.byteLength(target) > 100)
    throw new Error(`${name}: too long for a ustar archive`);
  const head = Buffer.alloc(blockSize);
  const octal = (value, length, at) => head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  head.write(name, 0, 'utf8');
  octal(mode, 8, 100);
  octal(0, 8, 108);
  octal(0, 8, 116);
  octal(content.length, 12, 124);
  octal(time, 12, 136);
  head.write('        ', 148, 'latin1');
  head.write(flag, 156, 'latin1');
  head.write(target, 157, 'utf8');
  head.write('ustar\x0000root', 257, 'latin1');
  head.write('root', 297, 'latin1');
  let sum = 0;
  for (const byte of head) sum += byte;
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc(padded(content.length) - content.length)]);
}

/** What ends an archive. */
export const tarEnd = Buffer.alloc(2 * blockSize);
