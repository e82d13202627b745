import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { violations } from '../../../scripts/check-rooms.mjs';
import { nativeRows, nativeViolations, roomRows, rules } from '../../../scripts/rooms.mjs';

const page = `# A house

## Rooms

| room | what |
|---|---|
| \`src/top/\` | calls |
| \`src/left/\` \`src/right/\` | side by side |
| \`src/base/\` | all else |
| \`src/base/time/\` | time |
| \`src/sys/\` | the kernel |

## Something else

| \`src/none/\` | no room |
`;

let base: string | undefined;
afterEach(() => {
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
});

/** What breaks the rules in a house of these files. */
async function broken(files: Record<string, string>): Promise<string[]> {
  base = mkdtempSync(join(tmpdir(), 'pidone-rooms-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), text);
  }
  return (await violations(base, rules(page))).lines;
}
const empty = 'export const nothing = 0;\n';

describe('the table of rooms', () => {
  test('rows are read from the top down, and only those under its heading', () => {
    expect(roomRows(page)).toEqual([
      ['src/top'],
      ['src/left', 'src/right'],
      ['src/base'],
      ['src/base/time'],
      ['src/sys'],
    ]);
  });

  test('a page without the table is an error', () => {
    expect(() => roomRows('# Nothing\n')).toThrow('no heading "## Rooms"');
  });

  test('a room may import what lies below it', async () => {
    const files = {
      'src/top/a.ts': "export { nothing } from '../left/b.ts';\n",
      'src/left/b.ts': "export { nothing } from '../base/time/c.ts';\n",
      'src/base/time/c.ts': empty,
    };
    expect(await broken(files)).toEqual([]);
  });

  test('not what lies above it, types included', async () => {
    const files = {
      'src/top/a.ts': 'export interface A {}\n',
      'src/base/b.ts': "import type { A } from '../top/a.ts';\nexport const b: A = {};\n",
    };
    expect(await broken(files)).toEqual(['upwards: src/base/b.ts → src/top/a.ts']);
  });

  test('a deeper folder with a row of its own is another room', async () => {
    const files = { 'src/base/a.ts': empty, 'src/base/time/b.ts': "export { nothing } from '../a.ts';\n" };
    expect(await broken(files)).toEqual(['upwards: src/base/time/b.ts → src/base/a.ts']);
  });

  test('folders of one row do not know each other', async () => {
    const files = { 'src/left/a.ts': "export { nothing } from '../right/b.ts';\n", 'src/right/b.ts': empty };
    expect(await broken(files)).toEqual(['sideways: src/left/a.ts → src/right/b.ts']);
  });

  test('a folder without a row belongs to the folder that holds it', async () => {
    const files = {
      'src/left/a.ts': "export { nothing } from './inner/b.ts';\n",
      'src/left/inner/b.ts': empty,
      'src/top/c.ts': "export { nothing } from '../left/inner/b.ts';\n",
    };
    expect(await broken(files)).toEqual(['inner: src/top/c.ts → src/left/inner/b.ts']);
  });

  test('a file in no room', async () => {
    expect(
      await broken({ 'src/attic/a.ts': "export { nothing } from '../base/b.ts';\n", 'src/base/b.ts': empty }),
    ).toEqual(['homeless: src/attic/a.ts → src/base/b.ts']);
  });
});

describe('what holds in every room', () => {
  test('circles are found, also of types', async () => {
    const files = {
      'src/base/a.ts': "import type { B } from './b.ts';\nexport interface A { b: B }\n",
      'src/base/b.ts': "import type { A } from './a.ts';\nexport interface B { a?: A }\n",
    };
    const lines = await broken(files);
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(line).toMatch(/^circle: src\/base\/[ab]\.ts → src\/base/);
  });

  test('only src/sys/ uses the file system, sockets and processes', async () => {
    const files = {
      'src/base/a.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
      'src/left/b.ts': "export { spawn } from 'child_process';\n",
      'src/right/c.ts': "export { dirname } from 'node:path';\n",
      'src/sys/d.ts': "export { readFileSync } from 'node:fs';\n",
    };
    expect(await broken(files)).toEqual(['seam: src/base/a.ts → fs', 'seam: src/left/b.ts → child_process']);
  });

  test('no module of Node is loaded at each start but those that every start needs', async () => {
    const files = {
      'src/sys/a.ts': "import { createHash } from 'node:crypto';\nexport const hash = createHash;\n",
      'src/sys/b.ts': "import type { Server } from 'node:net';\nexport type Here = Server;\n",
      'src/sys/library-host.ts': "export { connect } from 'node:net';\n",
    };
    expect(await broken(files)).toEqual(['late: src/sys/a.ts → crypto']);
  });

  test('imports of what is not there', async () => {
    expect(await broken({ 'src/base/a.ts': "export { b } from './b.ts';\n" })).toEqual([
      'missing: src/base/a.ts → ./b.ts',
    ]);
  });
});

test('the rules of this house have a name and a reason each', () => {
  const all = rules();
  expect(all.length).toBeGreaterThan(30);
  for (const { comment, severity } of all) {
    expect(comment).not.toBe('');
    expect(severity).toBe('error');
  }
});

describe('native rooms', () => {
  const table = `
## Native rooms

| files | what |
|---|---|
| \`native/door.cc\` | top |
| \`native/left\` \`native/right\` | side by side |
| \`native/deep/\` | a folder |
| \`native/common.h\` | all |
`;
  const broken = (...includes: [string, string][]) => nativeViolations(includes, nativeRows(table));

  test('a source may include its own header and those below it', () => {
    expect(
      broken(
        ['native/left.cc', 'native/left.h'],
        ['native/left.cc', 'native/deep/a.h'],
        ['native/deep/a.cc', 'native/deep/b.h'],
        ['native/door.cc', 'native/common.h'],
      ),
    ).toEqual([]);
  });

  test('nothing above, beside, or without a row', () => {
    expect(
      broken(
        ['native/deep/a.cc', 'native/left.h'],
        ['native/left.cc', 'native/right.h'],
        ['native/attic.cc', 'native/common.h'],
      ),
    ).toEqual([
      'homeless: native/attic.cc',
      'sideways: native/left.cc → native/right.h',
      'upwards: native/deep/a.cc → native/left.h',
    ]);
  });
});

test('what docs/where.md points at is there', () => {
  const page = readFileSync(new URL('../../../docs/where.md', import.meta.url), 'utf8');
  const files = [...page.matchAll(/`(src\/[^`]+)`/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(new URL(`../../../${file}`, import.meta.url)))).toEqual([]);
});
