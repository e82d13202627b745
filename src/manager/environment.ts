/**
 * The manager's environment block (systemctl(1), "Environment Commands"): what services get before their own settings.
 * Lowest first: what is built in, DefaultEnvironment=, the environment generators, what people have set.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host } from '../sys/host.ts';
import type { ManagerSettings } from '../unitfile/directives/manager.ts';
import { setAssignment } from '../unitfile/language/environment.ts';

export class ManagerEnvironment {
  readonly #host: Host;
  readonly #scope: 'system' | 'user';
  readonly #builtIn: readonly string[];
  #base: readonly string[] = [];
  readonly #client = new Map<string, string>();
  /** ManagerEnvironment=: of this process alone. What was set once stays, as in the environment of a process. */
  readonly #own = new Map<string, string>();

  constructor(host: Host, scope: 'system' | 'user', builtIn: readonly string[]) {
    this.#host = host;
    this.#scope = scope;
    this.#builtIn = builtIn;
  }

  /** Takes what the configuration says; what generators have made of the old one is forgotten. */
  configure({ DefaultEnvironment, ManagerEnvironment: own }: ManagerSettings): void {
    for (const assignment of own) this.#own.set(...splitAssignment(assignment));
    // A user's manager passes on what it has itself.
    const inherited = this.#scope === 'user' ? own : [];
    let block = [...this.#builtIn];
    for (const assignment of [...inherited, ...DefaultEnvironment]) block = setAssignment(block, assignment);
    this.#base = block.sort();
  }

  /** Replaces what lies below what people have set by what `generate` makes of it. */
  async generate(generate: (base: readonly string[]) => Promise<string[]>): Promise<void> {
    this.#base = await generate(this.#base);
  }

  /** KEY=VALUE, each variable once. */
  block(): string[] {
    let block = [...this.#base];
    const set = [...this.#client].map(([key, value]) => `${key}=${value}`);
    for (const assignment of set.sort()) block = setAssignment(block, assignment);
    return block;
  }

  keep(k: Keeper): void {
    this.#base = k.plain('base', this.#base);
    for (const [name, value] of k.plain('client', [...this.#client])) this.#client.set(name, value);
    for (const [name, value] of k.plain('own', [...this.#own])) this.#own.set(name, value);
  }

  /** set-environment. */
  set(assignments: readonly string[]): void {
    for (const assignment of assignments) this.#client.set(...splitAssignment(assignment));
  }

  /** unset-environment takes back what was set: `KEY` a variable, `KEY=VALUE` only where it has that value. */
  unset(names: readonly string[]): void {
    for (const name of names) {
      const [key, value] = splitAssignment(name);
      if (!name.includes('=') || this.#client.get(key) === value) this.#client.delete(key);
    }
  }

  /** For generators: variables of this process, then those that services get; later ones count. */
  ofProcess(): string[] {
    const { NOTIFY_SOCKET: _, ...own } = this.#host.environment;
    const all = [...Object.entries(own), ...this.#own].map(([name, value]) => `${name}=${value}`);
    return ['LANG=C.UTF-8', ...all, ...this.#base];
  }
}

function splitAssignment(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
