export function packagesIn(lines: readonly string[]): string[];
export function sizesIn(text: string): { name: string; size: number }[];
