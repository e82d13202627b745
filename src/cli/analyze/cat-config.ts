/** systemd-analyze cat-config: a configuration file and its drop-ins, as the program that reads them sees them. */

import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { printFiles } from '../../program/print-files.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** Where programs look for configuration, the most important first. */
const usual = ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/', '/lib/'];
const usrOnly = ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/'];

/** Directories without a main file, by the ending of what is in them. */
const endings: Readonly<Record<string, string>> = {
  'udev/hwdb.d': '.hwdb',
  'udev/rules.d': '.rules',
  'kernel/install.d': '.install',
  'systemd/ntp-units.d': '.list',
  'systemd/relabel-extra.d': '.relabel',
  'systemd/system-preset': '.preset',
  'systemd/user-preset': '.preset',
};

interface Kind {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly ending: string;
  /** A directory full of files, none of them the main one. */
  readonly collection: boolean;
}

function kindOf(given: string): Kind {
  // environment.d also has /etc/environment in its path
  const name = given.replace(/\/+$/, '') === 'environment.d' ? 'environment' : given;
  const plain = name.replace(/\/+$/, '');
  const ending = endings[plain];
  const isSystemd = plain.startsWith('systemd/') && plain.endsWith('.conf');
  const usr = isSystemd || plain === 'environment' || plain === 'systemd/user-preset';
  return {
    name,
    prefixes: plain === 'systemd/relabel-extra.d' ? ['/run/'] : usr ? usrOnly : usual,
    ending: ending ?? '.conf',
    collection: plain.endsWith('.d') || ending === '.preset',
  };
}

/** Files of several directories, ordered by name; of two with the same name the one in the earlier directory counts. */
function filesIn(context: CliContext, root: string, directories: readonly string[], ending: string): string[] {
  const { files, voice } = context.host;
  const found = new Map<string, string | undefined>();
  for (const directory of directories) {
    let names: string[];
    try {
      names = files.readdir(root + directory);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      continue;
    }
    for (const name of names) {
      if (!name.endsWith(ending) || found.has(name)) continue;
      const path = `${root}${directory}/${name}`;
      const stat = files.tryStat(path);
      // a link to /dev/null hides files of that name in later directories
      if (stat?.type === 'char' || stat?.type === 'block')
        found.set(name, voice.analyze.catConfig.namesHidden ? path : undefined);
      else if (stat?.type === 'file') found.set(name, path);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => path)
    .filter((path) => path !== undefined);
}

/** --tldr: lines without comments, and sections in which there are some. */
function terse(text: string): string {
  let section = '';
  let told = '';
  for (const line of text.split('\n')) {
    const begin = line.trimStart().charAt(0);
    if (begin === '' || begin === '#' || begin === ';') continue;
    if (begin === '[') {
      section = `${line}\n`;
      continue;
    }
    told += `${section}${line}\n`;
    section = '';
  }
  return told;
}

async function catConfigFiles(
  context: CliContext,
  { tldr }: AnalyzeOptions,
  root: string,
  given: string,
): Promise<boolean> {
  const { name, prefixes, ending, collection } = kindOf(given);
  const { files } = context.host;
  const { colors } = styleOf(context);
  const { mainIsFile, rootIsThere } = context.host.voice.analyze.catConfig;
  let main: string | undefined;
  if (!collection) {
    main = prefixes
      .map((prefix) => root + prefix + name)
      .find((path) => (mainIsFile ? files.tryStat(path)?.type === 'file' : files.access(path, 'exists')));
    if (main === undefined)
      context.out(`${colors.magenta}# Main configuration file ${name} not found${colors.normal}\n`);
  }
  const plain = name.replace(/\/+$/, '');
  const directories = prefixes.map((prefix) => prefix + plain + (collection ? '' : '.d'));
  const paths = filesIn(context, root, directories, ending);
  if (rootIsThere && root !== '' && files.tryStat(root) === undefined) {
    const reason = errorText('ENOENT');
    const wrong = `Failed to determine if '${root}' points to the root directory: ${reason}`;
    say(context, 'error', `${wrong}\nFailed to query file list: ${reason}`);
    return false;
  }
  const read = (path: string): string => (files.tryStat(path)?.type === 'char' ? '' : files.readText(path));
  const shown = tldr ? (path: string): string => terse(read(path)) : read;
  return printFiles(context, main === undefined ? paths : [main, ...paths], shown);
}

/** Each argument is a path below a directory of configuration, or without one, as systemd/journald.conf. */
export async function catConfig(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
): Promise<number> {
  const style = styleOf(context);
  const root = options.root === undefined || options.root === '/' ? '' : options.root.replace(/\/+$/, '');
  for (const [index, arg] of args.entries()) {
    if (index > 0) {
      context.out(
        style.colored ? `${style.colors.underline}${' '.repeat(style.columns)}${style.colors.normal}\n\n` : '\n\n',
      );
    }
    let name = arg;
    if (arg.startsWith('/')) {
      const prefix = usual.find((directory) => arg.startsWith(directory));
      if (prefix === undefined) {
        say(context, 'error', `Path ${arg} does not start with any known prefix.`);
        return 1;
      }
      name = arg.slice(prefix.length).replace(/^\/+/, '');
    }
    if (!(await catConfigFiles(context, options, root, name))) return 1;
  }
  return 0;
}
