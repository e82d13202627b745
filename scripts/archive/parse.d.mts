export function kindOf(path: string): 'unit' | 'drop-in' | 'tmpfiles.d' | 'sysusers.d' | 'preset' | undefined;
export function findingsIn(text: string, root: string): string[];
export function layOut(packages: string, roots: string): { counts: Record<string, number>; roots: string[] };
