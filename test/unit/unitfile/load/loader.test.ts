import { describe, expect, it } from 'vitest';
import { releases } from '../../../../src/voice/release.ts';
import { diagnosticsOf, world as machine } from '../../../support/world.ts';
import { world } from '../world.ts';

const run = '[Service]\nExecStart=/bin/true\n';

describe('load path', () => {
  it('takes /etc before /run before /usr/lib', () => {
    const { load } = world({
      '/usr/lib/systemd/system/a.service': `[Unit]\nDescription=vendor\n${run}`,
      '/run/systemd/system/a.service': `[Unit]\nDescription=runtime\n${run}`,
      '/etc/systemd/system/a.service': `[Unit]\nDescription=local\n${run}`,
      '/run/systemd/system/b.service': `[Unit]\nDescription=runtime\n${run}`,
      '/usr/lib/systemd/system/b.service': `[Unit]\nDescription=vendor\n${run}`,
    });
    expect(load('a.service')).toMatchObject({
      description: 'local',
      fragmentPath: '/etc/systemd/system/a.service',
      loadState: 'loaded',
    });
    expect(load('b.service').description).toBe('runtime');
  });

  it('is that of the user for a user manager', () => {
    const { load } = world(
      {
        '/usr/lib/systemd/user/a.service': run,
        '/home/alice/.config/systemd/user/b.service': run,
        '/run/user/1000/systemd/user/c.service': run,
        '/etc/systemd/system/d.service': run,
      },
      { scope: 'user' },
    );
    expect(load('a.service').loadState).toBe('loaded');
    expect(load('b.service').fragmentPath).toBe('/home/alice/.config/systemd/user/b.service');
    expect(load('c.service').loadState).toBe('loaded');
    expect(load('d.service').loadState).toBe('not-found');
  });

  it('says why a unit is not there', () => {
    const unit = world({}).load('none.service');
    expect(unit.loadState).toBe('not-found');
    expect(unit.loadError).toEqual({
      name: 'org.freedesktop.systemd1.NoSuchUnit',
      message: 'Unit none.service not found.',
    });
  });

  it('sees new files after a refresh, and knows when one is due', () => {
    const { host, loader, load } = world({ '/etc/systemd/system/a.service': run });
    expect(load('b.service').loadState).toBe('not-found');
    expect(loader.isStale()).toBe(false);
    host.advance(1000);
    host.files.put('/etc/systemd/system/b.service', run);
    expect(loader.isStale()).toBe(true);
    loader.refresh();
    expect(load('b.service').loadState).toBe('loaded');
  });
});

describe('templates and aliases', () => {
  it('instantiates, and prefers a file of the instance itself', () => {
    const { load } = world({
      '/etc/systemd/system/t@.service': '[Unit]\nDescription=%i of %p\n[Service]\nExecStart=/bin/echo %n %I\n',
      '/etc/systemd/system/t@own.service': `[Unit]\nDescription=special\n${run}`,
    });
    const unit = load('t@a-b.service');
    expect(unit.description).toBe('a-b of t');
    expect(unit.service?.ExecStart[0]?.argv).toEqual(['/bin/echo', 't@a-b.service', 'a/b']);
    expect(load('t@own.service').description).toBe('special');
  });

  it('knows a unit by all its names, whichever is asked for', () => {
    const { load } = world({
      '/usr/lib/systemd/system/real.service': run,
      '/etc/systemd/system/alias.service': '-> /usr/lib/systemd/system/real.service',
      '/etc/systemd/system/second.service': '-> alias.service',
    });
    for (const name of ['real.service', 'alias.service', 'second.service']) {
      const unit = load(name);
      expect(unit.id).toBe('real.service');
      expect([...unit.names].sort()).toEqual(['alias.service', 'real.service', 'second.service']);
    }
  });

  it('takes the alias of a template for every instance', () => {
    const { load } = world({
      '/usr/lib/systemd/system/real@.service': run,
      '/etc/systemd/system/alias@.service': '-> /usr/lib/systemd/system/real@.service',
    });
    expect([...load('alias@x.service').names].sort()).toEqual(['alias@x.service', 'real@x.service']);
  });

  it('loads a linked unit under the name of the link', () => {
    const { load } = world({
      '/opt/app/app.service': run,
      '/etc/systemd/system/app.service': '-> /opt/app/app.service',
    });
    expect(load('app.service')).toMatchObject({
      loadState: 'loaded',
      fragmentPath: '/etc/systemd/system/app.service',
    });
  });

  it('ends aliases that go round in circles', () => {
    const { load } = world({
      '/etc/systemd/system/a.service': '-> b.service',
      '/etc/systemd/system/b.service': '-> a.service',
    });
    expect(load('a.service').loadState).toBe('not-found');
  });

  it('refuses an alias of another type', () => {
    const { load } = world({
      '/etc/systemd/system/a.service': run,
      '/etc/systemd/system/b.socket': '-> a.service',
    });
    expect(load('b.socket').loadState).toBe('not-found');
  });
});

