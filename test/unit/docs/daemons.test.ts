/** docs/daemons.md: a row for each daemon that test/docker/daemons.test.ts has, with its units. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groups } from '../../docker/daemons.ts';

const tables = readFileSync('docs/daemons.md', 'utf8')
  .split('\n\n')
  .filter((part) => part.startsWith('| daemon '))
  .map((table) =>
    table
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))),
  );
const inEachRun = new Set([...groups.small!.daemons, ...groups.small!.limits].map(({ name }) => name));
const shown = (name: string): string => (inEachRun.has(name) ? `${name} *` : name);

describe('the tables of docs/daemons.md', () => {
  const [running = [], left = []] = tables;

  it('have the daemons that are tested, those of each run with a star', () => {
    const rows = Object.values(groups).flatMap(({ daemons }) => daemons.map(({ name }) => shown(name)));
    expect(running.map(([name]) => name)).toEqual(rows.sort());
    const limits = Object.values(groups).flatMap((group) => group.limits.map(({ name }) => shown(name)));
    expect(left.map(([name]) => name)).toEqual(limits.sort());
  });

  it('name their units', () => {
    for (const { name, unit, trixie } of Object.values(groups).flatMap(({ daemons }) => daemons)) {
      const [, cell] = running.find(([first]) => first === shown(name))!;
      expect(cell).toBe([unit, trixie].flatMap((it) => (it === undefined ? [] : [`\`${it}\``])).join(', '));
    }
  });
});
