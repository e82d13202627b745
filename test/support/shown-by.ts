/** Tables in documents whose rows each have tests that show them: `[file below test/, title]`. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

export type ShownBy = Readonly<Record<string, readonly (readonly [file: string, title: string])[]>>;

/** That the files have tests with these titles. */
export function itIsShown(shownBy: ShownBy): void {
  it.each(Object.entries(shownBy))('%s … is shown by tests that are there', (_, tests) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const [file, title] of tests) {
      const text = readFileSync(`test/${file}`, 'utf8');
      expect(
        ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`)),
        `${file}: ${title}`,
      ).toBe(true);
    }
  });
}
