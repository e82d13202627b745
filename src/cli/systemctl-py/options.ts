/** Options of systemctl.py beside those of systemctl(1), and what it takes of theirs that systemd does not. */

import type { Section } from '../../program/help.ts';
import { append, fail, type OptionRow, option, optionNames } from '../../program/options.ts';
import { newDraft as newSystemdDraft, options as systemdOptions } from '../systemctl/options.ts';
import { parseExtraVars } from './extra-vars.ts';
import type { Family } from './localhost.ts';

/** Its own. Those of a call that becomes a manager are read by init-words.ts. */
interface OwnOptions {
  /** -1 --init, -0 --exit: of calls that become a manager. */
  init: boolean;
  exit: boolean;
  /** -c NAME=VALUE: variables of its program. */
  config: string[];
  /** -e NAME=VALUE, -e @FILE */
  extraVars: string[];
  maxTimeout: string | undefined;
  /** -4, -6 */
  localhost: Family | undefined;
  /** -n and -o were given: without them `log` shows all, as it was logged. */
  linesGiven: boolean;
  outputGiven: boolean;
}

type Draft = ReturnType<typeof newSystemdDraft> & OwnOptions;
export type PySystemctlOptions = Draft;

export const newDraft = (): Draft => ({
  ...newSystemdDraft(),
  init: false,
  exit: false,
  config: [],
  extraVars: [],
  maxTimeout: undefined,
  localhost: undefined,
  linesGiven: false,
  outputGiven: false,
});

const own: readonly OptionRow<Draft>[] = [
  option('-1 --init', undefined, (options) => {
    options.init = true;
  }),
  option('-0 --exit', undefined, (options) => {
    options.exit = true;
  }),
  option('-c --config=NAME=VALUE', undefined, append('config')),
  option('-e --extra-vars=NAME=VALUE, --environment', undefined, (options, value) => {
    const vars = parseExtraVars(value);
    if ('error' in vars) fail(vars.error);
    options.extraVars.push(value);
  }),
  option('--maxtimeout=SECONDS', undefined, (options, value) => {
    options.maxTimeout = value;
  }),
  option('-4 --ipv4', undefined, (options) => {
    options.localhost = 'ipv4';
  }),
  option('-6 --ipv6', undefined, (options) => {
    options.localhost = 'ipv6';
  }),
];

/** Its words for --preset-mode=, and systemd's. */
const presetModes: Readonly<Record<string, string>> = { all: 'full', enable: 'enable-only', disable: 'disable-only' };

type Change = (row: OptionRow<Draft>) => OptionRow<Draft>;

/** What is added to rows of systemctl's own. */
const changes: Readonly<Record<string, Change>> = {
  lines: (row) => ({
    ...row,
    take: (options, value, parsing) => {
      row.take(options, value, parsing);
      options.linesGiven = true;
    },
  }),
  output: (row) => ({
    ...row,
    take: (options, value, parsing) => {
      row.take(options, value, parsing);
      options.outputGiven = true;
    },
  }),
  'preset-mode': (row) => ({
    ...row,
    take: (options, value, parsing) => row.take(options, presetModes[value] ?? value, parsing),
  }),
};

function changed(row: OptionRow<Draft>): OptionRow<Draft> {
  const name = optionNames(row).long.find((long) => Object.hasOwn(changes, long));
  return name === undefined ? row : changes[name]!(row);
}

export const options: readonly Section<OptionRow<Draft>>[] = [
  ...systemdOptions.map(([title, rows]): Section<OptionRow<Draft>> => [title, rows.map(changed)]),
  [undefined, own],
];
