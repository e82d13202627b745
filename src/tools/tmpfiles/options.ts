/** Options of systemd-tmpfiles(8). */

import type { ProgramContext } from '../../program/context.ts';
import { append, fail, flag, type OptionRow, option, type Take } from '../../program/options.ts';
import { configOptions, defaultConfigOptions, settleConfigOptions } from '../common/options.ts';
import type { Operation } from './item.ts';

export function defaultOptions() {
  return {
    ...defaultConfigOptions(),
    operations: new Set<Operation>(),
    dryRun: false,
    /** Operands are lines, not files. */
    inline: false,
    graceful: false,
    user: false,
    boot: false,
    includePrefixes: [] as string[],
    excludePrefixes: [] as string[],
  };
}

export interface TmpfilesOptions extends ReturnType<typeof defaultOptions> {}

const operation =
  (name: Operation): Take<TmpfilesOptions> =>
  (options) =>
    void options.operations.add(name);

const { help, version, catConfig, tldr, root, image, imagePolicy, replace, noPager } = configOptions;

export const rows: readonly OptionRow<TmpfilesOptions>[] = [
  help,
  option('--user', 'Execute user configuration', flag('user')),
  version,
  catConfig,
  tldr,
  option('--create', 'Create marked files/directories', operation('create')),
  option('--clean', 'Clean up marked directories', operation('clean')),
  option('--remove', 'Remove marked files/directories', operation('remove')),
  option(
    '--purge',
    'Delete files and directories marked for creation in specified configuration files (careful!)',
    operation('purge'),
  ),
  option('-n --dry-run', 'Just print what would be done', flag('dryRun')),
  option('--inline', 'Treat arguments as configuration lines', flag('inline')),
  option('--graceful', 'Quietly ignore unknown users or groups', flag('graceful')),
  option('--boot', 'Execute actions only safe at boot', flag('boot')),
  option('--prefix=PATH', 'Only apply rules with the specified prefix', append('includePrefixes')),
  option('--exclude-prefix=PATH', 'Ignore rules with the specified prefix', append('excludePrefixes')),
  option('-E', 'Ignore rules prefixed with /dev, /proc, /run, /sys', (options) => {
    options.excludePrefixes.push('/dev', '/proc', '/run', '/sys');
  }),
  root,
  image,
  imagePolicy,
  replace,
  noPager,
];

/** What goes together. */
export function settleOptions(
  options: TmpfilesOptions,
  operands: readonly string[],
  { host }: Pick<ProgramContext, 'host'>,
): void {
  if (options.operations.size === 0 && !options.catConfig) fail(host.voice.tmpfiles.noOperation);
  if (options.operations.has('purge') && operands.length === 0)
    fail('Refusing --purge without specification of a configuration file.');
  if (options.inline && options.catConfig) fail('Option --inline is not supported with --cat-config/--tldr.');
  settleConfigOptions(options, operands);
  if (options.root !== undefined && options.user) fail('Combination of --user and --root= is not supported.');
}
