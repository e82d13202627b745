import type { Entry } from './tar.mjs';

export interface Making {
  version: string;
  architecture: string;
  time: number;
  compress: (piece: Buffer) => Buffer;
}
export function divertedNames(common: string): { bin: string[]; sbin: string[]; tools: string[] };
export function withParts(script: string, texts: Readonly<Record<string, string>>): string;
export function dataEntries(tarball: readonly Entry[], texts: Readonly<Record<string, string>>): Entry[];
export function dependencies(entries: readonly Entry[]): string;
export function buildDeb(tarball: readonly Entry[], texts: Readonly<Record<string, string>>, making: Making): Buffer;
export function debFile(control: readonly Buffer[], data: readonly Buffer[], time: number): Buffer;
