/** SHA-256. node:crypto takes 10 ms to load: it is loaded when it is asked for, which few units and no boot do. */

const crypto = () => process.getBuiltinModule('node:crypto');

export const sha256 = (text: string): Buffer => crypto().createHash('sha256').update(text).digest();

export const hmacSha256 = (key: Uint8Array, data: string | Uint8Array): Buffer =>
  crypto().createHmac('sha256', key).update(data).digest();
