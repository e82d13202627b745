import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellsOf, marks, othersOf, othersTable, tableOf, withTable } from '../../../scripts/containers.mjs';
import { kinds } from '../../docker/kinds.ts';

const page = readFileSync('docs/containers.md', 'utf8');
const result = (kind: string, title: string, status = 'passed', meta = {}) => ({
  ancestorTitles: ['kinds of containers', kind],
  title,
  status,
  meta,
});

type Results = Parameters<typeof othersOf>[0]['testResults'][number]['assertionResults'];

/** A table of the page. */
function tableAt(mark: string): string {
  const from = page.indexOf(mark);
  return page.slice(from, page.indexOf('<!-- end -->', from));
}

describe('the table of docs/containers.md', () => {
  it('has a row for each kind that is tested, and no other', () => {
    const rows = tableAt(marks.kinds).matchAll(/^\| (.*?) \| [✓–]/gm);
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

  it('of all other tests has each suite of Docker tests that is about containers', () => {
    const table = tableAt(marks.others);
    for (const name of ['limits', 'console', 'plain-units']) {
      const suite = /^describe\.skipIf\(.*?\)\('(.*?)'/m.exec(readFileSync(`test/docker/${name}.test.ts`, 'utf8'));
      expect(table).toContain(`\n| ${suite![1]} | `);
    }
  });

  it('of all other tests has a row for each that has passed', () => {
    const test = (ancestorTitles: string[], title: string, status = 'passed') => ({ ancestorTitles, title, status });
    const report = (...assertionResults: Results) => ({ testResults: [{ assertionResults }] });
    const rows = othersOf(
      report(
        result('a', 'boots'),
        test(['little', 'memory'], 'is enough'),
        test(['little'], 'a|b'),
        test(['many'], 'c'),
      ),
    );
    expect(othersTable(rows)).toBe(
      '| | what a test shows | |\n| --- | --- | :-: |\n| little | memory: is enough | ✓ |\n|  | a\\|b | ✓ |\n| many | c | ✓ |',
    );
    expect(() => othersOf(report(test(['little'], 'c', 'failed')))).toThrow('little: c: failed');
  });

  it('is not made where a test has not passed', () => {
    const assertionResults = [result('a', 'boots', 'failed')];
    expect(() => tableOf(cellsOf({ testResults: [{ assertionResults }] }))).toThrow('a: boots: failed');
  });
});
