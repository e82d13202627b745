import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellsOf, tableOf, withTable } from '../../../scripts/containers.mjs';
import { kinds } from '../../docker/kinds.ts';

const page = readFileSync('docs/containers.md', 'utf8');
const result = (kind: string, title: string, status = 'passed', meta = {}) => ({
  ancestorTitles: ['kinds of containers', kind],
  title,
  status,
  meta,
});

describe('the table of docs/containers.md', () => {
  it('has a row for each kind that is tested, and no other', () => {
    const rows = page.slice(page.indexOf('<!-- made by')).matchAll(/^\| (.*?) \| [✓–]/gm);
    expect([...rows].map(([, name]) => name)).toEqual(kinds.map(({ name }) => name));
  });

  it('is made from what the tests come to', () => {
    const assertionResults = [
      result('a', 'boots'),
      result('a', 'has a log', 'passed', { cell: 'no' }),
      result('b', 'boots'),
      result('b', 'has a log'),
      { ancestorTitles: ['something else', 'c'], title: 'boots', status: 'passed' },
    ];
    const table = '| container | boots | has a log |\n| --- | :-: | :-: |\n| a | ✓ | – |\n| b | ✓ | ✓ |';
    expect(tableOf(cellsOf({ testResults: [{ assertionResults }] }))).toBe(table);
    const text = 'before\n<!-- made by scripts/containers.mjs -->\nold\n<!-- end -->\nafter\n';
    expect(withTable(text, table)).toBe(text.replace('old', table));
    expect(() => withTable('nothing', table)).toThrow('no lines');
  });

  it('is not made where a test has not passed', () => {
    const assertionResults = [result('a', 'boots', 'failed')];
    expect(() => tableOf(cellsOf({ testResults: [{ assertionResults }] }))).toThrow('a: boots: failed');
  });
});
