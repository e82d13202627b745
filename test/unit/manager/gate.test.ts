import { expect, it } from 'vitest';
import { world } from '../../support/world.ts';

it('lets nothing in, and nothing run, once what is left is being killed', () => {
  const w = world({ files: { '/usr/bin/d': '' } });
  const early = w.service('early.service', 'ExecStart=/usr/bin/d');
  const waiting = w.service('waiting.service', 'ExecStart=/usr/bin/d');
  w.up(early);
  w.manager.jobs.add('start', waiting, 'replace');
  w.manager.shutdown.force('halt');
  w.host.settle();
  expect(waiting.activeState).toBe('inactive');
  expect(() => w.manager.jobs.add('start', waiting, 'replace')).toThrow('is about to end');
  expect(w.host.spawned).toHaveLength(1);
});
