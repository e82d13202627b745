import { describe, expect, it } from 'vitest';
import { runs, world } from '../../../support/world.ts';

describe('RestartMode=debug', () => {
  it('debugs from the first restart on, until the service is stopped', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service(
      'a.service',
      'ExecStart=/usr/bin/d\nRestart=always\nRestartMode=debug\nRestartSec=1\nLogLevelMax=warning\n',
    );
    const debugs = () => w.host.running('d')?.request?.env.includes('DEBUG_INVOCATION=1');
    w.up(service);
    expect(debugs()).toBe(false);
    expect(w.streams.at(-1)?.maxLevel).toBe(4);
    w.host.running('d')!.die(11);
    w.host.settle();
    w.host.advance(1001);
    expect(debugs()).toBe(true);
    expect(w.streams.at(-1)?.maxLevel).toBeUndefined();
    expect(service.debugInvocation).toBe(true);
    const said = w.messages(service, 6).join('\n');
    expect(said).toContain('Scheduled restart job');
    w.stop(service);
    w.host.advance(100);
    w.up(service);
    expect(debugs()).toBe(false);
  });
});
