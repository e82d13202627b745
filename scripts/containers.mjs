import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, run, say } from './tools.mjs';

/**
 * Writes the table of docs/containers.md from what the Docker tests of kinds of containers come to: a row a kind, a column
 * a test. A test that passes says by `meta.cell` where a kind does not get what the others get.
 */

const page = join(root, 'docs/containers.md');
const [begin, end] = ['<!-- made by scripts/containers.mjs -->', '<!-- end -->'];
const suite = 'kinds of containers';

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

/** The page with another table in it. */
export function withTable(text, table) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/containers.md: no lines "${begin}" and "${end}"`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-containers-'));
  const file = join(scratch, 'report.json');
  try {
    const config = ['--config', 'vitest.docker.config.ts', 'test/docker/containers.test.ts'];
    run('npx', ['vitest', 'run', ...config, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
    const rows = cellsOf(JSON.parse(readFileSync(file, 'utf8')));
    if (rows.size === 0) fail('No Docker test has run.');
    writeFileSync(page, withTable(readFileSync(page, 'utf8'), tableOf(rows)));
    say(`${rows.size} kinds of containers in docs/containers.md.`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
