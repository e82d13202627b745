interface Report {
  testResults: {
    assertionResults: { ancestorTitles: string[]; title: string; status: string; meta?: { cell?: string } }[];
  }[];
}
export function cellsOf(report: Report): Map<string, Map<string, string>>;
export function tableOf(rows: ReadonlyMap<string, ReadonlyMap<string, string>>): string;
export const marks: { kinds: string; others: string };
export function othersOf(report: Report): [suite: string, text: string][];
export function othersTable(rows: readonly (readonly [suite: string, text: string])[]): string;
export function withTable(text: string, table: string, begin?: string): string;
