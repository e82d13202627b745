/**
 * What watches of paths hear of, step by step; played on the simulated kernel and on the real one, so that the one keeps
 * telling what the other does.
 */
import type { Files, Host, WatchedEvents, WritableFile } from '../../src/sys/host.ts';

/** 'itself', 'near' (anything but the file itself), 'quiet', or the code of the error that ended the watch. */
export type Heard = 'itself' | 'near' | 'quiet' | (string & {});

export interface WatchCase {
  name: string;
  events: WatchedEvents;
  /** Below the directory of the case. */
  path: string;
  before?: (at: (path: string) => string, files: Files) => void;
  steps: [what: string, how: (at: (path: string) => string, files: Files) => void, heard: Heard][];
}

/** `echo TEXT >PATH`: the file is made or emptied, written and closed. */
export function overwrite(files: Files, path: string, text: string): void {
  const file = files.openWritable(path, files.tryStat(path) === undefined ? 'new' : 'existing');
  file.truncate();
  if (text !== '') file.write(Buffer.from(text));
  file.close();
}

/** `ln -sfn`: a link in the place of another, in one step. */
function relink(files: Files, target: string, path: string): void {
  files.symlink(target, `${path}.new`);
  files.rename(`${path}.new`, path);
}

/** A file that a program keeps open from one step to another. */
function keeper(): { open: (files: Files, path: string) => void; file: () => WritableFile } {
  let kept: WritableFile | undefined;
  return {
    open: (files, path) => {
      kept = files.openWritable(path, 'append');
    },
    file: () => kept!,
  };
}

const kept = keeper();
const keptChanged = keeper();

