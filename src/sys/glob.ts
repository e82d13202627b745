/** Paths by pattern, as glob(3) finds them: `*`, `?`, `[…]` within a component, and `{a,b}` (GLOB_BRACE). */
import type { Files } from './host.ts';

/** Names in a directory; throws where there are none to be had. */
type NamesIn = (path: string) => string[];

/**
 * All paths that match, sorted within each component. A pattern without wildcards gives itself where it exists, be it a
 * link to nowhere. `namesIn` reads directories.
 */
export function globAll(files: Files, pattern: string, namesIn: NamesIn = (path) => files.readdir(path)): string[] {
  return expandBraces(pattern).flatMap((one) => [...matches(files, one, namesIn)]);
}

/** The first path found, without looking further. */
export function globFirst(files: Files, pattern: string): string | undefined {
  for (const one of expandBraces(pattern))
    for (const path of matches(files, one, (directory) => files.readdir(directory))) return path;
  return undefined;
}

function* matches(files: Files, pattern: string, namesIn: NamesIn): Generator<string> {
  if (!pattern.startsWith('/')) return;
  const parts = pattern.split('/').filter((part) => part !== '');
  yield* descend(files, '', parts, namesIn);
}

function* descend(files: Files, at: string, parts: readonly string[], namesIn: NamesIn): Generator<string> {
  const [part, ...rest] = parts;
  if (part === undefined) {
    if (files.tryLstat(at || '/') !== undefined) yield at || '/';
    return;
  }
  if (!/[*?[\\]/.test(part)) {
    yield* descend(files, `${at}/${part}`, rest, namesIn);
    return;
  }
  const expression = componentExpression(part);
  let names: string[];
  try {
    names = namesIn(at || '/').sort();
  } catch {
    return;
  }
  for (const name of names) {
    // A leading dot is matched by a dot only.
    if (name.startsWith('.') && !part.startsWith('.')) continue;
    if (expression.test(name)) yield* descend(files, `${at}/${name}`, rest, namesIn);
  }
}

function componentExpression(part: string): RegExp {
  let source = '';
  for (let index = 0; index < part.length; index++) {
    const character = part[index]!;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '\\' && index + 1 < part.length) source += quote(part[++index]!);
    else if (character === '[') {
      const from = /^\[[!^]?\]?/.exec(part.slice(index))![0].length;
      const end = part.indexOf(']', index + from);
      if (end < 0) {
        source += '\\[';
        continue;
      }
      const body = part.slice(index + 1, end);
      const negated = /^[!^]/.test(body);
      source += `[${negated ? '^' : ''}${body.slice(negated ? 1 : 0).replace(/[\\\]^]/g, '\\$&')}]`;
      index = end;
    } else source += quote(character);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range that runs backwards matches nothing.
    return /$^/;
  }
}

const quote = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');

const maxAlternatives = 1024;

function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const todo = [pattern];
  while (todo.length > 0 && done.length + todo.length <= maxAlternatives) {
    const one = todo.shift()!;
    const group = firstGroup(one);
    if (group === undefined) done.push(one);
    else todo.unshift(...group.choices.map((choice) => one.slice(0, group.start) + choice + one.slice(group.end)));
  }
  return done;
}

/** The first `{…,…}`; `{}` is literal. */
function firstGroup(text: string): { start: number; end: number; choices: string[] } | undefined {
  for (let start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
    if (text[start + 1] === '}') continue;
    const choices: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let index = start; index < text.length; index++) {
      const character = text[index]!;
      if (character === '{') depth++;
      else if (character === ',' && depth === 1) {
        choices.push(text.slice(from, index));
        from = index + 1;
      } else if (character === '}' && --depth === 0)
        return { start, end: index + 1, choices: [...choices, text.slice(from, index)] };
    }
    return undefined;
  }
  return undefined;
}
