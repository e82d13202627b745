/** Standard input, output and error: from the settings to what the child opens, and what becomes of the terminal. */
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../src/simulation/machine/host.ts';
import type { StdioSource } from '../../../src/sys/host.ts';
import { world } from '../../support/world.ts';
import { type Spawned, type SpawnOptions, spawned } from './spawned.ts';

/** A source in a few words; `journal` is a stream that was opened for the child. */
function words(source: StdioSource): string {
  switch (source.kind) {
    case 'fd':
      return 'journal';
    case 'dup':
      return `as ${source.of}`;
    case 'file': {
      const { path, access, append, truncate } = source;
      return [access, append ? 'append' : '', truncate ? 'truncate' : '', path].filter((word) => word !== '').join(' ');
    }
    case 'tty':
      return [source.mode, source.reset ? 'reset' : '', source.path].filter((word) => word !== '').join(' ');
    case 'tty-output':
      return `terminal ${source.path}`;
    case 'data':
      return JSON.stringify(Buffer.from(source.data).toString());
    default:
      return source.kind;
  }
}
const streams = ({ request }: Pick<Spawned, 'request'>): string[] =>
  [request.stdin, request.stdout, request.stderr].map(words);

describe('standard streams', () => {
  it.each([
    ['', 'null', 'journal', 'as 1'],
    ['StandardInput=null\nStandardOutput=null', 'null', 'null', 'as 1'],
    ['StandardOutput=null\nStandardError=null', 'null', 'null', 'as 1'],
    ['StandardOutput=null\nStandardError=journal', 'null', 'null', 'journal'],
    ['StandardOutput=journal\nStandardError=null', 'null', 'journal', 'null'],
    ['StandardOutput=inherit\nStandardError=inherit', 'null', 'journal', 'as 1'],
    ['StandardOutput=kmsg\nStandardError=kmsg+console', 'null', 'journal', 'journal'],
    // Files.
    ['StandardOutput=file:/a\nStandardError=append:/b', 'null', 'write /a', 'write append /b'],
    ['StandardOutput=append:/a\nStandardError=file:/b', 'null', 'write append /a', 'write /b'],
    ['StandardOutput=truncate:/a\nStandardError=truncate:/a', 'null', 'write truncate /a', 'as 1'],
    ['StandardOutput=file:/a\nStandardError=file:/b', 'null', 'write /a', 'write /b'],
    // The same file in another way is another open file.
    ['StandardOutput=file:/a\nStandardError=append:/a', 'null', 'write /a', 'write append /a'],
    ['StandardInput=file:/a', 'read /a', 'journal', 'as 1'],
    ['StandardInput=file:/a\nStandardOutput=file:/b', 'read /a', 'write /b', 'as 1'],
    ['StandardInput=file:/a\nStandardOutput=file:/a', 'readwrite /a', 'as 0', 'as 1'],
    ['StandardInput=file:/a\nStandardOutput=file:/b\nStandardError=file:/a', 'readwrite /a', 'write /b', 'as 0'],
    ['StandardInput=file:/a\nStandardOutput=append:/a', 'read /a', 'as 0', 'as 1'],
    ['StandardInput=fd:mine\nStandardOutput=file:/a', undefined, undefined, undefined],
    // Terminals. One as input goes on as output, all the way.
    ['StandardInput=tty', 'tty /dev/console', 'as 0', 'as 1'],
    ['StandardInput=tty-force\nTTYPath=/dev/tty9', 'tty-force /dev/tty9', 'as 0', 'as 1'],
    ['StandardInput=tty-fail\nTTYReset=yes', 'tty-fail reset /dev/console', 'as 0', 'as 1'],
    ['StandardInput=tty\nStandardOutput=tty\nStandardError=tty', 'tty /dev/console', 'as 0', 'as 1'],
    ['StandardInput=tty\nStandardOutput=journal\nStandardError=tty', 'tty /dev/console', 'journal', 'as 0'],
    ['StandardOutput=tty', 'null', 'terminal /dev/console', 'as 1'],
    ['StandardOutput=tty\nTTYPath=/dev/tty9', 'null', 'terminal /dev/tty9', 'as 1'],
    ['StandardOutput=null\nStandardError=tty', 'null', 'null', 'terminal /dev/console'],
    // Data.
    ['StandardInputText=first\nStandardInputData=c2Vjb25kCg==', '"first\\nsecond\\n"', 'journal', 'as 1'],
    ['StandardInput=data\nStandardInputText=text', '"text\\n"', 'journal', 'as 1'],
    ['StandardInput=data', 'null', 'journal', 'as 1'],
    ['StandardInput=tty\nStandardInputText=text', 'tty /dev/console', 'as 0', 'as 1'],
  ])('%j', (settings, stdin, stdout, stderr) => {
    if (stdin === undefined) expect(() => spawned(settings)).toThrow('Failed to load a named file descriptor');
    else expect(streams(spawned(settings))).toEqual([stdin, stdout, stderr]);
  });

  it.each([
    ['StandardInput=tty', 'null', 'terminal /dev/console'],
    ['StandardInput=tty\nStandardOutput=journal', 'null', 'journal'],
    ['StandardOutput=tty', 'null', 'terminal /dev/console'],
  ])('of a command beside the main one, which takes no terminal: %j', (settings, stdin, stdout) => {
    const { w } = spawned(`${settings}\nExecStartPost=/usr/bin/c`);
    const { request } = w.host.spawned.find((p) => p.comm === 'c')!;
    expect(streams({ request: request! }).slice(0, 2)).toEqual([stdin, stdout]);
  });

  it.each([
    ['inherit', 'null'],
    ['null', 'null'],
    ['tty', 'terminal /dev/console'],
    ['journal', 'journal'],
  ])('are by default what DefaultStandardOutput=%s says', (word, stdout) => {
    const files = { '/etc/systemd/system.conf': `[Manager]\nDefaultStandardOutput=${word}\n` };
    expect(streams(spawned('', { files }))).toEqual(['null', stdout, 'as 1']);
  });

  it('are those that a client gives, whatever the unit says', () => {
    const given = (stdio: { stdin?: number; stdout?: number; stderr?: number }, settings = ''): StdioSource[] => {
      const w = world({ files: { '/usr/bin/d': '' } });
      const service = w.service('a.service', `${settings}\nExecStart=/usr/bin/d\n`);
      service.setStdio(stdio);
      w.up(service);
      const { stdin, stdout, stderr } = w.host.spawned[0]!.request!;
      return [stdin, stdout, stderr];
    };
    const fd = (number: number): StdioSource => ({ kind: 'fd', fd: number });
    const journal = { kind: 'fd', fd: expect.any(Number) };
    expect(given({ stdin: 70, stdout: 71, stderr: 72 })).toEqual([fd(70), fd(71), fd(72)]);
    expect(given({ stdin: 70 })).toEqual([fd(70), journal, { kind: 'dup', of: 1 }]);
    expect(given({ stdout: 71 })).toEqual([{ kind: 'null' }, fd(71), { kind: 'dup', of: 1 }]);
    // Its own journal is not what the client has.
    expect(given({ stdout: 71 }, 'StandardOutput=null\nStandardError=null')).toEqual([
      { kind: 'null' },
      fd(71),
      { kind: 'null' },
    ]);
    expect(given({ stderr: 72 })).toEqual([{ kind: 'null' }, journal, fd(72)]);
  });
});

