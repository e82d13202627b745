import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, run, say } from './tools.mjs';

/**
 * Writes the tables of docs/containers.md from what the Docker tests come to: of kinds of containers a row a kind, a column
 * a test; of all others a row a test. A test that passes says by `meta.cell` where a kind does not get what the others get.
 */

const page = join(root, 'docs/containers.md');
export const marks = {
  kinds: '<!-- made by scripts/containers.mjs -->',
  others: '<!-- all other tests, made by scripts/containers.mjs -->',
};
const end = '<!-- end -->';
const suite = 'kinds of containers';
const files = ['containers', 'limits', 'console', 'plain-units'].map((name) => `test/docker/${name}.test.ts`);

/** Cells by kind and test, from vitest's report. */
export function cellsOf(report) {
  const rows = new Map();
  for (const { assertionResults } of report.testResults)
    for (const { ancestorTitles, title, status, meta } of assertionResults) {
      const [top, kind] = ancestorTitles.filter((name) => name !== '');
      if (top !== suite || kind === undefined) continue;
      if (!rows.has(kind)) rows.set(kind, new Map());
      rows.get(kind).set(title, status === 'passed' ? (meta?.cell ?? 'yes') : status);
    }
  return rows;
}

/** The table in Markdown; throws where a test has not passed. */
export function tableOf(rows) {
  const columns = [...new Set([...rows.values()].flatMap((cells) => [...cells.keys()]))];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const body = [...rows].map(([kind, cells]) => {
    for (const [title, cell] of cells)
      if (cell !== 'yes' && cell !== 'no') throw new Error(`${kind}: ${title}: ${cell}`);
    return line([kind, ...columns.map((title) => (cells.get(title) === 'yes' ? '✓' : '–'))]);
  });
  return [line(['container', ...columns]), line(['---', ...columns.map(() => ':-:')]), ...body].join('\n');
}

/** Tests of what is no kind of containers: whose they are, and what each says that is so. Throws where one has not passed. */
export function othersOf(report) {
  const rows = [];
  for (const { assertionResults } of report.testResults)
    for (const { ancestorTitles, title, status } of assertionResults) {
      const [top, ...inner] = ancestorTitles.filter((name) => name !== '');
      if (top === suite || top === undefined) continue;
      if (status !== 'passed') throw new Error(`${top}: ${title}: ${status}`);
      rows.push([top, [...inner, title].join(': ')]);
    }
  return rows;
}

/** These as a table; each suite is named once. */
export function othersTable(rows) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const body = rows.map(
    ([top, text], index) => `| ${rows[index - 1]?.[0] === top ? '' : cell(top)} | ${cell(text)} | ✓ |`,
  );
  return ['| | what a test shows | |', '| --- | --- | :-: |', ...body].join('\n');
}

/** The page with another table in it. */
export function withTable(text, table, begin = marks.kinds) {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < from) throw new Error(`docs/containers.md: no lines "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-containers-'));
  const file = join(scratch, 'report.json');
  try {
    const config = ['--config', 'vitest.docker.config.ts', ...files];
    run('npx', ['vitest', 'run', ...config, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const rows = cellsOf(report);
    if (rows.size === 0) fail('No Docker test has run.');
    const others = othersOf(report);
    const text = withTable(readFileSync(page, 'utf8'), tableOf(rows));
    writeFileSync(page, withTable(text, othersTable(others), marks.others));
    say(`${rows.size} kinds of containers and ${others.length} other tests in docs/containers.md.`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
