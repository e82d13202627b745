export function xz(piece: Buffer, filters?: readonly string[]): Buffer | undefined;
export function joinXz(files: readonly Buffer[]): Buffer;
