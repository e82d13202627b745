import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { World } from '../../../support/world.ts';
import { type Case, casesOf, plainOf, textOf } from './cases.ts';
import { differences, fileOf, oracle, put, shown } from './show.ts';

/** As it is written in the file of cases. */
function answers(w: World, plain: Map<string, string[]>, name: string, pattern: string, self: string): string[] {
  const lines = differences(shown(w, name, self), plain);
  const file = `/etc/systemd/system/${fileOf(pattern)}`;
  // What is said of no unit was not recorded.
  const ofUnit = w.unit(name).loaded.diagnostics.filter(({ fields }) => fields === undefined);
  const messages = ofUnit.map((diagnostic) => {
    const message = diagnostic.message.replaceAll(self, 'SELF');
    const where = diagnostic.file?.replaceAll(self, 'SELF').replace(file, '');
    return `! ${diagnostic.level} ${where === undefined ? '' : `${where}:${diagnostic.line}: `}${message}`;
  });
  return [...lines, ...new Set(messages)];
}

const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.cases'));

describe.each(files)('%s: systemd 252 shows the same and says the same', (file) => {
  const cases = casesOf(file).map((of: Case, i) => ({ ...of, self: `zq${String(i).padStart(3, '0')}` }));
  let made: World | undefined;
  const plains = new Map<string, Map<string, string[]>>();

  /** All units of the file, in one world. */
  function set(): World {
    if (made !== undefined) return made;
    made = oracle();
    for (const { name, text, self } of cases) put(made, name, text, self);
    return made;
  }

  function plain(w: World, name: string): Map<string, string[]> {
    const pattern = plainOf(name);
    let properties = plains.get(pattern);
    if (properties === undefined) {
      const self = `zqb${plains.size}`;
      const real = put(w, pattern, textOf(pattern, []), self);
      w.loader.refresh();
      properties = shown(w, real, self);
      plains.set(pattern, properties);
    }
    return properties;
  }

  test.each(cases)('$name: $lines', ({ name, self, answers: expected }) => {
    const w = set();
    const base = plain(w, name);
    expect(answers(w, base, name.replaceAll('SELF', self), name, self)).toEqual(expected);
  });
});
