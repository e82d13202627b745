import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

/**
 * The table of rooms in docs/architecture.md as rules of dependency-cruiser: the document is their only source.
 *
 * A row names one folder, or several that stand side by side. A file belongs to the deepest folder that holds it; a folder
 * without a row is an inner one of the row above it.
 */

const heading = '## Rooms';

/** The folders of each row, from the top down. Throws where a row names none. */
export function roomRows(markdown) {
  const start = markdown.indexOf(`\n${heading}`);
  if (start < 0) throw new Error(`docs/architecture.md has no heading "${heading}"`);
  const rows = [];
  for (const line of markdown
    .slice(start + 1)
    .split('\n')
    .slice(1)) {
    if (line.startsWith('## ')) break;
    const cell = /^\| (`[^|]*) \|/.exec(line)?.[1];
    if (cell === undefined) continue;
    const folders = [...cell.matchAll(/`([^`]+)\/`/g)].map(([, folder]) => folder);
    if (folders.length === 0) throw new Error(`docs/architecture.md: no folder in the row ${line}`);
    rows.push(folders);
  }
  return rows;
}

/** A regular expression for the files of `folder` that are in no deeper folder of `folders`. */
function filesOf(folder, folders) {
  const deeper = folders
    .filter((other) => other.startsWith(`${folder}/`))
    .map((other) => other.slice(folder.length + 1));
  return deeper.length === 0 ? `^${folder}/` : `^${folder}/(?!(?:${deeper.join('|')})/)`;
}

/** Rules for the rows; `severity` is error throughout. */
export function roomRules(rows) {
  const folders = rows.flat();
  const rules = rows.flatMap((row, index) => {
    const above = rows.slice(0, index).flat();
    return row.flatMap((folder) => {
      const from = { path: filesOf(folder, folders) };
      const higher = above.map((other) => filesOf(other, folders));
      const beside = row.filter((other) => other !== folder).map((other) => filesOf(other, folders));
      return [
        higher.length > 0 && {
          name: 'upwards',
          comment: 'a room imports only from rooms below it (docs/architecture.md)',
          from,
          to: { path: higher },
        },
        beside.length > 0 && {
          name: 'sideways',
          comment: 'folders of one row do not know each other (docs/architecture.md)',
          from,
          to: { path: beside },
        },
        {
          name: 'inner',
          comment: `inner files of ${folder}/ are its own`,
          from: { pathNot: filesOf(folder, folders) },
          to: { path: `${filesOf(folder, folders)}[^/]+/` },
        },
      ].filter(Boolean);
    });
  });
  return [
    ...rules,
    {
      name: 'homeless',
      comment: 'every file of src/ lies in a folder with a row in docs/architecture.md',
      from: { path: '^src/', pathNot: folders.map((folder) => filesOf(folder, folders)) },
      to: {},
    },
  ].map((rule) => ({ ...rule, severity: 'error' }));
}

/** What holds whatever the table says. */
const generalRules = [
  {
    name: 'circle',
    comment: 'files that import each other, types included, are one file or lack a third',
    from: {},
    to: { circular: true },
  },
  {
    name: 'seam',
    comment: 'only src/sys/ touches files, processes, sockets and the clock; others receive a Host',
    from: { path: '^src/', pathNot: '^src/sys/' },
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?(path|buffer|crypto)$' },
  },
  { name: 'missing', comment: 'a module that is not there', from: {}, to: { couldNotResolve: true } },
].map((rule) => ({ ...rule, severity: 'error' }));

/** All rules of the checkout. */
export function rules(markdown = readFileSync(join(root, 'docs/architecture.md'), 'utf8')) {
  return [...generalRules, ...roomRules(roomRows(markdown))];
}
