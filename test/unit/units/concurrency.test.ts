/** How many units a slice may have: systemd.slice(5). */
import { describe, expect, it } from 'vitest';
import { runs, type World, world } from '../../support/world.ts';

const member = (slice: string, more = ''): string => `[Service]\nSlice=${slice}\nExecStart=/usr/bin/d\n${more}`;

function booted(limits: string, units: Record<string, string> = {}): World {
  return world({
    units: {
      'few.slice': `[Slice]\n${limits}\n`,
      'a.service': member('few.slice'),
      'b.service': member('few.slice'),
      'c.service': member('few.slice'),
      ...units,
    },
    programs: { d: runs },
  }).boot();
}

const states = (w: World, ...names: string[]): string[] => names.map((name) => w.unit(`${name}.service`).activeState);

describe('ConcurrencyHardMax=', () => {
  it('refuses one more than there may be, and takes it when one has ended', async () => {
    const w = booted('ConcurrencyHardMax=2');
    await w.systemctl('start a b');
    expect(await w.systemctl('start c')).toMatchObject({
      status: 1,
      err: expect.stringContaining(
        "Concurrency limit of the slice unit 'few.slice' (or any of its parents) the unit 'c.service' is contained in " +
          'has been reached, refusing start job.',
      ),
    });
    expect(states(w, 'a', 'b', 'c')).toEqual(['active', 'active', 'inactive']);
    await w.systemctl('stop a');
    expect(await w.systemctl('start c')).toMatchObject({ status: 0 });
    // what is there may be started again, which changes nothing
    expect(await w.systemctl('start b')).toMatchObject({ status: 0 });
    expect(await w.systemctl('show -p NCurrentlyActive few.slice')).toMatchObject({ out: 'NCurrentlyActive=2\n' });
  });

  it('counts what is to come, and the slices below', async () => {
    const w = booted('ConcurrencyHardMax=2', {
      'few-er.slice': '[Slice]\n',
      'd.service': member('few-er.slice'),
      'slow.service': member('few.slice', 'Type=notify\nNotifyAccess=main\n'),
    });
    await w.systemctl('start --no-block slow');
    await w.systemctl('start --no-block d');
    // slow is on its way, and the slice below counts as well
    expect(states(w, 'slow', 'd')).toEqual(['activating', 'inactive']);
  });

  it('counts for nothing where it is infinite, as it is by itself', async () => {
    const w = booted('ConcurrencyHardMax=1\nConcurrencyHardMax=infinity');
    expect(await w.systemctl('start a b c')).toMatchObject({ status: 0 });
    expect(await w.systemctl('show -p ConcurrencyHardMax few.slice')).toMatchObject({
      out: 'ConcurrencyHardMax=4294967295\n',
    });
  });
});

describe('ConcurrencySoftMax=', () => {
  it('lets one more wait until another has ended', async () => {
    const w = booted('ConcurrencySoftMax=1');
    await w.systemctl('start a');
    await w.systemctl('start --no-block b');
    await w.systemctl('start --no-block c');
    expect(states(w, 'a', 'b', 'c')).toEqual(['active', 'inactive', 'inactive']);
    expect(w.unit('b.service').job).toMatchObject({ type: 'start', state: 'waiting' });
    await w.systemctl('stop a');
    w.host.settle();
    expect(states(w, 'a', 'b', 'c')).toEqual(['inactive', 'active', 'inactive']);
    await w.systemctl('stop b');
    w.host.settle();
    expect(states(w, 'b', 'c')).toEqual(['inactive', 'active']);
  });
});

describe('ActivatingConcurrencyMax=', () => {
  it('lets as many come up at a time as it says, and any number be up', async () => {
    const slow = (name: string): [string, string] => [
      `${name}.service`,
      member('few.slice', 'ExecStartPre=/usr/bin/slow\n'),
    ];
    const w = world({
      units: {
        'few.slice': '[Slice]\nActivatingConcurrencyMax=1\n',
        ...Object.fromEntries([slow('a'), slow('b'), slow('c')]),
      },
      programs: { d: runs, slow: (process) => process.exit(0, 1000) },
    }).boot();
    for (const name of ['a', 'b', 'c']) await w.systemctl(`start --no-block ${name}`);
    expect(states(w, 'a', 'b', 'c')).toEqual(['activating', 'inactive', 'inactive']);
    w.host.advance(1500);
    expect(states(w, 'a', 'b', 'c')).toEqual(['active', 'activating', 'inactive']);
    w.host.advance(2000);
    expect(states(w, 'a', 'b', 'c')).toEqual(['active', 'active', 'active']);
  });
});
