import type { Random } from './random.d.mts';
import type { FuzzDirectives } from './units.d.mts';

export function randomText(r: Random, directives: FuzzDirectives, type: string): Buffer;
