/** Options of systemd-sysusers(8). */

import { flag, type OptionRow, option } from '../../program/options.ts';
import { configOptions, defaultConfigOptions } from '../common/options.ts';

export function defaultOptions() {
  return {
    ...defaultConfigOptions(),
    dryRun: false,
    /** Operands are lines, not files. */
    inline: false,
  };
}

export interface SysusersOptions extends ReturnType<typeof defaultOptions> {}

const { help, version, catConfig, tldr, root, image, imagePolicy, replace, noPager } = configOptions;

export const rows: readonly OptionRow<SysusersOptions>[] = [
  help,
  version,
  catConfig,
  tldr,
  root,
  image,
  imagePolicy,
  replace,
  option('-n --dry-run', 'Just print what would be done', flag('dryRun')),
  option('--inline', 'Treat arguments as configuration lines', flag('inline')),
  noPager,
];
