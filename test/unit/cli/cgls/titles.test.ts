/** What systemd-cgls writes above a tree, as each release does. */
import { expect, it } from 'vitest';
import { SimSystem } from '../../../support/sim-system.ts';

it.each([
  [252, 'Control group /:', 'Controller cpu; Control group /x:', ''],
  [257, 'CGroup /:', 'CGroup /x:', ''],
  [262, 'CGroup /:', 'CGroup /x:', "Legacy cgroup v1 controller 'cpu' was specified, ignoring.\n"],
] as const)('in the voice of %i', async (release, root, controller, warning) => {
  const system = new SimSystem({}, { release });
  expect((await system.call('systemd-cgls', '')).out.split('\n').slice(0, 2)).toEqual([root, '-.slice']);
  expect(await system.call('systemd-cgls', 'cpu:/x')).toEqual({
    status: 1,
    out: `${controller}\n`,
    err: `${warning}Failed to list cgroup tree: No such file or directory\n`,
  });
});
