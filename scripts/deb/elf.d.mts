export function versionsAsked(file: Buffer): Record<string, string>;
export function isNewer(a: string, b: string): boolean;