describe('sockets', () => {
  /** The sources of a service whose sockets have these lines, a string each. */
  function activated(settings: string, ...sockets: string[]) {
    const w = world({ files: { '/usr/bin/d': '' } });
    const units = sockets.map((lines, i) => {
      w.put(`/etc/systemd/system/s${i}.socket`, `[Socket]\nService=a.service\n${lines}\n`);
      return w.unit(`s${i}.socket`);
    });
    const service = w.service('a.service', `${settings}\nExecStart=/usr/bin/d\n`);
    for (const unit of units) w.up(unit);
    w.up(service);
    const what = w.host.openFds();
    const request = w.host.spawned[0]?.request;
    const source = (from: StdioSource): string => (from.kind === 'fd' ? (what.get(from.fd) ?? 'journal') : words(from));
    return {
      w,
      service,
      request,
      sources: request === undefined ? undefined : [request.stdin, request.stdout, request.stderr].map(source),
    };
  }
  const one = 'ListenStream=/run/one';

  it.each([
    ['StandardInput=socket', ['stream /run/one', 'as 0', 'as 1']],
    [
      'StandardInput=socket\nStandardOutput=socket\nStandardError=socket',
      ['stream /run/one', 'stream /run/one', 'as 1'],
    ],
    ['StandardInput=socket\nStandardError=journal', ['stream /run/one', 'as 0', 'journal']],
    ['StandardOutput=socket\nStandardError=null', ['null', 'stream /run/one', 'null']],
    ['StandardError=socket', ['null', 'journal', 'stream /run/one']],
  ])('stand for streams: %j', (settings, sources) => {
    const made = activated(settings, one);
    expect(made.sources).toEqual(sources);
    // Then it is not passed as well.
    expect(made.request!.fds).toBeUndefined();
    expect(made.request!.env.join(' ')).not.toContain('LISTEN_FDS');
  });

  it.each([
    [[], 'Got no socket.'],
    [[one, 'ListenStream=/run/two'], 'Got more than one socket.'],
  ])('that are none or many stand for nothing: %j', (sockets, message) => {
    const { w, service, request } = activated('StandardInput=socket', ...sockets);
    expect(request).toBeUndefined();
    expect(w.messages(service)).toContain(message);
    expect(service.result).toBe('resources');
  });

  it.each([
    ['StandardInput=fd:one', ['stream /run/one', 'as 0', 'as 1']],
    ['StandardInput=fd:one\nStandardOutput=fd:two', ['stream /run/one', 'stream /run/two', 'as 1']],
    ['StandardOutput=fd:one\nStandardError=fd:one', ['null', 'stream /run/one', 'as 1']],
    ['StandardOutput=fd:one\nStandardError=fd:two', ['null', 'stream /run/one', 'stream /run/two']],
    ['StandardOutput=fd:one\nStandardError=socket', undefined],
  ])('are found by name, and passed on: %j', (settings, sources) => {
    const made = activated(settings, `${one}\nFileDescriptorName=one`, 'ListenStream=/run/two\nFileDescriptorName=two');
    expect(made.sources).toEqual(sources);
    if (sources !== undefined) expect(made.request!.env).toContain('LISTEN_FDS=2');
  });

  it('of a name that there is not: no process, and nothing stays open', () => {
    const { w, service, request } = activated('StandardOutput=journal\nStandardError=fd:none', one);
    expect(request).toBeUndefined();
    expect(w.messages(service)).toContain('Failed to load a named file descriptor: No such file or directory');
    expect([...w.host.openFds().values()]).toEqual(['stream /run/one']);
  });
});

