/** Arguments of systemd-tmpfiles(8). */

import { styleOf } from '../../program/colors.ts';
import type { ProgramContext } from '../../program/context.ts';
import { OptionReader, type OptionSet } from '../../program/getopt.ts';
import { say } from '../../program/messages.ts';
import { versionText } from '../../sys/version.ts';
import { imageRefusal, pathArgument, replaceObjection } from '../common/config-files.ts';
import type { Operation } from './item.ts';

type OptionId =
  | 'help'
  | 'user'
  | 'version'
  | 'cat-config'
  | 'create'
  | 'clean'
  | 'remove'
  | 'boot'
  | 'prefix'
  | 'exclude-prefix'
  | 'exclude-defaults'
  | 'root'
  | 'image'
  | 'replace'
  | 'no-pager';

const noArgument = ['help', 'user', 'version', 'cat-config', 'create', 'clean', 'remove', 'boot', 'no-pager'] as const;
const withArgument = ['prefix', 'exclude-prefix', 'root', 'image', 'replace'] as const;

const optionSet: OptionSet<OptionId> = {
  long: [
    ...noArgument.map((name) => ({ name, argument: 'none' as const, id: name })),
    ...withArgument.map((name) => ({ name, argument: 'required' as const, id: name })),
  ],
  short: { h: { argument: 'none', id: 'help' }, E: { argument: 'none', id: 'exclude-defaults' } },
};

export interface TmpfilesOptions {
  readonly operations: ReadonlySet<Operation>;
  readonly user: boolean;
  readonly boot: boolean;
  readonly catConfig: boolean;
  readonly includePrefixes: readonly string[];
  readonly excludePrefixes: readonly string[];
  /** Absolute and simplified; undefined where none was given. */
  readonly root: string | undefined;
  readonly replace: string | undefined;
  /** Files to read. */
  readonly operands: readonly string[];
}

function help(context: ProgramContext): string {
  const { colors, link } = styleOf(context);
  return `${context.program} [OPTIONS...] [CONFIGURATION FILE...]

${colors.highlight}Creates, deletes and cleans up volatile and temporary files and directories.${colors.normal}

  -h --help                 Show this help
     --user                 Execute user configuration
     --version              Show package version
     --cat-config           Show configuration files
     --create               Create marked files/directories
     --clean                Clean up marked directories
     --remove               Remove marked files/directories
     --boot                 Execute actions only safe at boot
     --prefix=PATH          Only apply rules with the specified prefix
     --exclude-prefix=PATH  Ignore rules with the specified prefix
  -E                        Ignore rules prefixed with /dev, /proc, /run, /sys
     --root=PATH            Operate on an alternate filesystem root
     --image=PATH           Operate on disk image as filesystem root
     --replace=PATH         Treat arguments as replacement for PATH
     --no-pager             Do not pipe output into a pager

See the ${link('man:systemd-tmpfiles(8)', 'systemd-tmpfiles(8) man page')} for details.
`;
}

/** The options, or the exit status of a call that ends here. */
export function parseTmpfilesOptions(context: ProgramContext): TmpfilesOptions | number {
  const operations = new Set<Operation>();
  const includePrefixes: string[] = [];
  const excludePrefixes: string[] = [];
  const flags = { user: false, boot: false, catConfig: false };
  let root: string | undefined;
  let replace: string | undefined;
  const fail = (text: string): number => {
    say(context, 'error', text);
    return 1;
  };
  const reader = new OptionReader(context.program, optionSet, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) {
      context.err(`${option.error}\n`);
      return 1;
    }
    switch (option.id) {
      case 'help':
        context.out(help(context));
        return 0;
      case 'version':
        context.out(versionText());
        return 0;
      case 'user':
        flags.user = true;
        break;
      case 'boot':
        flags.boot = true;
        break;
      case 'cat-config':
        flags.catConfig = true;
        break;
      case 'create':
      case 'clean':
      case 'remove':
        operations.add(option.id);
        break;
      case 'prefix':
        includePrefixes.push(option.value!);
        break;
      case 'exclude-prefix':
        excludePrefixes.push(option.value!);
        break;
      case 'exclude-defaults':
        excludePrefixes.push('/dev', '/proc', '/run', '/sys');
        break;
      case 'root':
        root = pathArgument(context, option.value!);
        break;
      case 'image':
        return fail(imageRefusal);
      case 'replace': {
        const objection = replaceObjection(option.value!);
        if (objection !== undefined) return fail(objection);
        replace = option.value;
        break;
      }
      case 'no-pager':
        break;
    }
  }
  const { operands } = reader;
  if (operations.size === 0 && !flags.catConfig)
    return fail('You need to specify at least one of --clean, --create or --remove.');
  if (replace !== undefined && flags.catConfig) return fail('Option --replace= is not supported with --cat-config');
  if (replace !== undefined && operands.length === 0)
    return fail('When --replace= is given, some configuration items must be specified');
  if (root !== undefined && flags.user) return fail('Combination of --user and --root= is not supported.');
  return { operations, includePrefixes, excludePrefixes, ...flags, root, replace, operands };
}
