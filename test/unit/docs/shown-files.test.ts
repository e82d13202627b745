/** What documents show of files is what is in them: the tests run the files, the readers copy from the page. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Blocks behind `<!-- file: PATH -->`: all of the file; behind `<!-- from: PATH -->`: some lines of it that follow each other. */
function shown(page: string): { how: string; path: string; text: string }[] {
  const blocks = read(page).matchAll(/^<!-- (file|from): (\S+) -->\n```\w*\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, how = '', path = '', text = '']) => ({ how, path, text }));
}

describe.each(['README.md', 'docs/engines.md'])('%s', (page) => {
  const blocks = shown(page);

  it('shows files as they are', () => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const { how, path, text } of blocks) {
      expect({ path, there: existsSync(join(root, path)) }).toEqual({ path, there: true });
      if (how === 'file') expect(text).toBe(read(path));
      else expect(`\n${read(path)}`).toContain(`\n${text}`);
    }
  });

  it('has a block behind each such line', () => {
    expect(read(page).match(/^<!-- (?:file|from): /gm)).toHaveLength(blocks.length);
  });
});

it('docs/engines.md shows each file of examples/engines', () => {
  const paths = new Set(shown('docs/engines.md').map(({ path }) => path));
  const missing = readdirSync(join(root, 'examples/engines')).filter((name) => !paths.has(`examples/engines/${name}`));
  expect(missing).toEqual([]);
});