describe('a stream to the journal', () => {
  const opened = (settings: string, options: SpawnOptions = {}) => spawned(settings, options).w.streams;

  it('knows the unit and how to read it', () => {
    const { w } = spawned(
      'SyslogIdentifier=me\nSyslogLevel=debug\nSyslogFacility=local3\nSyslogLevelPrefix=no\nLogExtraFields=A=b C=d=e\n' +
        'LogLevelMax=notice\nLogRateLimitIntervalSec=5s\nLogRateLimitBurst=7',
    );
    expect(w.streams).toEqual([
      expect.objectContaining({
        unit: 'a.service',
        identifier: 'me',
        level: 7,
        facility: 19,
        levelPrefix: false,
        forwardToConsole: false,
        maxLevel: 5,
        rateLimit: { intervalMs: 5000, burst: 7 },
        extraFields: [
          ['A', 'b'],
          ['C', 'd=e'],
        ],
      }),
    ]);
    // The manager keeps none of the child's ends.
    expect(w.host.openFds().size).toBe(0);
  });

  it('bears the name of the program where no other is given, and the journal’s own bounds', () => {
    const [stream] = opened('');
    expect(stream).toMatchObject({ identifier: 'd', level: 6, facility: 3, levelPrefix: true });
    expect(stream).not.toHaveProperty('rateLimit');
    expect(stream).not.toHaveProperty('maxLevel');
  });

  it.each([
    ['LogRateLimitIntervalSec=5s', { intervalMs: 5000, burst: 0 }],
    ['LogRateLimitBurst=1', { intervalMs: 0, burst: 1 }],
  ])('has a bound of its own where one is set: %s', (setting, rateLimit) => {
    expect(opened(setting)[0]).toMatchObject({ rateLimit });
  });

  it.each([
    ['journal', false],
    ['journal+console', true],
    ['kmsg', false],
    ['kmsg+console', true],
  ])('StandardOutput=%s goes to the console too: %s', (word, forwardToConsole) => {
    expect(opened(`StandardOutput=${word}`)).toEqual([expect.objectContaining({ forwardToConsole })]);
  });

  it('is one where both go there in the same way', () => {
    expect(opened('StandardOutput=journal\nStandardError=journal')).toHaveLength(1);
    expect(opened('StandardOutput=journal\nStandardError=journal+console')).toHaveLength(2);
  });

  it.each([
    ['', 'stdout'],
    ['StandardOutput=null\nStandardError=journal', 'stderr'],
  ])('that cannot be had keeps nothing from starting: %j', (settings, which) => {
    const { w, request, env } = spawned(settings, {}, (host) => {
      host.streamPair = () => {
        throw new Error('too many open files');
      };
    });
    expect(request[which as 'stdout']).toEqual({ kind: 'null' });
    expect(env).not.toHaveProperty('JOURNAL_STREAM');
    expect(w.messages()).toContain(`Failed to connect ${which} to the journal socket, ignoring: too many open files`);
  });
});

