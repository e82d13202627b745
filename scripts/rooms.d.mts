export interface Rule {
  name: string;
  comment: string;
  severity: string;
}
export function roomRows(markdown: string): string[][];
export function rules(markdown?: string): Rule[];
