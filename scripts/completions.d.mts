import type { Completions } from '../src/program/completions.ts';

export function completions(): Promise<Record<string, Completions>>;
export function bashCompletion(program: string, data: Completions): string;
export function fishCompletion(program: string, data: Completions): string;
export function zshCompletion(all: Readonly<Record<string, Completions>>): string;
/** By path below /usr/share. */
export function completionFiles(): Promise<Map<string, string>>;
