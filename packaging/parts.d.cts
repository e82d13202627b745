export function packParts(id: string, parts: ReadonlyMap<string, Uint8Array>, within?: Record<string, string>): Buffer;
/** Of the program that a file of parts belongs to. */
export function partsId(path: string): string;
