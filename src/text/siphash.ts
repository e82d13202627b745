/** SipHash-2-4, which systemd names long units and dynamic users with. */

const mask = (1n << 64n) - 1n;

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask;
}

/** The 64-bit hash of `data` under a 16-byte key. */
export function sipHash24(data: Uint8Array, key: Uint8Array): bigint {
  const keyView = Buffer.from(key);
  const k0 = keyView.readBigUInt64LE(0);
  const k1 = keyView.readBigUInt64LE(8);
  let v0 = 0x736f6d6570736575n ^ k0;
  let v1 = 0x646f72616e646f6dn ^ k1;
  let v2 = 0x6c7967656e657261n ^ k0;
  let v3 = 0x7465646279746573n ^ k1;
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const padded = Buffer.alloc((data.length & ~7) + 8);
  padded.set(data);
  padded[padded.length - 1] = data.length & 0xff;
  for (let offset = 0; offset < padded.length; offset += 8) {
    const word = padded.readBigUInt64LE(offset);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let index = 0; index < 4; index++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}
