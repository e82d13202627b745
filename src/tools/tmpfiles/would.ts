/** --dry-run: what a line would do, in words. */
import { globPaths, isPattern } from './glob.ts';
import { type Item, type Operation, purgedTypes } from './item.ts';
import type { Run } from './run.ts';

const kinds: Partial<Record<Item['type'], string>> = {
  f: 'file',
  F: 'file',
  d: 'directory',
  D: 'directory',
  v: 'directory',
  q: 'directory',
  Q: 'directory',
  p: 'fifo',
  L: 'symlink',
  c: 'device node',
  b: 'device node',
};
const ageing: ReadonlySet<Item['type']> = new Set(['d', 'D', 'v', 'q', 'Q', 'x', 'X', 'C', 'e', 'r', 'R']);

/** Says what `operation` would be done for a line; nothing where it would not. */
export function sayWould(run: Run, item: Item, operation: Operation): void {
  const paths = isPattern(item.path) ? globPaths(run.host.files, item.path) : [item.path];
  const text = { create: wouldCreate, remove: wouldRemove, clean: wouldClean, purge: wouldPurge }[operation];
  for (const path of paths) {
    const said = text(run, item, path);
    if (said !== undefined) run.log.say('info', `Would ${said}`);
  }
}

const isThere = (run: Run, path: string): boolean => run.host.files.tryLstat(path) !== undefined;

function wouldCreate(run: Run, item: Item, path: string): string | undefined {
  const { type } = item;
  const kind = kinds[type];
  const there = isThere(run, path);
  if (kind !== undefined) {
    if (type === 'L' && item.ifTargetExists && item.argument !== undefined && !isThere(run, item.argument))
      return undefined;
    if (!there) return `create ${kind} ${path}${type === 'L' ? ` -> ${item.argument}` : ''}`;
    if (type === 'F' || (type === 'f' && item.force)) return `truncate ${path}`;
  } else if (type === 'C') return there && !item.force ? undefined : `copy ${item.argument} to ${path}`;
  else if (type === 'w') return there ? `write to ${path}` : undefined;
  else if ('aAhHtTkK'.includes(type)) return there ? `set attributes of ${path}` : undefined;
  const adjusts = item.modeSet || item.uid !== undefined || item.gid !== undefined;
  return there && adjusts && !'xXrR'.includes(type) ? `adjust mode and owner of ${path}` : undefined;
}

function wouldRemove(run: Run, { type }: Item, path: string): string | undefined {
  if (!isThere(run, path)) return undefined;
  if (type === 'D') return `remove everything below ${path}`;
  return type === 'r' || type === 'R' ? `remove ${path}` : undefined;
}

const wouldClean = (run: Run, { type, age }: Item, path: string): string | undefined =>
  age !== undefined && ageing.has(type) && isThere(run, path) ? `clean up ${path}` : undefined;

const wouldPurge = (run: Run, { type, purge }: Item, path: string): string | undefined =>
  purge && purgedTypes.has(type) && isThere(run, path) ? `remove ${path}` : undefined;
