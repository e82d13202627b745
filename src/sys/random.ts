/** Random bytes. node:crypto is loaded when they are asked for: a query of files has no use for it. */
export function randomBytes(size: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(size);
}
