import type { groups, sectionGroups } from '../../src/unitfile/directives/table.ts';
import type { Random } from './random.d.mts';

export interface FuzzDirective {
  section: string;
  key: string;
  properties: string[];
  make(r: Random): string;
}
export type FuzzDirectives = Record<string, { section: string; list: FuzzDirective[] }>;
export interface FuzzUnit {
  name: string;
  file: string;
  text: string;
  values: (FuzzDirective & { value: string })[];
}
export function directivesOf(
  table: { groups: typeof groups; sectionGroups: typeof sectionGroups },
  all?: boolean,
): FuzzDirectives;
export function makeUnit(
  r: Random,
  directives: FuzzDirectives,
  index: number,
  size: number,
  mutated?: number,
): FuzzUnit;
