import type { Entry } from '../deb/tar.mjs';

export interface Making {
  tree: string;
  scratch: string;
  architecture: string;
  time: number;
  payload: string;
}
export function rpmEntries(tarball: readonly Entry[], texts: Readonly<Record<string, string>>): Entry[];
export function specText(entries: readonly Entry[], texts: Readonly<Record<string, string>>, version: string): string;
export function writeTree(entries: readonly Entry[], tree: string): void;
export function runRpmbuild(spec: string, making: Making): string;
