/** Options that systemd-tmpfiles and systemd-sysusers have in common. */

import { takeImagePolicy } from '../../program/image-policy.ts';
import { fail, flag, nothing, type OptionRow, option, set, showHelp, showVersion } from '../../program/options.ts';
import { pathJoin, pathSimplify } from '../../text/paths.ts';

export function defaultConfigOptions() {
  return {
    catConfig: false,
    /** Of `catConfig`: without comments and blank lines. */
    tldr: false,
    /** Absolute and simplified; undefined where none was given. */
    root: undefined as string | undefined,
    replace: undefined as string | undefined,
    /** Files to read. */
    operands: [] as readonly string[],
  };
}

export interface ConfigOptions extends ReturnType<typeof defaultConfigOptions> {}

/** Each by its name; where they stand among the others is for the program to say. */
export const configOptions = {
  help: option('-h --help', 'Show this help', showHelp),
  version: option('--version', 'Show package version', showVersion),
  catConfig: option<ConfigOptions>('--cat-config', 'Show configuration files', flag('catConfig')),
  tldr: option<ConfigOptions>(
    '--tldr',
    'Show non-comment parts of configuration files',
    set({ catConfig: true, tldr: true }),
  ),
  root: option<ConfigOptions>(
    '--root=PATH',
    'Operate on an alternate filesystem root',
    (options, value, { context: { cwd } }) => {
      options.root = value === '' ? undefined : pathSimplify(value.startsWith('/') ? value : pathJoin(cwd, value));
    },
  ),
  image: option('--image=PATH', 'Operate on disk image as filesystem root', () =>
    // Images would have to be dissected and mounted.
    fail('This pidone cannot open disk images: mount it and use --root=.'),
  ),
  imagePolicy: option('--image-policy=POLICY', 'Specify disk image dissection policy', takeImagePolicy),
  replace: option<ConfigOptions>('--replace=PATH', 'Treat arguments as replacement for PATH', (options, value) => {
    if (!value.startsWith('/')) fail('The argument to --replace= must be an absolute path.');
    if (!value.endsWith('.conf')) fail("The argument to --replace= must have the extension '.conf'.");
    options.replace = value;
  }),
  noPager: option('--no-pager', 'Do not pipe output into a pager', nothing),
} as const satisfies Record<string, OptionRow<ConfigOptions>>;

/** What --replace= needs, and doesn't go with. */
export function settleConfigOptions(options: ConfigOptions, operands: readonly string[]): void {
  options.operands = operands;
  const { replace, catConfig } = options;
  if (replace === undefined) return;
  if (catConfig) fail('Option --replace= is not supported with --cat-config');
  if (operands.length === 0) fail('When --replace= is given, some configuration items must be specified');
}
