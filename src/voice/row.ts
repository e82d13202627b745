import { type Release, releases } from './release.ts';

/**
 * One difference between releases: what it was in the first, and in each release that changed it. Between two it is as in
 * the one before.
 */
export type Row<T> = { readonly [R in Release as R extends 252 ? R : never]: T } & {
  readonly [R in Release as R extends 252 ? never : R]?: T;
};

/** A row. */
export const row = <T>(spoken: Row<T>): Row<T> => spoken;

/** What rows come to in one release, by their names. */
export type Spoken<Rows> = { readonly [Name in keyof Rows]: Rows[Name] extends Row<infer T> ? T : never };

/** The value of a row in a release. */
function valueIn<T>(spoken: Row<T>, release: Release): T {
  let value: T = spoken[252];
  for (const changed of releases) {
    if (changed > release) break;
    const next: T | undefined = spoken[changed];
    if (next !== undefined) value = next;
  }
  return value;
}

/** All rows, as one release has them. */
export function speak<Rows extends { readonly [name: string]: Row<unknown> }>(
  rows: Rows,
  release: Release,
): Spoken<Rows> {
  const spoken: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(rows)) spoken[name] = valueIn(each, release);
  return spoken as Spoken<Rows>;
}
