/**
 * systemctl.py's options among the words behind init: `systemctl -0 -e A=B init app`. The front door has taken away verb and
 * --init (native/client/manager-call.c); what is left of its own is taken out here, the rest is pidone's.
 */

import type { Manager } from '../../manager/manager.ts';
import { reasonOf } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { absolutePath, parseExtraVars, writeExtraVars } from './extra-vars.ts';
import { type Family, keepLocalhostOf } from './localhost.ts';

export interface InitWords {
  /** What is left. */
  readonly words: string[];
  /** -0, --exit, --now, --all: the manager ends once nothing is left that it was started for. */
  readonly exits: boolean;
  readonly localhost: Family | undefined;
  readonly extraVars: readonly string[];
  /** One line for each option that has no meaning here. */
  readonly notices: readonly string[];
}

/** Variables of its program that have a like among the settings of the manager. */
const settings: Readonly<Record<string, string>> = {
  DefaultTimeoutStartSec: 'DefaultTimeoutStartSec=',
  DefaultTimeoutStopSec: 'DefaultTimeoutStopSec=',
  DefaultTimeoutAbortSec: 'DefaultTimeoutAbortSec=',
  DefaultRestartSec: 'DefaultRestartSec=',
  DefaultStartLimitIntervalSec: 'DefaultStartLimitIntervalSec=',
  DefaultStartLimitBurst: 'DefaultStartLimitBurst=',
};

export function configNotice(value: string): string {
  const setting = settings[value.replace(/=.*/s, '')];
  const instead = setting === undefined ? 'it is a variable of systemctl.py' : `system.conf has ${setting}`;
  return `Ignoring -c ${value}: ${instead}.`;
}

export const maxTimeoutNotice = (value: string): string =>
  `Ignoring --maxtimeout=${value}: TimeoutStartSec= and TimeoutStopSec= of each unit count.`;

/** Files of -e are found from `cwd`. Throws an Error with a message for people. */
export function takeInitWords(argv: readonly string[], cwd = '/'): InitWords {
  return new Taker(argv, cwd).take();
}

/** Options with an argument, by all names that they have. */
const needy: ReadonlyMap<string, 'config' | 'extraVars' | 'maxTimeout'> = new Map([
  ['-c', 'config'],
  ['--config', 'config'],
  ['-e', 'extraVars'],
  ['--extra-vars', 'extraVars'],
  ['--environment', 'extraVars'],
  ['--maxtimeout', 'maxTimeout'],
]);

class Taker {
  readonly #argv: readonly string[];
  readonly #cwd: string;
  #at = 0;
  readonly #words: string[] = [];
  readonly #extraVars: string[] = [];
  readonly #notices: string[] = [];
  #exits = false;
  #localhost: Family | undefined;

  constructor(argv: readonly string[], cwd: string) {
    this.#argv = argv;
    this.#cwd = cwd;
  }

  take(): InitWords {
    while (this.#at < this.#argv.length) {
      const word = this.#argv[this.#at++]!;
      if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word.length > 1) this.#letters(word.slice(1));
      else this.#words.push(word);
    }
    return {
      words: this.#words,
      exits: this.#exits,
      localhost: this.#localhost,
      extraVars: this.#extraVars,
      notices: this.#notices,
    };
  }

  #long(word: string): void {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (needy.has(name)) this.#argument(name, equals < 0 ? undefined : word.slice(equals + 1));
    else if (word === '--exit' || word === '--now' || word === '--all') this.#exits = true;
    else if (word === '--ipv4' || word === '--ipv6') this.#localhost = word === '--ipv4' ? 'ipv4' : 'ipv6';
    else if (word !== '--init') this.#words.push(word);
  }

  /** A group of letters; those of systemctl that say nothing to an init are left, as planOf leaves them. */
  #letters(group: string): void {
    for (const [index, letter] of [...group].entries()) {
      if (letter === '0' || letter === 'a') this.#exits = true;
      else if (letter === '4' || letter === '6') this.#localhost = letter === '4' ? 'ipv4' : 'ipv6';
      else if (needy.has(`-${letter}`)) {
        this.#argument(`-${letter}`, group.slice(index + 1) || undefined);
        return;
      }
    }
  }

  #argument(name: string, joined: string | undefined): void {
    const value = joined ?? this.#argv[this.#at++];
    if (value === undefined) throw new Error(`${name}: an argument is missing`);
    switch (needy.get(name)) {
      case 'config':
        this.#notices.push(configNotice(value));
        break;
      case 'maxTimeout':
        this.#notices.push(maxTimeoutNotice(value));
        break;
      default: {
        const vars = parseExtraVars(value);
        if ('error' in vars) throw new Error(vars.error);
        this.#extraVars.push('file' in vars ? `@${absolutePath(vars.file, this.#cwd)}` : value);
      }
    }
  }
}

/** Does before a boot what the options ask for: variables for all services, one localhost. What is wrong is told. */
export function prepareInit(
  { localhost, extraVars }: Pick<InitWords, 'localhost' | 'extraVars'>,
  manager: Pick<Manager, 'host' | 'loader'>,
  complain: (message: string) => void,
): void {
  const { host, loader } = manager;
  if (localhost !== undefined) {
    const wrong = keepLocalhostOf(host.files, localhost);
    if (wrong !== undefined) complain(wrong);
  }
  const directory = loader.paths.runtimeConfig;
  if (extraVars.length === 0 || directory === undefined) return;
  try {
    writeExtraVars(host.files, `${directory}/service.d`, extraVars, '/');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    complain(`Failed to write the variables of -e below ${directory}: ${reasonOf(error)}`);
  }
  loader.refresh();
}
