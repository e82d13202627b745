/**
 * Steps of scenarios in which pidone differs from real systemd, and the rows of docs/differences.md that say why: what
 * has no row is a fault, and a row's step that agrees is no difference.
 */

/** Rows of the document: what differs, and the scenarios beside it in which that is seen. */
export function cellsOf(page) {
  const rows = [];
  for (const line of page.split('\n')) {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells.length === 5 && cells[0] !== '' && !/^-+$/.test(cells[0])) rows.push(cells);
  }
  return rows;
}

/** The same by name, with the scenarios in the last column. */
export const rowsOf = (page) =>
  cellsOf(page).map((cells) => ({
    name: cells[0],
    scenarios: [...cells[4].matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  }));

/** What the oracle's `--verbose` printed: of each scenario that was played its steps that differ, and the diffs of them. */
export function playedOf(output) {
  const played = new Map();
  let steps = [];
  let diff;
  for (const line of output.split('\n')) {
    const result = /^(?:ok {3}|DIFF )(\S+): \d+ of \d+$/.exec(line);
    const head = /^--- (\S+): (.*)$/.exec(line);
    if (result !== null) {
      played.set(result[1], steps);
      steps = [];
      diff = undefined;
    } else if (head !== null) {
      diff = [];
      steps.push({ step: head[2], diff });
    } else diff?.push(line);
  }
  return played;
}

/** What is wrong with the steps that differ, given those that may: a line for people each, with the scenario it is of. */
export function faultsOf(known, played) {
  const faults = [];
  for (const [scenario, steps] of played) {
    const left = new Map(Object.entries(known[scenario] ?? {}));
    for (const { step, diff } of steps) {
      // Of two steps with the same words only one may differ.
      if (left.get(step)) left.delete(step);
      else
        faults.push({
          scenario,
          line: [`differs, and no row of docs/differences.md says why: ${step}`, ...diff].join('\n'),
        });
    }
    for (const [step, row] of left)
      if (row) faults.push({ scenario, line: `agrees, against a row of docs/differences.md (${row}): ${step}` });
  }
  return faults;
}

/** The steps that differ today, each with the row it had; null for those that have none. */
export function knownAfter(known, played) {
  const after = Object.entries(known).filter(([scenario]) => !played.has(scenario));
  for (const [scenario, steps] of played)
    after.push([scenario, Object.fromEntries(steps.map(({ step }) => [step, known[scenario]?.[step] ?? null]))]);
  return Object.fromEntries(after.filter(([, steps]) => Object.keys(steps).length > 0).sort());
}
