import { describe, expect, it } from 'vitest';
import { world } from '../../../support/world.ts';

describe('a running service whose definition changes', () => {
  const files = { '/usr/bin/d': '', '/usr/bin/other': '', '/usr/bin/stop': '' };

  it('stops as the new one says', () => {
    const w = world({ files });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nExecStop=/usr/bin/stop\n');
    w.up(service);
    w.service('a.service', 'ExecStart=/usr/bin/other\nKillSignal=SIGUSR1\nSuccessExitStatus=SIGUSR1\n');
    expect(service.subState).toBe('running');
    w.stop(service);
    w.host.settle();
    expect(w.host.spawned[0]!.received).toEqual([10, 18]);
    expect(service.subState).toBe('dead');
    w.up(service);
    expect(w.host.running('other')).toBeDefined();
  });

  it('goes on and can be stopped when its file is gone', () => {
    const w = world({ files });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\n');
    w.up(service);
    w.host.files.unlink('/etc/systemd/system/a.service');
    w.loader.refresh();
    service.setLoaded(w.loader.load('a.service'));
    expect(service.loadState).toBe('not-found');
    expect(service.subState).toBe('running');
    w.host.running('d')!.notify?.('STATUS=x');
    w.stop(service);
    w.host.advance(1000);
    expect(service.activeState).toBe('inactive');
    expect(w.host.running('d')).toBeUndefined();
  });

  it('ends as it is when its file is gone', () => {
    const w = world({ files });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\nExecStopPost=/usr/bin/stop\n');
    w.up(service);
    w.host.files.unlink('/etc/systemd/system/a.service');
    w.loader.refresh();
    service.setLoaded(w.loader.load('a.service'));
    w.host.running('d')!.exit(1);
    w.host.advance(1000);
    expect(service.activeState).toBe('failed');
    expect(service.result).toBe('exit-code');
  });

  it('whose phase has no commands any more passes through it', () => {
    const w = world({ files });
    const service = w.service(
      'a.service',
      'ExecStartPre=/usr/bin/stop\nExecStartPre=/usr/bin/stop\nExecStart=/usr/bin/d\n',
    );
    w.up(service);
    expect(service.subState).toBe('start-pre');
    w.service('a.service', 'ExecStart=/usr/bin/d\n');
    w.host.running('stop')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('running');
  });

  it('masked while it runs, still ends well', () => {
    const w = world({ files });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\n');
    w.up(service);
    w.host.files.unlink('/etc/systemd/system/a.service');
    w.host.files.symlink('/dev/null', '/etc/systemd/system/a.service');
    w.loader.refresh();
    service.setLoaded(w.loader.load('a.service'));
    expect(service.loadState).toBe('masked');
    w.stop(service);
    w.host.advance(1000);
    expect(service.activeState).toBe('inactive');
  });
});

describe('ExecReloadPost=', () => {
  const files = { '/usr/bin/d': '', '/usr/bin/reload': '', '/usr/bin/after': '' };
  const lines = 'ExecStart=/usr/bin/d\nExecReload=/usr/bin/reload\nExecReloadPost=/usr/bin/after\n';

  it('runs once the reload has succeeded, and belongs to it', () => {
    const w = world({ files });
    const service = w.service('a.service', lines);
    w.up(service);
    service.reload();
    expect(service.subState).toBe('reload');
    w.host.running('reload')!.exit(0);
    w.host.settle();
    expect([service.activeState, service.subState]).toEqual(['reloading', 'reload-post']);
    w.host.running('after')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('running');
  });

  it('does not run after a reload that failed; its own failure is that of the reload', () => {
    const w = world({ files });
    const service = w.service('a.service', lines);
    w.up(service);
    service.reload();
    w.host.running('reload')!.exit(1);
    w.host.settle();
    expect([service.subState, service.reloadResult]).toEqual(['running', 'exit-code']);
    expect(w.host.running('after')).toBeUndefined();
    service.reload();
    w.host.running('reload')!.exit(0);
    w.host.settle();
    w.host.running('after')!.exit(1);
    w.host.settle();
    expect([service.subState, service.reloadResult]).toEqual(['running', 'exit-code']);
  });
});
