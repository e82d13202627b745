/** Arguments of systemd-sysusers(8). */

import { styleOf } from '../../program/colors.ts';
import type { ProgramContext } from '../../program/context.ts';
import { OptionReader, type OptionSet } from '../../program/getopt.ts';
import { say } from '../../program/messages.ts';
import { versionText } from '../../sys/version.ts';
import { imageRefusal, pathArgument, replaceObjection } from '../common/config-files.ts';

type OptionId = 'help' | 'version' | 'cat-config' | 'root' | 'image' | 'replace' | 'dry-run' | 'inline' | 'no-pager';

const noArgument = ['help', 'version', 'cat-config', 'dry-run', 'inline', 'no-pager'] as const;
const withArgument = ['root', 'image', 'replace'] as const;

const optionSet: OptionSet<OptionId> = {
  long: [
    ...noArgument.map((name) => ({ name, argument: 'none' as const, id: name })),
    ...withArgument.map((name) => ({ name, argument: 'required' as const, id: name })),
  ],
  short: { h: { argument: 'none', id: 'help' } },
};

export interface SysusersOptions {
  readonly catConfig: boolean;
  readonly dryRun: boolean;
  /** Operands are lines, not files. */
  readonly inline: boolean;
  /** Absolute and simplified; undefined where none was given. */
  readonly root: string | undefined;
  readonly replace: string | undefined;
  readonly operands: readonly string[];
}

function help(context: ProgramContext): string {
  const link = styleOf(context).link('man:systemd-sysusers.service(8)', 'systemd-sysusers.service(8) man page');
  return `${context.program} [OPTIONS...] [CONFIGURATION FILE...]

Creates system user accounts.

  -h --help                 Show this help
     --version              Show package version
     --cat-config           Show configuration files
     --root=PATH            Operate on an alternate filesystem root
     --image=PATH           Operate on disk image as filesystem root
     --replace=PATH         Treat arguments as replacement for PATH
     --dry-run              Just print what would be done
     --inline               Treat arguments as configuration lines
     --no-pager             Do not pipe output into a pager

See the ${link} for details.
`;
}

/** The options, or the exit status of a call that ends here. */
export function parseSysusersOptions(context: ProgramContext): SysusersOptions | number {
  const flags = { catConfig: false, dryRun: false, inline: false };
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
      case 'cat-config':
        flags.catConfig = true;
        break;
      case 'dry-run':
        flags.dryRun = true;
        break;
      case 'inline':
        flags.inline = true;
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
  if (replace !== undefined && flags.catConfig) return fail('Option --replace= is not supported with --cat-config');
  if (replace !== undefined && operands.length === 0)
    return fail('When --replace= is given, some configuration items must be specified');
  return { ...flags, root, replace, operands };
}
