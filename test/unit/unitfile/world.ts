/** A load path in memory: files by path, links by `-> target`. */

import type { LoadedUnit } from '../../../src/unitfile/load/loaded-unit.ts';
import { createLoader, type UnitLoader } from '../../../src/unitfile/load/loader.ts';
import { SimHost } from '../../support/sim-host.ts';

export interface Loaded {
  host: SimHost;
  loader: UnitLoader;
  load(name: string): LoadedUnit;
  /** Names under a kind, sorted. */
  names(unit: LoadedUnit, kind: string): string[];
  messages(unit: LoadedUnit): string[];
}

export function world(files: Record<string, string>, options: { scope?: 'system' | 'user' } = {}): Loaded {
  const scope = options.scope ?? 'system';
  const host = new SimHost({
    ...(scope === 'user' ? { uid: 1000, environment: { HOME: '/home/alice', XDG_RUNTIME_DIR: '/run/user/1000' } } : {}),
  });
  host.files.mkdirs('/dev');
  for (const [path, text] of Object.entries(files)) {
    host.files.mkdirs(path.slice(0, path.lastIndexOf('/')));
    if (text.startsWith('-> ')) host.files.symlink(text.slice(3), path);
    else host.files.put(path, text);
  }
  const loader = createLoader(host, { scope });
  return {
    host,
    loader,
    load: (name) => loader.load(name),
    names: (unit, kind) => [...new Set(unit.dependencies.filter((d) => d.kind === kind).map((d) => d.name))].sort(),
    messages: (unit) =>
      unit.diagnostics.map(({ file, line, message }) =>
        file === undefined ? message : `${file}${line === undefined ? '' : `:${line}`}: ${message}`,
      ),
  };
}

/** A service in /etc with lines of [Service] after an ExecStart=. */
export function service(lines: string, unitLines = ''): LoadedUnit {
  return world({
    '/etc/systemd/system/a.service': `[Unit]\n${unitLines}\n[Service]\nExecStart=/bin/true\n${lines}\n`,
  }).load('a.service');
}