describe('the terminal of a service that is down', () => {
  const tty = '/dev/pts/7';
  function reverted(settings: string, prepare: (host: SimHost) => void = () => {}) {
    const made = spawned(`TTYPath=${tty}\n${settings}`, {}, (host) => {
      host.files.putSpecial(tty, 'char', 0o600);
      host.files.chown(tty, 1000, 1000);
      prepare(host);
    });
    made.down();
    const { host } = made.w;
    return { seen: made.w.look(tty), acts: host.revertedTerminals, messages: made.w.messages(made.service, 4) };
  }
  const own = 'char 620 0:5';
  const left = 'char 600 1000:1000';

  it.each([
    ['', left, []],
    ['StandardInput=tty', own, []],
    ['StandardInput=tty-force', own, []],
    ['StandardInput=tty-fail', own, []],
    ['StandardOutput=tty', own, []],
    ['StandardError=tty', own, []],
    ['StandardOutput=journal+console', own, []],
    ['StandardError=kmsg+console', own, []],
    ['StandardOutput=journal', left, []],
    ['TTYVTDisallocate=yes', own, []],
    ['TTYReset=yes', own, [{ path: tty, hangUp: false, reset: true }]],
    ['TTYVHangup=yes', own, [{ path: tty, hangUp: true, reset: false }]],
  ])('after %j is %s', (settings, seen, acts) => {
    expect(reverted(settings)).toEqual({ seen, acts, messages: [] });
  });

  it('is no other file, may be gone, and may be somebody’s to keep', () => {
    const settings = 'StandardOutput=tty';
    const file = reverted(settings, (host) => {
      host.files.unlink(tty);
      host.files.put(tty, '');
    });
    expect(file).toMatchObject({
      seen: 'file 644 0:0 ""',
      messages: [`Configured TTY '${tty}' is not actually a character device, ignoring.`],
    });
    expect(reverted(settings, (host) => host.files.unlink(tty))).toMatchObject({ seen: 'nothing', messages: [] });
    const refused = reverted(settings, (host) =>
      host.files.failures.set(tty, { call: 'lchown', code: 'EPERM', errno: 1 }),
    );
    expect(refused.messages).toEqual([
      `Failed to reset TTY ownership/access mode of ${tty} to 0:5, ignoring: Operation not permitted`,
    ]);
  });
});
