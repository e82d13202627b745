import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

/**
 * The table of rooms in docs/architecture.md as rules of dependency-cruiser: the document is their only source.
 *
 * A row names one folder, or several that stand side by side. A file belongs to the deepest folder that holds it; a folder
 * without a row is an inner one of the row above it.
 */

/** What stands in the first cell of each row of the table under a heading, from the top down. */
function tableRows(markdown, heading, pattern) {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`docs/architecture.md has no heading "${heading}"`);
  const [, ...lines] = markdown.slice(start + 1).split('\n');
  const rows = [];
  for (const line of lines) {
    if (line.startsWith('## ')) break;
    const cell = /^\| (`[^|]*) \|/.exec(line)?.[1];
    if (cell === undefined) continue;
    const names = [...cell.matchAll(pattern)].map(([, name]) => name);
    if (names.length === 0) throw new Error(`docs/architecture.md: nothing that counts in the row ${line}`);
    rows.push(names);
  }
  return rows;
}

/** The folders of each row, from the top down. Throws where a row names none. */
export function roomRows(markdown) {
  return tableRows(markdown, '## Rooms', /`([^`]+)\/`/g);
}

/** The same of native/: a folder (`native/child/`), a file, or a name without ending for a source and its header. */
export function nativeRows(markdown) {
  return tableRows(markdown, '## Native rooms', /`([^`]+)`/g);
}

/** The place of a file of native/ in the table: the row, and which of its names. undefined where there is none. */
function placeOf(file, rows) {
  const stem = file.replace(/\.[a-z]+$/, '');
  let found;
  for (const [row, names] of rows.entries()) {
    for (const name of names) {
      const fits = name.endsWith('/') ? file.startsWith(name) : name === file || name === stem;
      if (fits && (found === undefined || name.length > found.name.length)) found = { row, name };
    }
  }
  return found;
}

/**
 * What breaks the table among `includes`, pairs of files below native/. A function of another file can be called only where
 * its header is included (-Wmissing-declarations holds the compiler to that), so this is who may call whom.
 */
export function nativeViolations(includes, rows) {
  const lines = [];
  for (const [from, to] of includes) {
    const source = placeOf(from, rows);
    const target = placeOf(to, rows);
    if (source === undefined || target === undefined) lines.push(`homeless: ${source === undefined ? from : to}`);
    else if (source.row > target.row) lines.push(`upwards: ${from} → ${to}`);
    else if (source.row === target.row && source.name !== target.name) lines.push(`sideways: ${from} → ${to}`);
  }
  return [...new Set(lines)].sort();
}

/** A regular expression for the files of `folder` that are in no deeper folder of `folders`. */
function filesOf(folder, folders) {
  const deeper = folders
    .filter((other) => other.startsWith(`${folder}/`))
    .map((other) => other.slice(folder.length + 1));
  return deeper.length === 0 ? `^${folder}/` : `^${folder}/(?!(?:${deeper.join('|')})/)`;
}

/** Rules for the rows; `severity` is error throughout. */
function roomRules(rows) {
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
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?(path|buffer)$' },
  },
  {
    name: 'late',
    comment:
      'a module of Node costs every start: all but these are loaded when they are needed, process.getBuiltinModule()',
    // A test that imports the library has Node whole.
    from: { path: '^src/sys/', pathNot: '^src/sys/library-host\\.ts$' },
    to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], pathNot: '^(node:)?(path|buffer|fs)$' },
  },
  { name: 'missing', comment: 'a module that is not there', from: {}, to: { couldNotResolve: true } },
].map((rule) => ({ ...rule, severity: 'error' }));

/** docs/architecture.md of the checkout. */
export const architecture = () => readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** All rules of the checkout. */
export function rules(markdown = architecture()) {
  return [...generalRules, ...roomRules(roomRows(markdown))];
}