export const watchCases: WatchCase[] = [
  {
    name: 'a file that comes part by part, is written, replaced, linked, moved and removed',
    events: 'modified',
    path: 'a/b/f',
    steps: [
      ['another name in a parent', (at, files) => overwrite(files, at('other'), ''), 'near'],
      ['the first directory', (at, files) => files.mkdir(at('a')), 'near'],
      ['the mode of a parent', (at, files) => files.chmod(at('a'), 0o700), 'near'],
      ['another name again', (at, files) => overwrite(files, at('another'), ''), 'quiet'],
      ['the second', (at, files) => files.mkdir(at('a/b')), 'near'],
      ['an empty file', (at, files) => overwrite(files, at('a/b/f'), ''), 'near'],
      ['its content', (at, files) => files.append(at('a/b/f'), 'x'), 'itself'],
      ['other content', (at, files) => overwrite(files, at('a/b/f'), 'y'), 'itself'],
      ['another file in its place', (at, files) => files.writeAtomic(at('a/b/f'), ''), 'itself'],
      ['the content of that one', (at, files) => files.append(at('a/b/f'), 'x'), 'itself'],
      ['a mode', (at, files) => files.chmod(at('a/b/f'), 0o600), 'itself'],
      ['a second name', (at, files) => files.link(at('a/b/f'), at('hard')), 'itself'],
      ['a write by that name', (at, files) => files.append(at('hard'), 'x'), 'itself'],
      ['the first name goes', (at, files) => files.unlink(at('a/b/f')), 'itself'],
      ['a write to what was there', (at, files) => files.append(at('hard'), 'x'), 'quiet'],
      ['it comes again by link', (at, files) => files.link(at('hard'), at('a/b/f')), 'near'],
      ['the file is kept open', (at, files) => kept.open(files, at('a/b/f')), 'quiet'],
      ['and written', () => kept.file().write(Buffer.from('x')), 'itself'],
      [
        'and loses its names',
        (at, files) => {
          files.unlink(at('hard'));
          files.unlink(at('a/b/f'));
        },
        'itself',
      ],
      ['and is written still', () => kept.file().write(Buffer.from('x')), 'quiet'],
      ['and closed', () => kept.file().close(), 'quiet'],
      ['a new one', (at, files) => overwrite(files, at('a/b/f'), 'x'), 'near'],
      ['its directory moves away', (at, files) => files.rename(at('a/b'), at('a/c')), 'near'],
      ['it is written there', (at, files) => files.append(at('a/c/f'), 'x'), 'quiet'],
      ['its directory comes back', (at, files) => files.rename(at('a/c'), at('a/b')), 'near'],
      ['it is written here', (at, files) => files.append(at('a/b/f'), 'x'), 'itself'],
      ['all goes', (at, files) => files.removeTree(at('a')), 'itself'],
      [
        'a whole tree comes',
        (at, files) => {
          files.mkdirs(at('n/b'));
          overwrite(files, at('n/b/f'), '');
        },
        'near',
      ],
      ['in its place', (at, files) => files.rename(at('n'), at('a')), 'near'],
      ['and is written', (at, files) => files.append(at('a/b/f'), 'x'), 'itself'],
    ],
  },
  {
    name: 'a file that is to be written and closed',
    events: 'changed',
    path: 'f',
    steps: [
      ['it comes', (at, files) => overwrite(files, at('f'), ''), 'near'],
      ['it is kept open', (at, files) => keptChanged.open(files, at('f')), 'quiet'],
      ['and written', () => keptChanged.file().write(Buffer.from('x')), 'quiet'],
      ['and closed', () => keptChanged.file().close(), 'itself'],
      [
        'a directory in its place',
        (at, files) => {
          files.unlink(at('f'));
          files.mkdir(at('f'));
        },
        'itself',
      ],
      ['a file in that', (at, files) => overwrite(files, at('f/x'), ''), 'itself'],
      ['it is written', (at, files) => files.append(at('f/x'), 'x'), 'itself'],
      ['its mode', (at, files) => files.chmod(at('f/x'), 0o600), 'itself'],
      ['a directory beside it', (at, files) => files.mkdir(at('f/d')), 'itself'],
      ['what is in that', (at, files) => overwrite(files, at('f/d/x'), ''), 'quiet'],
      ['a file moves out', (at, files) => files.rename(at('f/x'), at('x')), 'itself'],
      ['a file moves in', (at, files) => files.rename(at('x'), at('f/x')), 'itself'],
      ['a file goes', (at, files) => files.unlink(at('f/x')), 'itself'],
      ['all goes', (at, files) => files.removeTree(at('f')), 'itself'],
      ['a FIFO in its place', (at, files) => files.mknod(at('f'), 'fifo', 0o600), 'near'],
      ['its mode', (at, files) => files.chmod(at('f'), 0o640), 'itself'],
    ],
  },
  {
    name: 'a directory that is to hold something',
    events: 'any',
    path: 'd/e',
    steps: [
      ['it comes', (at, files) => files.mkdirs(at('d/e')), 'near'],
      ['a file in it', (at, files) => overwrite(files, at('d/e/x'), ''), 'near'],
      ['it is written', (at, files) => files.append(at('d/e/x'), 'x'), 'quiet'],
      ['it goes', (at, files) => files.unlink(at('d/e/x')), 'quiet'],
      ['the directory goes', (at, files) => files.rmdir(at('d/e')), 'near'],
      ['it comes again', (at, files) => files.mkdir(at('d/e')), 'near'],
      [
        'a file moves in',
        (at, files) => {
          overwrite(files, at('y'), '');
          files.rename(at('y'), at('d/e/y'));
        },
        'near',
      ],
    ],
  },
  {
    name: 'links to a file',
    events: 'modified',
    path: 'link',
    before: (at, files) => {
      files.mkdir(at('else'));
      for (const name of ['one', 'two', 'else/three']) overwrite(files, at(name), 'x');
    },
    steps: [
      ['a link to nothing yet', (at, files) => files.symlink('late', at('link')), 'near'],
      ['what it leads to, beside it', (at, files) => overwrite(files, at('late'), ''), 'near'],
      ['is written', (at, files) => files.append(at('late'), 'x'), 'itself'],
      ['a link elsewhere', (at, files) => relink(files, at('one'), at('link')), 'near'],
      ['a write to the old one', (at, files) => files.append(at('late'), 'x'), 'quiet'],
      ['a write to the new one', (at, files) => files.append(at('one'), 'x'), 'itself'],
      ['a link to another directory', (at, files) => relink(files, 'else/three', at('link')), 'near'],
      ['a write there', (at, files) => files.append(at('else/three'), 'x'), 'itself'],
      ['the file there goes', (at, files) => files.unlink(at('else/three')), 'itself'],
      ['another comes there', (at, files) => overwrite(files, at('else/three'), 'x'), 'quiet'],
      ['something here', (at, files) => overwrite(files, at('else.new'), 'x'), 'near'],
      ['a write to that other', (at, files) => files.append(at('else/three'), 'x'), 'itself'],
      ['no link', (at, files) => files.unlink(at('link')), 'near'],
      ['a file', (at, files) => overwrite(files, at('link'), ''), 'near'],
    ],
  },
  {
    name: 'a link among the parents',
    events: 'modified',
    path: 'dir/sub/f',
    steps: [
      [
        'directories',
        (at, files) => {
          files.mkdirs(at('real/sub'));
          files.mkdirs(at('new/sub'));
        },
        'near',
      ],
      ['a link to them', (at, files) => files.symlink('real', at('dir')), 'near'],
      ['a file', (at, files) => overwrite(files, at('real/sub/f'), ''), 'near'],
      ['is written', (at, files) => files.append(at('real/sub/f'), 'x'), 'itself'],
      ['the link swings', (at, files) => relink(files, 'new', at('dir')), 'near'],
      ['a write to the old one', (at, files) => files.append(at('real/sub/f'), 'x'), 'quiet'],
      ['a file in the new one', (at, files) => overwrite(files, at('new/sub/f'), ''), 'near'],
      ['is written', (at, files) => files.append(at('new/sub/f'), 'x'), 'itself'],
    ],
  },
  {
    name: 'a file where a directory is to be',
    events: 'any',
    path: 'no/where',
    steps: [
      ['a directory', (at, files) => files.mkdir(at('no')), 'near'],
      [
        'a file in its place',
        (at, files) => {
          files.rmdir(at('no'));
          overwrite(files, at('no'), '');
        },
        'ENOTDIR',
      ],
      ['which is removed', (at, files) => files.unlink(at('no')), 'quiet'],
    ],
  },
  {
    name: 'a link to itself',
    events: 'any',
    path: 'loop',
    steps: [['comes', (at, files) => files.symlink('loop', at('loop')), 'ELOOP']],
  },
];

/** What the watch of a case hears in each step; `quiet` waits until the event loop has nothing more to tell. */
export async function playWatchCase(
  host: Host,
  directory: string,
  { events, path, before, steps }: WatchCase,
  quiet: () => Promise<void> | void,
): Promise<[what: string, heard: Heard][]> {
  const at = (name: string): string => `${directory}/${name}`;
  before?.(at, host.files);
  let heard: Heard = 'quiet';
  const watch = host.watchPath(at(path), events, {
    changed: (itself) => {
      if (itself) heard = 'itself';
      else if (heard === 'quiet') heard = 'near';
    },
    failed: ({ code }) => {
      heard = code;
    },
  });
  const all: [string, Heard][] = [];
  for (const [what, how] of steps) {
    heard = 'quiet';
    how(at, host.files);
    await quiet();
    all.push([what, heard]);
  }
  watch.close();
  return all;
}