describe('masks', () => {
  it.each([
    ['a link to /dev/null', '-> /dev/null'],
    ['an empty file', ''],
  ])('are %s', (_, content) => {
    const { host, load } = world({
      '/usr/lib/systemd/system/a.service': run,
      '/etc/systemd/system/a.service': content,
    });
    host.files.put('/dev/null', '');
    const unit = load('a.service');
    expect(unit.loadState).toBe('masked');
    expect(unit.loadError?.message).toBe('Unit a.service is masked.');
  });
});

describe('drop-ins', () => {
  it('are read by file name, whatever their directory', () => {
    const unit = world({
      '/usr/lib/systemd/system/foo-bar@.service': run,
      '/etc/systemd/system/service.d/90-all.conf': '[Unit]\nDocumentation=man:all(1)\n',
      '/etc/systemd/system/foo-.service.d/50-prefix.conf': '[Unit]\nDocumentation=man:prefix(1)\n',
      '/etc/systemd/system/foo-bar@.service.d/30-template.conf': '[Unit]\nDocumentation=man:template(1)\n',
      '/etc/systemd/system/foo-bar@x.service.d/10-instance.conf': '[Unit]\nDocumentation=man:instance(1)\n',
    }).load('foo-bar@x.service');
    expect(unit.unit.Documentation).toEqual(['man:instance(1)', 'man:template(1)', 'man:prefix(1)', 'man:all(1)']);
    expect(unit.dropInPaths).toHaveLength(4);
  });

  it('of one name hide each other, the more specific unit and the more important directory first', () => {
    const unit = world({
      '/usr/lib/systemd/system/a.service': run,
      '/usr/lib/systemd/system/a.service.d/x.conf': '[Unit]\nDescription=vendor\n',
      '/etc/systemd/system/service.d/x.conf': '[Unit]\nDescription=type\n',
      '/run/systemd/system/a.service.d/x.conf': '[Unit]\nDescription=runtime\n',
    }).load('a.service');
    expect(unit.description).toBe('runtime');
    expect(unit.dropInPaths).toEqual(['/run/systemd/system/a.service.d/x.conf']);
  });

  it('of an alias count too', () => {
    const unit = world({
      '/usr/lib/systemd/system/real.service': run,
      '/etc/systemd/system/alias.service': '-> /usr/lib/systemd/system/real.service',
      '/etc/systemd/system/alias.service.d/x.conf': '[Unit]\nDescription=by alias\n',
    }).load('real.service');
    expect(unit.description).toBe('by alias');
  });

  it('may empty a list', () => {
    const unit = world({
      '/usr/lib/systemd/system/a.service': '[Service]\nExecStart=/bin/a\n',
      '/etc/systemd/system/a.service.d/x.conf': '[Service]\nExecStart=\nExecStart=/bin/b\n',
    }).load('a.service');
    expect(unit.service?.ExecStart.map((c) => c.path)).toEqual(['/bin/b']);
  });

  it('that change or come make a reload due', () => {
    const { host, loader, load } = world({
      '/etc/systemd/system/a.service': run,
      '/etc/systemd/system/a.service.d/x.conf': '[Unit]\n',
    });
    const unit = load('a.service');
    expect(loader.needsReload(unit)).toBe(false);
    host.files.put('/etc/systemd/system/a.service.d/y.conf', '[Unit]\n');
    expect(loader.needsReload(unit)).toBe(true);
    const again = load('a.service');
    expect(loader.needsReload(again)).toBe(false);
    host.advance(5000);
    host.files.put('/etc/systemd/system/a.service', `${run}#\n`);
    expect(loader.needsReload(again)).toBe(true);
  });

  it('is not so of a unit that is refused, from systemd 257 on', () => {
    const { loader, load } = world(
      {
        '/etc/systemd/system/b.service': run,
        '/etc/systemd/system/b.service.d/10.conf': '[Service]\nExecStart=/bin/other\n',
      },
      { release: 257 },
    );
    const unit = load('b.service');
    expect([unit.loadState, loader.needsReload(unit)]).toEqual(['bad-setting', false]);
  });

  it('is so for ever where a drop-in is given up in the middle and is the youngest, or the unit is refused', () => {
    const { host, loader, load } = world({
      '/etc/systemd/system/a.service': run,
      '/etc/systemd/system/a.service.d/10.conf': '[Unit]\n',
      '/etc/systemd/system/b.service': run,
      '/etc/systemd/system/b.service.d/10.conf': '[Service]\nExecStart=/bin/other\n',
    });
    expect(loader.needsReload(load('a.service'))).toBe(false);
    expect(loader.needsReload(load('b.service'))).toBe(true);
    host.advance(5000);
    host.files.put('/etc/systemd/system/a.service.d/05.conf', '[Unit]\nDescription=half\n[Service\n');
    const unit = load('a.service');
    expect([unit.description, unit.loadState, loader.needsReload(unit)]).toEqual(['half', 'loaded', true]);
    host.advance(5000);
    host.files.put('/etc/systemd/system/a.service.d/10.conf', '[Unit]\n');
    expect(loader.needsReload(load('a.service'))).toBe(false);
  });
});

