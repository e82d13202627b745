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

describe('RefreshOnReload=', () => {
  const where = '/run/credentials/a.service';

  function running(lines: string) {
    const w = world({ files: { '/usr/bin/d': '', '/usr/bin/reload': '', '/etc/token': 'one' } });
    const service = w.service('a.service', `ExecStart=/usr/bin/d\nLoadCredential=token:/etc/token\n${lines}`);
    w.up(service);
    w.put('/etc/token', 'two');
    const token = (): string => w.files.readText(`${where}/token`);
    return { w, service, token, reload: () => w.systemctl('reload --no-block a.service') };
  }

  it('writes credentials anew, and needs nothing else to be reloaded with', async () => {
    const { w, service, token, reload } = running('RefreshOnReload=credentials\n');
    expect(token()).toBe('one');
    w.put(`${where}/old`, 'x');
    expect(await reload()).toMatchObject({ status: 0 });
    w.host.settle();
    expect(token()).toBe('two');
    expect(w.look(`${where}/token`)).toBe('file 400 0:0 "two"');
    // what nobody names any more is gone
    expect(w.files.readdir(where)).toEqual(['token']);
    expect(w.look(where)).toBe('directory 500 0:0');
    expect(service.subState).toBe('running');
  });

  it('has done so before ExecReload= runs', async () => {
    const { w, token, reload } = running('RefreshOnReload=yes\nExecReload=/usr/bin/reload\n');
    let seen = '';
    w.host.onSpawn = (process) => {
      if (process.comm === 'reload') seen = token();
    };
    await reload();
    w.host.settle();
    expect(seen).toBe('two');
  });

  it.each(['', 'RefreshOnReload=extensions\n', 'RefreshOnReload=~credentials\n', 'RefreshOnReload=no\n'])(
    'leaves them where it is not asked for: %j',
    async (line) => {
      const { w, token, reload } = running(`${line}ExecReload=/usr/bin/reload\n`);
      await reload();
      w.host.settle();
      expect(token()).toBe('one');
    },
  );

  it('fails the reload, and not the service, where one is no longer there', async () => {
    const { w, service, reload } = running('RefreshOnReload=credentials\n');
    w.files.unlink('/etc/token');
    await reload();
    w.host.settle();
    expect(service.subState).toBe('running');
    expect(service.reloadResult).toBe('exit-code');
    expect(w.messages(service)).toContain('Failed to refresh credentials: Protocol error');
  });

  it('is read as words, as a boolean, and taken back', async () => {
    const shown = async (lines: string): Promise<string> => {
      const { w } = running(lines);
      return (await w.systemctl('show -P RefreshOnReload a.service')).out;
    };
    expect(await shown('')).toBe('\n');
    expect(await shown('RefreshOnReload=yes\n')).toBe('extensions credentials\n');
    expect(await shown('RefreshOnReload=credentials\nRefreshOnReload=extensions\n')).toBe('extensions credentials\n');
    expect(await shown('RefreshOnReload=yes\nRefreshOnReload=~extensions\n')).toBe('credentials\n');
    expect(await shown('RefreshOnReload=yes\nRefreshOnReload=nothing\n')).toBe('extensions credentials\n');
    expect(await shown('RefreshOnReload=yes\nRefreshOnReload=\n')).toBe('\n');
  });
});
