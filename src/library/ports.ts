/**
 * Free TCP ports by name. Each is outside of what the kernel gives to whoever asks for any port, and its number is taken as a
 * name that one process at a time can have: neither this machine nor another one, of whatever process, gets it meanwhile.
 */
import * as host from '../sys/library-host.ts';
import { InvalidOption } from '../terms/errors.ts';

/** Where nothing else is: below are those of known services. */
const first = 15_000;
const lastOfAll = 32_767;
const attempts = 1000;

export class Ports {
  readonly #taken: (() => void)[] = [];

  /** Throws InvalidOption for a name that no variable can have, an Error where no port is free. */
  async take(names: readonly string[]): Promise<Record<string, number>> {
    const ports: Record<string, number> = {};
    for (const name of names) {
      if (!/^[A-Za-z_]\w*$/.test(name))
        throw new InvalidOption(`ports: '${name}' can't be part of a variable's name; valid are letters, digits and _`);
      ports[name] = await this.#takeOne();
    }
    return ports;
  }

  async #takeOne(): Promise<number> {
    const [ephemeral] = host.ephemeralPorts();
    const last = ephemeral > first ? Math.min(lastOfAll, ephemeral - 1) : lastOfAll;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const port = first + Math.floor(Math.random() * (last - first + 1));
      const release = await host.takeName(`pidone-port-${port}`);
      if (release === undefined) continue;
      if (await host.isPortFree(port)) {
        this.#taken.push(release);
        return port;
      }
      release();
    }
    throw new Error(`No TCP port from ${first} to ${last} is free.`);
  }

  release(): void {
    for (const release of this.#taken.splice(0)) release();
  }
}
