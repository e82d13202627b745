import type { Rule } from './rooms.mjs';

export function violations(
  base: string,
  forbidden: readonly Rule[],
  folders?: readonly string[],
): Promise<{ count: number; lines: string[] }>;
