/** The table of what was measured: bench/RESULTS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

const file = join(import.meta.dirname, 'RESULTS.md');
const results = [];

export const round = (value) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** One line of the table. `unit` stands behind each figure. */
export function row(group, what, unit, pidone, peers, aim = '') {
  results.push({ group, what, unit, pidone, peers, aim });
  const others = Object.entries(peers).map(
    ([name, value]) => `${name} ${value} ${unit} (${(pidone / value).toFixed(2)})`,
  );
  console.log(`${group}: ${what}: pidone ${pidone} ${unit}; ${others.join('; ')}`);
}

export function rowsOf(group, figures) {
  for (const [what, unit, figure, peers, aim] of figures) {
    const others = Object.entries(peers).map(([name, value]) => [name, round(value)]);
    row(group, what, unit, round(figure), Object.fromEntries(others), aim);
  }
}

/** Lines of the table that this run has made. */
function resultLines() {
  return results.map(({ group, what, unit, pidone, peers, aim }) => {
    const others = Object.entries(peers).map(([name, value]) => `${name} ${value} ${unit}`.trim());
    const ratios = Object.values(peers).map((value) => (value === 0 ? '' : (pidone / value).toFixed(2)));
    return `| ${group} | ${what} | ${pidone} ${unit} | ${others.join(', ')} | ${ratios.join(', ')} | ${aim} |`;
  });
}

/** The whole table: of this run, or of the lines that are given. */
export function report(lines = resultLines()) {
  const head = [
    '# Benchmarks',
    '',
    `Measured with \`npm run bench\` on ${cpus().length} cores, Linux ${release().split('-')[0]}. Both sides of a row in one run; medians. The ratio is`,
    "pidone's figure divided by the peer's.",
    '',
    '| | what | pidone | peers | ratio | aim |',
    '|---|---|---|---|---|---|',
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}

/** Those of the file, with this run's in the place of what it has of the same groups. */
function merged() {
  const mine = new Set(results.map(({ group }) => group));
  const isMine = (line) => mine.has(line.split('|')[1].trim());
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^\| \w+ \|/.test(line));
  const first = lines.findIndex(isMine);
  const at = first < 0 ? lines.length : first;
  const kept = (part) => part.filter((line) => !isMine(line));
  return [...kept(lines.slice(0, at)), ...resultLines(), ...kept(lines.slice(at))];
}

/** All there is in the file is this run's, or these groups. */
export function writeResults(what) {
  writeFileSync(file, report(what === 'all' ? resultLines() : merged()));
}
