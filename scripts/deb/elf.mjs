/** What a program asks of the libraries that it is linked to. */

/** The newest version of each name that a 64-bit little-endian ELF file refers to: { GLIBC: '2.28', … }. */
export function versionsAsked(file) {
  const newest = {};
  if (file.readUInt32BE(0) !== 0x7f454c46) throw new Error('not an ELF file');
  const sections = Number(file.readBigUInt64LE(0x28));
  const [size, count] = [file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  const section = (i) => {
    const at = sections + i * size;
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      link: file.readUInt32LE(at + 40),
      entries: file.readUInt32LE(at + 44),
    };
  };
  for (let i = 0; i < count; i++) {
    const { type, offset, link, entries } = section(i);
    // .gnu.version_r: a list of libraries, with a list of versions each (Linux Standard Base, "Symbol Versioning").
    if (type !== 0x6ffffffe) continue;
    const names = section(link).offset;
    let need = offset;
    for (let n = 0; n < entries; n++) {
      let version = need + file.readUInt32LE(need + 8);
      for (let v = 0; v < file.readUInt16LE(need + 2); v++) {
        const name = names + file.readUInt32LE(version + 8);
        note(newest, file.toString('latin1', name, file.indexOf(0, name)));
        version += file.readUInt32LE(version + 12);
      }
      need += file.readUInt32LE(need + 12);
    }
  }
  return newest;
}

function note(newest, text) {
  const [, name, version] = /^([A-Z]+)_([0-9.]+)$/.exec(text) ?? [];
  if (name !== undefined && (newest[name] === undefined || isNewer(version, newest[name]))) newest[name] = version;
}

export function isNewer(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(x.length, y.length); i++)
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) > (y[i] ?? 0);
  return false;
}
