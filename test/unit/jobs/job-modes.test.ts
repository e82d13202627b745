import { describe, expect, it } from 'vitest';
import { runs, world } from '../../support/world.ts';

const files = {
  '/etc/systemd/system/base.service': '[Service]\nExecStart=/usr/bin/d\n',
  '/etc/systemd/system/needs.service': '[Unit]\nRequires=base.service\n[Service]\nExecStart=/usr/bin/d\n',
  '/etc/systemd/system/idle.service': '[Unit]\nRequires=base.service\n[Service]\nExecStart=/usr/bin/d\n',
  '/etc/systemd/system/rival.service': '[Unit]\nConflicts=base.service\n[Service]\nExecStart=/usr/bin/d\n',
};

function booted() {
  const w = world({ files, programs: { d: runs } });
  w.boot();
  return w;
}

describe('--job-mode=restart-dependencies', () => {
  it('restarts what needs the unit and runs, and leaves the rest', async () => {
    const w = booted();
    await w.systemctl('start needs');
    const before = w.unit('needs.service').invocationId;
    expect(await w.systemctl('start --job-mode=restart-dependencies base')).toMatchObject({ status: 0 });
    expect(w.unit('needs.service').invocationId).not.toBe(before);
    expect(w.unit('idle.service').activeState).toBe('inactive');
  });
  it('is for starts alone', async () => {
    expect(await booted().systemctl('stop --job-mode=restart-dependencies base')).toMatchObject({
      status: 1,
      err: expect.stringContaining('--job-mode=restart-dependencies is only valid for start.'),
    });
  });
});

describe('--job-mode=lenient', () => {
  it('stops nothing that runs, whatever the request needs', async () => {
    const w = booted();
    await w.systemctl('start base');
    expect(await w.systemctl('start --job-mode=lenient rival')).toMatchObject({
      status: 4,
      err: expect.stringContaining('base.service/stop would stop a running unit or change existing job, bailing'),
    });
    expect(w.unit('base.service').activeState).toBe('active');
    expect(await w.systemctl('start --job-mode=fail rival')).toMatchObject({ status: 0 });
    expect(w.unit('base.service').activeState).toBe('inactive');
  });
});
