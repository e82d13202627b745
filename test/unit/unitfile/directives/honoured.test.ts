import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groups } from '../../../../src/unitfile/directives/table.ts';

/**
 * Code that could use a setting: all but the rows themselves and what prints settings. Names in comments are none; names
 * that are put together (`Limit${name}`) count for what they can come to.
 */
const printers = /src\/(unitfile\/directives|cli\/(show|analyze\/dump|common))\//;
const root = new URL('../../../../src/', import.meta.url).pathname;
const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => join(root, path))
  .filter((path) => path.endsWith('.ts') && !printers.test(path))
  .map((path) => readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
  .join('\n');
const names = new Set(code.match(/\b[A-Z]\w+/g));
const composed = [...code.matchAll(/`(\w*)\$\{\w+\}(\w*)`/g)]
  .map(([, before = '', after = '']) => [before, after] as const)
  .filter(([before, after]) => before.length + after.length >= 5);
const isUsed = (key: string): boolean =>
  names.has(key) || composed.some(([before, after]) => key.startsWith(before) && key.endsWith(after));

/** What they ask for is done when they are read (dependencies), or is so whatever they say (timers elapse on time). */
const needNoCode = new Set(['Sockets', 'AccuracySec']);

test('a directive that is said to be honoured is used somewhere', () => {
  const unused = Object.entries(groups).flatMap(([group, rows]) =>
    Object.entries(rows)
      .filter(([key, row]) => row.slot && row.directive && row.support.state === 'honoured' && !needNoCode.has(key))
      .filter(([key]) => !isUsed(key))
      .map(([key]) => `${group}: ${key}= is honoured, but no code looks at it`),
  );
  expect(unused).toEqual([]);
});
