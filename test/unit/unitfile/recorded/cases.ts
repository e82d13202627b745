/**
 * Units and what systemd 252 makes of them. A block of a `.cases` file is a unit, or lines of its own section after what it
 * can't do without; indented below it stands what systemd of Debian 12 answered: the properties of `systemctl show --all` that
 * differ from those of a unit without these lines, and after `!` the level and text of each message about the unit.
 * `== NAME` is the name of the units that follow; SELF in it, and in the lines, is a word of its own for each.
 */
import { readFileSync } from 'node:fs';

export interface Case {
  name: string;
  /** Of the block, for the name of the test. */
  lines: string;
  text: string;
  answers: string[];
}

/** Lines that a unit of a type can't do without. */
const needed: Record<string, string> = {
  service: 'ExecStart=/bin/true\n',
  socket: 'ListenStream=/run/SELF\n',
  timer: 'OnBootSec=5h\n',
  path: 'PathExists=/nonexistent\n',
  mount: 'What=/dev/SELF\nWhere=/srv/SELF\n',
  automount: 'Where=/srv/SELF\n',
  swap: 'What=/dev/SELF\n',
};

const typeOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

export function textOf(name: string, lines: readonly string[]): string {
  const type = typeOf(name);
  const section = type === 'target' ? 'Unit' : type[0]!.toUpperCase() + type.slice(1);
  const own = lines[0]?.startsWith('[') ? '' : `[${section}]\n${needed[type] ?? ''}`;
  return `${own}${lines.join('\n')}\n`;
}

/** The name of a unit that has only what it can't do without. */
export const plainOf = (name: string): string => {
  const type = typeOf(name);
  return { mount: 'srv-SELF.mount', automount: 'srv-SELF.automount', swap: 'dev-SELF.swap' }[type] ?? `SELF.${type}`;
};

/** Blocks of a file: what is written, and the answers that stand indented below it. */
export function blocksOf(file: string): { all: string[]; lines: string[]; answers: string[] }[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8').trimEnd();
  return text.split('\n\n').map((block) => {
    const all = block.split('\n').filter((line) => !line.startsWith('# '));
    return {
      all,
      lines: all.filter((line) => !line.startsWith('    ')),
      answers: all.filter((line) => line.startsWith('    ')).map((line) => line.slice(4)),
    };
  });
}

export function casesOf(file: string): Case[] {
  let name = '';
  const cases: Case[] = [];
  for (const block of readFileSync(new URL(file, import.meta.url), 'utf8')
    .trimEnd()
    .split(/\n\n/)) {
    const all = block.split('\n');
    const own = all.findIndex((line) => !/^(# |== )/.test(line));
    for (const line of all.slice(0, own < 0 ? all.length : own)) if (line.startsWith('== ')) name = line.slice(3);
    const rest = own < 0 ? [] : all.slice(own);
    const lines = rest.filter((line) => !line.startsWith('    '));
    const answers = rest.filter((line) => line.startsWith('    ')).map((line) => line.slice(4));
    if (lines.length > 0) cases.push({ name, lines: lines.join('\n'), text: textOf(name, lines), answers });
  }
  return cases;
}
