import type { Random } from './random.mjs';
import type { FuzzDirectives } from './units.mjs';

export function randomText(r: Random, directives: FuzzDirectives, type: string): Buffer;
