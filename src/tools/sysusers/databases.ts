/** passwd(5), group(5), shadow(5) and gshadow(5): lines of fields, read as the C library reads them. */
import { type Files, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';

export type DatabaseName = 'passwd' | 'group' | 'shadow' | 'gshadow';

/** One line; the first field is the name. */
export type Entry = string[];

const fieldCounts: Readonly<Record<DatabaseName, number>> = { passwd: 7, group: 4, shadow: 9, gshadow: 4 };
const leastFields: Readonly<Record<DatabaseName, number>> = { passwd: 4, group: 3, shadow: 5, gshadow: 2 };
/** Fields that must be numbers. */
const numbers: Readonly<Record<DatabaseName, readonly number[]>> = {
  passwd: [2, 3],
  group: [2],
  shadow: [],
  gshadow: [],
};

/** Entries of NIS, which come last and are not looked into. */
export const isNis = ([name]: Entry): boolean => /^[+-]/.test(name!);

/** The lines that are entries; undefined where there is no such file. Throws SystemError. */
export function readDatabase(files: Files, path: string, kind: DatabaseName): Entry[] | undefined {
  let text: string;
  try {
    text = bytesToText(files.readFile(path));
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const entries: Entry[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const count = fieldCounts[kind];
    const parts = line.split(':');
    const fields = [...parts.slice(0, count - 1), parts.slice(count - 1).join(':')];
    while (fields.length < count) fields.push('');
    if (kind === 'group') {
      fields[3] = membersOf(fields[3]!).join(',');
      if (isNis(fields)) fields[1] = fields[2] = '';
    }
    // What is no entry is lost when the file is written, as with every program that does so.
    if (
      isNis(fields) ||
      (parts.length >= leastFields[kind] && numbers[kind].every((at) => /^\d{1,10}$/.test(fields[at]!)))
    )
      entries.push(fields);
  }
  return entries;
}

export const textOf = (entries: readonly Entry[]): string => entries.map((fields) => `${fields.join(':')}\n`).join('');

/** Names of a list of members. */
export const membersOf = (field: string): string[] =>
  field
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
