export function manSources(): string[];
export function differencesPage(markdown: string): string;
/** Roff by name: `pidone.1`. */
export function manPages(): Map<string, string>;
