/** A number from 0 to below 1, of four bytes. */
export const fractionOf = (bytes: Buffer): number => bytes.readUInt32LE() / 2 ** 32;
