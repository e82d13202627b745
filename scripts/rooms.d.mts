export interface Rule {
  name: string;
  comment: string;
  severity: string;
}
export function roomRows(markdown: string): string[][];
export function rules(markdown?: string): Rule[];
export function nativeRows(markdown: string): string[][];
export function nativeViolations(includes: readonly (readonly [string, string])[], rows: readonly string[][]): string[];
