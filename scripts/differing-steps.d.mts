/** Of each scenario the steps that differ, with the row of docs/differences.md; null where none says why. */
export type KnownSteps = Record<string, Record<string, string | null>>;
export type Played = Map<string, { step: string; diff: string[] }[]>;

export function cellsOf(page: string): string[][];
export function rowsOf(page: string): { name: string; scenarios: string[] }[];
export function playedOf(output: string): Played;
export function faultsOf(known: KnownSteps, played: Played): { scenario: string; line: string }[];
export function knownAfter(known: KnownSteps, played: Played): KnownSteps;
