/** What the main process of a service is started with, from the lines of its unit file. */

import type { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import type { Service } from '../../../src/units/service.ts';
import { type World, world } from '../../support/world.ts';

export interface Spawned {
  w: World;
  service: Service;
  request: SpawnRequest;
  /** Its variables by name. */
  env: Record<string, string>;
  /** Stops the service. */
  down(): void;
}

export interface SpawnOptions extends SimOptions {
  scope?: 'system' | 'user';
  /** Before the path of the program: `+`, `!` … */
  prefix?: string;
}

export const variables = (request: SpawnRequest): Record<string, string> =>
  Object.fromEntries(request.env.map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)]));

/** A service a.service with these lines of [Service] is started; its program is /usr/bin/d. */
export function spawned(
  settings: string,
  options: SpawnOptions = {},
  prepare: (host: SimHost) => void = () => {},
): Spawned {
  const w = world({ ...options, files: { '/usr/bin/d': '', '/usr/bin/c': '', ...options.files } });
  prepare(w.host);
  const service = w.service('a.service', `${settings}\nExecStart=${options.prefix ?? ''}/usr/bin/d\n`);
  if (service.loadState !== 'loaded') throw new Error(`not loaded: ${JSON.stringify(service.loaded.diagnostics)}`);
  w.up(service);
  const request = w.host.spawned.find((p) => p.comm === 'd')?.request;
  if (request === undefined) throw new Error(`nothing was spawned: ${w.messages(service).join('; ')}`);
  const down = (): void => {
    w.stop(service);
    w.host.settle();
  };
  return { w, service, request, env: variables(request), down };
}
