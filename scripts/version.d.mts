export const version: string;
/** Lines about places that have another version than package.json, or no entry for it. */
export function versionFaults(): string[];