describe('.wants and .requires directories', () => {
  it('make dependencies, of links only, masks taken away', () => {
    const { host, load, names, messages } = world({
      '/usr/lib/systemd/system/t.target': '[Unit]\n',
      '/usr/lib/systemd/system/t.target.wants/a.service': '-> ../a.service',
      '/usr/lib/systemd/system/t.target.wants/masked.service': '-> ../masked.service',
      '/etc/systemd/system/t.target.wants/masked.service': '-> /dev/null',
      '/etc/systemd/system/t.target.requires/b.service': '-> /usr/lib/systemd/system/b.service',
      '/etc/systemd/system/t.target.upholds/c.service': '-> /usr/lib/systemd/system/c.service',
      '/etc/systemd/system/t.target.wants/file.service': 'no link',
    });
    host.files.put('/dev/null', '');
    const unit = load('t.target');
    expect(names(unit, 'Wants')).toEqual(['a.service']);
    expect(names(unit, 'Requires')).toEqual(['b.service']);
    expect(names(unit, 'Upholds')).toEqual(['c.service']);
    expect(messages(unit)).toContain(
      'Wants dependency dropin /etc/systemd/system/t.target.wants/file.service is not a symlink, ignoring.',
    );
  });
});

describe('what a file may get wrong', () => {
  it('is said with file and line, and the rest counts', () => {
    const { load, messages } = world({
      '/etc/systemd/system/a.service':
        'Early=1\n[Unit]\nDescription=x\nFoo=bar\nX-Mine=1\n[Nonsense]\nA=b\n[X-Own]\nA=b\n[Service]\n' +
        'ExecStart=/bin/true\nRestart=sometimes\nno equals sign\nTimeoutStopSec=5x\n',
    });
    const unit = load('a.service');
    expect(unit.loadState).toBe('loaded');
    const at = (line: number, text: string): string => `/etc/systemd/system/a.service:${line}: ${text}`;
    expect(messages(unit)).toEqual([
      at(1, 'Assignment outside of section. Ignoring.'),
      at(4, "Unknown key 'Foo' in section [Unit], ignoring."),
      at(6, "Unknown section 'Nonsense'. Ignoring."),
      at(12, 'Failed to parse service restart specifier, ignoring: sometimes'),
      at(13, "Missing '=', ignoring line."),
      at(14, 'Failed to parse time value, ignoring: 5x'),
    ]);
  });

  it('can make the unit unusable', () => {
    const { load, messages } = world({
      '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/true\nUser=a:b\nGroup=adm\n',
      '/etc/systemd/system/b.service': '[Service\nExecStart=/bin/true\n',
      '/etc/systemd/system/c.service': '[Service]\nPIDFile=/run/../x\nExecStart=/bin/true\n',
    });
    const a = load('a.service');
    expect(a.loadState).toBe('bad-setting');
    expect(a.loadError).toEqual({
      name: 'org.freedesktop.systemd1.BadUnitSetting',
      message: 'Unit a.service has a bad unit file setting.',
    });
    expect(messages(a)).toEqual([
      '/etc/systemd/system/a.service:3: Invalid user/group name or numeric ID: a:b',
      'Unit configuration has fatal error, unit will not be started.',
    ]);
    // Lines after it are not read.
    expect(a.exec?.Group).toBeUndefined();
    expect(load('b.service').loadError).toEqual({
      name: 'org.freedesktop.DBus.Error.InconsistentMessage',
      message: 'Unit b.service failed to load properly, please adjust/correct and reload service manager: Bad message',
    });
    expect(load('c.service').loadState).toBe('error');
  });

  it.each([
    ['', 'Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.'],
    [
      'ExecStop=/bin/true\nType=simple',
      'Service has no ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.',
    ],
    [
      'ExecStop=/bin/true',
      'Service has no ExecStart= and no SuccessAction= settings and does not have RemainAfterExit=yes set. Refusing.',
    ],
    [
      'ExecStart=/bin/a\nExecStart=/bin/b',
      'Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.',
    ],
    [
      'Type=oneshot\nExecStart=/bin/a\nRestart=always',
      "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services. Refusing.",
    ],
    [
      'Type=forking\nExecStart=/bin/a\nPrivatePIDs=yes',
      'Service of Type=forking does not support PrivatePIDs=yes. Refusing.',
    ],
    ['Type=dbus\nExecStart=/bin/a', 'Service is of type D-Bus but no D-Bus service name has been specified. Refusing.'],
  ])('a service: %j', (lines, message) => {
    const { load, messages } = world({ '/etc/systemd/system/a.service': `[Service]\n${lines}\n` });
    const unit = load('a.service');
    expect(unit.loadState).toBe('bad-setting');
    expect(messages(unit)).toEqual([message]);
  });

  it.each([
    ['RestartSteps=3', ['Service has RestartSteps= but no RestartMaxDelaySec= setting. Ignoring.']],
    ['RestartMaxDelaySec=3', ['Service has RestartMaxDelaySec= but no RestartSteps= setting. Ignoring.']],
    ['RestartSteps=3\nRestartMaxDelaySec=3', []],
  ])('is none of a service: %j', (lines, said) => {
    const { load, messages } = world({ '/etc/systemd/system/a.service': `${run}${lines}\n` });
    const unit = load('a.service');
    expect([unit.loadState, messages(unit)]).toEqual(['loaded', said]);
  });

  it.each(releases)('is a race for credentials, of which is told from 257 on, release %i', (release) => {
    const message =
      'Service uses a combination of Type=simple, ExecStartPost=, and credentials. This could lead to race conditions. Continuing.';
    const racing = `${run}Type=simple\nExecStartPost=/bin/b\n`;
    const units = {
      'a.service': `${racing}SetCredential=a:b\n`,
      'b.service': `${racing}ImportCredential=a.*\n`,
      'c.service': racing,
      'd.service': `${run}Type=simple\nSetCredential=a:b\n`,
      'e.service': `${run}Type=exec\nExecStartPost=/bin/b\nSetCredential=a:b\n`,
    };
    const { load } = machine({ release, units });
    const told = release >= 257 ? ['a.service', 'b.service'] : [];
    expect(Object.keys(units).filter((name) => diagnosticsOf(load(name)).includes(message))).toEqual(told);
    expect(load('a.service').loadState).toBe('loaded');
  });

  it.each(releases)('is RestartForceExitStatus= of a oneshot, up to 253, release %i', (release) => {
    const lines = 'Type=oneshot\nExecStart=/bin/a\nRestart=on-failure\nRestartForceExitStatus=3 SIGHUP';
    const files = { '/etc/systemd/system/a.service': `[Service]\n${lines}\n` };
    const { load } = machine({ release, files });
    expect(load('a.service').loadState).toBe(release < 254 ? 'bad-setting' : 'loaded');
  });

  it.each(releases)('is a KillMode= that PAM can not do with, release %i', (release) => {
    const socket = '[Socket]\nListenStream=/run/a\nPAMName=login\nKillMode=';
    const { load } = machine({
      release,
      units: {
        'a.socket': `${socket}process\n`,
        'b.socket': `${socket}mixed\n`,
        'c.socket': `${socket}control-group\n`,
      },
    });
    const message = `Unit has PAM enabled. Kill mode must be set to 'control-group'${release < 257 ? '' : " or 'mixed'"}. Refusing.`;
    expect(diagnosticsOf(load('a.socket'))).toContain(message);
    expect(load('b.socket').loadState).toBe(release < 257 ? 'bad-setting' : 'loaded');
    expect(load('c.socket').loadState).toBe('loaded');
  });

  it.each([
    [
      'a.socket',
      '[Socket]\n',
      'Unit has no Listen setting (ListenStream=, ListenDatagram=, ListenFIFO=, ...). Refusing.',
    ],
    ['a.timer', '[Timer]\n', 'Timer unit lacks value setting. Refusing.'],
    ['a.path', '[Path]\n', 'Path unit lacks path setting. Refusing.'],
    ['a.mount', '[Mount]\nWhat=x\nWhere=/b\n', "Where= setting doesn't match unit name. Refusing."],
    ['a.mount', '[Mount]\n', 'What= setting is missing. Refusing.'],
    ['a--b.slice', '[Slice]\n', 'Slice name a--b.slice is not valid. Refusing.'],
  ])('%s: %j', (name, text, message) => {
    const { load, messages } = world({ [`/etc/systemd/system/${name}`]: text || '\n' });
    const unit = load(name);
    expect(unit.loadState).toBe('bad-setting');
    expect(messages(unit)).toContain(message);
  });

  it('is no end of the world: directories, files that are too big, bytes that are no text', () => {
    const { host, load } = world({ '/etc/systemd/system/ok.service': run });
    host.files.mkdirs('/opt/dir.service');
    host.files.symlink('/opt/dir.service', '/etc/systemd/system/dir.service');
    host.files.put('/etc/systemd/system/bytes.service', '[Service]\nExecStart=/bin/\u{fffd}\x01\n');
    expect(load('dir.service').loadState).toBe('error');
    expect(['bad-setting', 'error']).toContain(load('bytes.service').loadState);
    expect(load('ok.service').loadState).toBe('loaded');
  });

  it.each(releases)('is a path below /var/run: packages are told of it from 257 on, release %i', (release) => {
    const units = {
      '[Service]\nType=forking\nExecStart=/bin/true\nPIDFile=/var/run/x.pid\n': 'x.service:4: PIDFile=',
      '[Socket]\nListenStream=/var/run/x\nService=x.service\n': 'x.socket:2: ListenStream=',
    };
    for (const [text, told] of Object.entries(units))
      for (const place of ['/etc/systemd/system', '/usr/lib/systemd/system', '/run/systemd/system']) {
        const [file = ''] = told.split(':');
        const loaded = machine({ release, files: { [`${place}/${file}`]: text } }).load(file);
        const lines = diagnosticsOf(loaded).map((line) => line.replace(/ references a path below legacy .*/, ''));
        expect(lines).toEqual(release >= 257 || place.startsWith('/etc/') ? [`${place}/${told}`] : []);
      }
  });

  it('does not count as said: what an ignored line would have decided is decided as without it', () => {
    const unit = world({
      '/etc/systemd/system/a.service': '[Service]\nType=nonsense\nExecStop=/bin/true\nRemainAfterExit=yes\n',
    }).load('a.service');
    expect(unit.service?.Type).toBe('oneshot');
    expect(unit.service?.TimeoutStartSec).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('random bytes as a unit file', () => {
  it('never throw', () => {
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const pieces = [
      '[Service]\n',
      '[Unit]\n',
      'ExecStart=',
      'Environment=',
      '%n',
      '\\',
      '"',
      "'",
      '\n',
      '=',
      ';',
      '\0',
      'é',
    ];
    const { host, loader } = world({});
    host.files.mkdirs('/etc/systemd/system');
    for (let i = 0; i < 300; i++) {
      let text = '';
      for (let j = random(40); j > 0; j--) {
        text += random(3) === 0 ? String.fromCharCode(random(256)) : pieces[random(pieces.length)];
      }
      host.files.put('/etc/systemd/system/fuzz.service', text);
      loader.refresh();
      expect(loader.load('fuzz.service').id).toBe('fuzz.service');
    }
  });
});

describe('transient units', () => {
  it('are files in the transient directory, gone when forgotten', () => {
    const { host, loader } = world({});
    const unit = loader.loadText('t.service', run);
    expect(unit).toMatchObject({
      transient: true,
      loadState: 'loaded',
      fragmentPath: '/run/systemd/transient/t.service',
    });
    loader.forgetTransient(unit);
    expect(host.files.tryStat('/run/systemd/transient/t.service')).toBeUndefined();
    expect(loader.load('t.service').loadState).toBe('not-found');
  });
});

describe('what is no regular file', () => {
  const kinds = [
    ['fifo', 'Is a FIFO, not a regular file'],
    ['socket', 'Is a socket, not a regular file'],
  ] as const;

  it.each(kinds)('is no unit file: a %s', (kind, reason) => {
    const { host, load, messages } = world({ '/etc/systemd/system/a.service': '-> /srv/a' });
    host.files.putSpecial('/srv/a', kind);
    host.files.putSpecial('/etc/systemd/system/b.service', kind);
    const unit = load('a.service');
    // What can't be opened counts as not there; systemd would wait for a FIFO.
    const opened = kind === 'fifo';
    expect(unit.loadState).toBe(opened ? 'error' : 'not-found');
    expect(messages(unit)).toEqual([`Failed to ${opened ? 'read' : 'open'} /etc/systemd/system/a.service: ${reason}`]);
    expect(load('b.service').loadState).toBe('not-found');
  });

  it.each(kinds)('is no drop-in: a %s', (kind, reason) => {
    const dropIn = '/etc/systemd/system/a.service.d/x.conf';
    const { host, load, messages } = world({ '/etc/systemd/system/a.service': run, [dropIn]: '-> /srv/x' });
    host.files.putSpecial('/srv/x', kind);
    const unit = load('a.service');
    expect(unit.loadState).toBe('loaded');
    expect(messages(unit)).toEqual([`Failed to read ${dropIn}, ignoring: ${reason}`]);
  });

  it('is no generated unit file either', () => {
    const { host, load, messages } = world({ '/run/systemd/generator/a.service': '-> /srv/a' });
    host.files.putSpecial('/srv/a', 'fifo');
    const unit = load('a.service');
    expect(unit.loadState).toBe('error');
    expect(messages(unit)).toEqual(['Failed to read /run/systemd/generator/a.service: Is a FIFO, not a regular file']);
  });

  it('masks where it is a device', () => {
    const { host, load } = world({ '/etc/systemd/system/a.service': '-> /srv/zero' });
    host.files.putSpecial('/srv/zero', 'char');
    expect(load('a.service').loadState).toBe('masked');
  });

  it('is an error where it is a directory, and is bounded where it is large', () => {
    const { host, load } = world({ '/etc/systemd/system/a.service': '-> /srv' });
    host.files.mkdirs('/srv');
    expect(load('a.service').loadError?.message).toMatch(/: Is a directory$/);
    const large = world({});
    large.host.files.put('/etc/systemd/system/b.service', Buffer.alloc((16 << 20) + 1, '#\n'));
    const unit = large.load('b.service');
    expect(unit.loadState).toBe('error');
    expect(large.messages(unit)).toEqual(['Failed to read /etc/systemd/system/b.service: File too large']);
  });

  it('has no name of the system for specifiers', () => {
    const { host, load } = world({ '/etc/systemd/system/a.service': `[Unit]\nDescription=on %o\n${run}` });
    host.files.putSpecial('/etc/os-release', 'fifo');
    host.files.putSpecial('/usr/lib/os-release', 'fifo');
    const unit = load('a.service');
    expect(unit.loadState).toBe('loaded');
    expect(unit.diagnostics.map(({ message }) => message).join()).toMatch(/Failed to resolve unit specifiers/);
  });
});

describe('a path that has .. in it', () => {
  it.each([
    ['a.socket', '[Socket]\nListenStream=/run//a/../b\n'],
    ['srv.mount', '[Mount]\nWhat=/a/../b\nWhere=/srv\nOptions=bind\n'],
  ])('can not be waited for: %s', (name, text) => {
    const unit = world({ [`/etc/systemd/system/${name}`]: text }).load(name);
    expect(unit.loadState).toBe('error');
    expect(unit.loadError?.message).toMatch(/: Operation not permitted$/);
    expect(unit.requiresMountsFor).not.toContain('/run/a/../b');
  });
});

describe('units of text', () => {
  it('are scopes as well, which go on after an OOM kill where they are delegated', () => {
    const { loader } = world({});
    const scope = (lines: string) => loader.loadText('x.scope', `[Scope]\n${lines}\n`).scope?.OOMPolicy;
    expect(scope('')).toBe('stop');
    expect(scope('Delegate=yes')).toBe('continue');
    expect(scope('Delegate=yes\nOOMPolicy=kill')).toBe('kill');
    const service = (lines: string) =>
      loader.loadText('x.service', `[Service]\nExecStart=/bin/true\n${lines}\n`).service?.OOMPolicy;
    expect([service('Delegate=yes'), service('Delegate=yes\nOOMPolicy=stop'), service('')]).toEqual([
      'continue',
      'stop',
      'stop',
    ]);
  });
});

it('%c, %r and %R know the slice of lines before, and of a slice itself only its name', () => {
  const groups = (before: string) =>
    world({ '/etc/systemd/system/a.service': `[Service]\n${before}ExecStart=/bin/echo %c %r %R.\n` })
      .load('a.service')
      .service?.ExecStart[0]?.argv.slice(1);
  expect(groups('')).toEqual(['/a.service', '', '.']);
  expect(groups('Slice=one.slice\n')).toEqual(['/one.slice/a.service', '/one.slice', '.']);
  expect(groups('Slice=one-two.slice\n')).toEqual(['/one.slice/one-two.slice/a.service', '/one-two.slice', '.']);
});

it.each<[string, number | undefined]>([
  ['CPUSchedulingPolicy=fifo', 1],
  ['CPUSchedulingPriority=7\nCPUSchedulingPolicy=rr', 7],
  ['CPUSchedulingPriority=7\nCPUSchedulingPolicy=batch', 0],
  ['CPUSchedulingPolicy=6', 0],
  ['CPUSchedulingPolicy=55', -1],
  ['CPUSchedulingPolicy=fifo\nCPUSchedulingPolicy=', undefined],
])('%j: a priority that the policy has, %s', (lines, priority) => {
  const { load } = world({ '/etc/systemd/system/a.service': `${run}${lines}\n` });
  expect(load('a.service').exec?.CPUSchedulingPriority).toBe(priority);
});

it.each<[string, number | undefined]>([
  ['SystemCallErrorNumber=+1', 1],
  ['SystemCallErrorNumber=0x5', 5],
  ['SystemCallErrorNumber=010', 8],
  ['SystemCallErrorNumber=4095', 4095],
  ['SystemCallErrorNumber=EACCES\nSystemCallErrorNumber=4096', 13],
  ['SystemCallErrorNumber=EACCES\nSystemCallErrorNumber=-1', 13],
  ['CoredumpFilter=+20', 0x20],
  ['CoredumpFilter=elf-headers 1 0x2', 0x13],
  ['CoredumpFilter=1\nCoredumpFilter=-2', 1],
  ['CoredumpFilter=1\nCoredumpFilter=x', 1],
])('%j: a number with a sign or a prefix', (lines, number) => {
  const { load } = world({ '/etc/systemd/system/a.service': `${run}${lines}\n` });
  const { exec } = load('a.service');
  expect(lines.startsWith('Core') ? exec?.CoredumpFilter : exec?.SystemCallErrorNumber).toBe(number);
});
