/** systemd-tmpfiles on a simulated machine whose configuration is one file. */
import { expect } from 'vitest';
import type { Answer } from '../../../../src/simulation/call.ts';
import { type World, type WorldOptions, world } from '../../../support/world.ts';

export const configuration = '/etc/tmpfiles.d/t.conf';

export function machine(options: WorldOptions = {}): World {
  const files = { '/proc/self/status': '', '/proc/sys/fs/protected_hardlinks': '1\n' };
  return world({ ...options, files: { ...files, ...options.files } });
}

/** No descriptor stays open. */
export async function tmpfiles(w: World, argv: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
  const held = w.files.heldCount;
  const answer = await w.call('systemd-tmpfiles', argv, { env });
  expect(w.files.heldCount).toBe(held);
  return answer;
}

/** With these lines as the configuration. */
export function run(
  w: World,
  lines: string,
  argv: readonly string[] = ['--create'],
  env: Record<string, string> = {},
): Promise<Answer> {
  w.files.put(configuration, lines);
  return tmpfiles(w, argv, env);
}
