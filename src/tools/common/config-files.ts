/**
 * Configuration in NAME.d directories, as systemd-tmpfiles and systemd-sysusers read it (tmpfiles.d(5), sysusers.d(5)):
 * which files there are, and their lines. config-reader.ts reads what a call asks for, options.ts has the options that both
 * programs know, chase.ts resolves paths below --root=.
 */

import type { ProgramContext } from '../../program/context.ts';
import { type Files, type Host, SystemError } from '../../sys/host.ts';
import { readStdin } from '../../sys/stdio.ts';
import { bytesToText } from '../../text/bytes.ts';
import { whitespace } from '../../text/characters.ts';
import { pathEquals, pathJoin, pathSimplify, pathStartsWith } from '../../text/paths.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import { resolveBelow } from './chase.ts';

/** Where the system's configuration of one kind is, the most important first. */
export function configurationDirectories(name: string): string[] {
  return ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((directory) => `${directory}/${name}`);
}

/** Directories that exist, without links and each once; without the root in front. */
function existing(files: Files, root: string | undefined, directories: readonly string[]): string[] {
  const found = new Set<string>();
  for (const directory of directories) {
    try {
      const path = resolveBelow(files, root, directory);
      found.add(path.slice(root === undefined || root === '/' ? 0 : root.length));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  return [...found];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * All files NAME.conf in the order of their names, with the root in front; of two with one name the one in the earlier
 * directory counts. `replacement` stands where a file of that path would stand (--replace=).
 */
export function listConfigFiles(
  files: Files,
  root: string | undefined,
  directories: readonly string[],
  replacement?: string,
): string[] {
  const found = new Map<string, string>();
  for (const directory of existing(files, root, directories)) {
    let names: string[];
    try {
      names = files.readdir(pathJoin(root ?? '', directory));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      continue;
    }
    for (const name of names) {
      if (!name.endsWith('.conf') || name.startsWith('.') || found.has(name)) continue;
      found.set(name, pathJoin(root ?? '', directory, name));
    }
  }
  if (replacement !== undefined) {
    const name = baseName(replacement);
    const current = found.get(name);
    const rank = (path: string, prefix: string): number => {
      const at = directories.findIndex((directory) => pathStartsWith(path, pathJoin(prefix, directory)) !== undefined);
      return at < 0 ? directories.length : at;
    };
    if (current === undefined || rank(replacement, '') < rank(current, root ?? ''))
      found.set(name, pathJoin(root ?? '', replacement));
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** Whether a listed file is the place that --replace= means. */
export function isReplaced(path: string, root: string | undefined, replacement: string | undefined): boolean {
  return replacement !== undefined && pathEquals(path, pathJoin(root ?? '', replacement));
}

const sizeLimit = 16 << 20;

/**
 * The text of a file given by path, by its name in one of the directories, or of stdin for `-`. Throws SystemError, whose
 * `syscall` is 'open' where the file was not found or may not be read.
 */
export function readConfigFile(
  host: Host,
  root: string | undefined,
  directories: readonly string[],
  name: string,
): { path: string; text: string } {
  if (name === '-') return { path: '<stdin>', text: bytesToText(readStdin(sizeLimit)) };
  const { files } = host;
  const candidates = name.startsWith('/')
    ? [name]
    : existing(files, root, directories).map((directory) => pathJoin(root ?? '', directory, name));
  for (const path of candidates) {
    try {
      // A path may be that of a pipe: /dev/stdin, /dev/fd/63.
      const data = name.startsWith('/') ? files.readStream(path, sizeLimit) : files.readFile(path, sizeLimit);
      return { path: pathSimplify(path), text: bytesToText(data) };
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
    }
  }
  throw new SystemError('ENOENT', 2, 'open', name);
}

/** The lines that say something, with their numbers from 1: no comments, blanks around them removed. */
export function* configLines(text: string): Generator<[number: number, line: string]> {
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (line !== '' && !line.startsWith('#')) yield [index + 1, line];
  }
}

/** $CREDENTIALS_DIRECTORY, where it is usable. */
export function credentialsDirectory(context: Pick<ProgramContext, 'env'>): string | undefined {
  const directory = context.env.CREDENTIALS_DIRECTORY;
  return directory?.startsWith('/') ? directory : undefined;
}

/** The first six words of a line, and what stands behind them; `failed` where quotes have no end. */
export function sixWords(line: string): { words: string[]; rest: string | undefined; failed: boolean } {
  const reader = new WordReader(line, whitespace, extract.unquote);
  const words: string[] = [];
  while (words.length < 6) {
    const word = reader.next();
    if (word === undefined) break;
    words.push(word);
  }
  return { words, rest: reader.rest, failed: reader.failed };
}
