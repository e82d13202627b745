/** What a shell completes of every program: for scripts/completions.mjs. */

import { type Completions, completionsOf } from '../program/completions.ts';
import { programs } from './programs.ts';

export async function allCompletions(): Promise<Readonly<Record<string, Completions>>> {
  const all = Object.entries(programs).map(async ([name, load]) => {
    const { commandLine } = await load();
    return [name, completionsOf(commandLine)] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}
