import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/simulation/simulate.ts';

describe('time', () => {
  it('passes when it is told to, and what is due in it happens', async () => {
    const sim = await simulate({
      units: {
        'backup.service': { Service: { Type: 'oneshot', ExecStart: '/usr/bin/backup --all' } },
        'backup.timer': { Timer: { OnActiveSec: '30min' } },
      },
      programs: {
        '/usr/bin/backup': (p) => {
          p.log(`backs up ${p.args.join(' ')}`);
          p.exit(0, { after: '5min' });
        },
      },
    });
    const backup = sim.unit('backup.service');
    await sim.start('backup.timer');
    expect(sim.unit('backup.timer').nextElapse).toEqual(new Date('2026-01-01T00:30:00Z'));
    await sim.advance('29min');
    expect(backup.starts).toBe(0);
    await sim.advance('2min');
    expect(backup).toMatchObject({ starts: 1, activeState: 'activating', subState: 'start' });
    await sim.advance('5min');
    expect(backup).toMatchObject({ activeState: 'inactive', result: 'success', exitStatus: 0 });
    expect(backup.journal({ grep: /backs up/ }).map(({ message, time }) => [message, time.toISOString()])).toEqual([
      ['backs up --all', '2026-01-01T00:30:00.000Z'],
    ]);
    expect(sim.elapsedMs).toBe(36 * 60_000);
    expect(sim.now).toEqual(new Date('2026-01-01T00:36:00Z'));
  });
});
