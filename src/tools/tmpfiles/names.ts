/** Users and groups of lines: the machine's own, or those in the files below --root=. */
import type { Files, Host } from '../../sys/host.ts';
import { parseUid } from '../../text/numbers.ts';
import { pathJoin } from '../../text/paths.ts';
import { resolveBelow } from '../common/chase.ts';

/** An id, or the name of the errno that says why there is none. */
export type FoundId = { readonly id: number } | { readonly code: string };

export class Names {
  readonly #host: Host;
  readonly #root: string | undefined;
  readonly #offline = new Map<string, ReadonlyMap<string, number>>();

  constructor(host: Host, root: string | undefined) {
    this.#host = host;
    this.#root = root;
  }

  user(name: string): FoundId {
    return this.#find(name, 'passwd', (known) => this.#host.lookupUser(known)?.uid);
  }

  group(name: string): FoundId {
    return this.#find(name, 'group', (known) => this.#host.lookupGroup(known)?.gid);
  }

  #find(name: string, file: 'passwd' | 'group', online: (name: string) => number | undefined): FoundId {
    const number = parseUid(name);
    if (number !== undefined) return { id: number };
    if (name === 'root') return { id: 0 };
    const id = this.#root === undefined ? online(name) : this.#known(file).get(name);
    return id === undefined ? { code: 'ESRCH' } : { id };
  }

  #known(file: 'passwd' | 'group'): ReadonlyMap<string, number> {
    let known = this.#offline.get(file);
    if (known === undefined) {
      known = readIds(this.#host.files, this.#root, file);
      this.#offline.set(file, known);
    }
    return known;
  }
}

function readIds(files: Files, root: string | undefined, file: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const directory of ['/etc', '/usr/lib']) {
    let text: string;
    try {
      text = files.readText(resolveBelow(files, root, pathJoin(directory, file)));
    } catch {
      continue;
    }
    for (const line of text.split('\n')) {
      const [name, , id] = line.split(':');
      if (name && id !== undefined && /^\d{1,10}$/.test(id) && !ids.has(name)) ids.set(name, Number(id));
    }
  }
  return ids;
}
