import { describe, expect, it } from 'vitest';
import { service, world } from '../world.ts';

it('takes names of journal namespaces as long as their directory can have beside a machine ID', () => {
  expect(service(`LogNamespace=${'a'.repeat(222)}`).exec!.LogNamespace).toHaveLength(222);
  const { exec, diagnostics } = service(`LogNamespace=${'a'.repeat(223)}`);
  expect(exec!.LogNamespace).toBeUndefined();
  expect(diagnostics[0]?.message).toMatch(/^Specified log namespace name is not valid, ignoring: a/);
});

describe('Environment=', () => {
  const lines = (...values: string[]) => {
    const { exec, diagnostics } = service(values.map((value) => `Environment=${value}`).join('\n'));
    return { list: exec!.Environment, messages: diagnostics.map(({ message }) => message) };
  };

  it('takes words with quotes and escapes; later settings replace earlier ones', () => {
    expect(lines('A=1 "B=2 3" \'C=%p\'', 'D=\\x20x A=4').list).toEqual(['A=4', 'B=2 3', 'C=a', 'D= x']);
    expect(lines('A=1', '').list).toEqual([]);
  });

  it('tells what is wrong and leaves it out', () => {
    expect(lines('A=1 9=x B=%z nonsense C=3 "D')).toEqual({
      list: ['A=1', 'C=3'],
      messages: [
        'Invalid environment assignment, ignoring: 9=x',
        'Failed to resolve specifiers in B=%z, ignoring: Invalid slot',
        'Invalid environment assignment, ignoring: nonsense',
        'Invalid syntax, ignoring: A=1 9=x B=%z nonsense C=3 "D',
      ],
    });
  });
});

it('says of options that systemd has dropped that they are ignored', () => {
  const { diagnostics } = service('SysVStartPriority=3\nCapabilities=x', 'IgnoreOnSnapshot=yes');
  expect(diagnostics.map(({ level, message }) => [level, message])).toEqual(
    ['IgnoreOnSnapshot', 'SysVStartPriority', 'Capabilities'].map((key) => [
      6,
      `Support for option ${key}= has been removed and it is ignored`,
    ]),
  );
});

it('takes OnFailureIsolate= for OnFailureJobMode=, and says that it is old', () => {
  const read = (value: string) => {
    const { unit, diagnostics } = service('', `OnFailureIsolate=${value}`);
    return [unit.OnFailureJobMode, ...diagnostics.map(({ level, message }) => `${level} ${message}`)];
  };
  const old = '5 OnFailureIsolate is deprecated. Please use OnFailureJobMode= instead';
  expect(read('yes')).toEqual(['isolate', old]);
  expect(read('off')).toEqual(['replace', old]);
  expect(read('maybe')).toEqual(['replace', '4 Failed to parse boolean, ignoring: maybe']);
});

describe('credentials', () => {
  const read = (...lines: string[]) => {
    const { exec } = service(lines.join('\n'));
    const text = ({ id, data }: { id: string; data: Buffer }) => `${id}=${data.toString('latin1')}`;
    return {
      set: exec!.SetCredential.map(text),
      sealed: exec!.SetCredentialEncrypted.map(text),
      load: exec!.LoadCredential.map(({ id, path }) => `${id}=${path}`),
    };
  };

  it('are set and loaded by their names, a later line in the place of an earlier one', () => {
    expect(
      read(
        'SetCredential=a:1',
        'SetCredential=b:x\\x20y\\x00',
        'SetCredential=a:2:3',
        'SetCredential=c:',
        'SetCredentialEncrypted=s:aGFsbG8=',
        'SetCredentialEncrypted=s:b2s=',
        'LoadCredential=l:/x',
        'LoadCredential=m',
        'LoadCredential=n:',
        'LoadCredential=o:other',
        'LoadCredential=l:/y',
        'LoadCredential=p:/y/../z',
        'LoadCredential=q:a/b',
      ),
    ).toEqual({ set: ['a=2:3', 'b=x y\0'], sealed: ['s=ok'], load: ['l=/y', 'm=m', 'n=n', 'o=other'] });
  });

  it('go with an empty line', () => {
    const lines = ['SetCredential=a:1', 'SetCredential=', 'LoadCredential=b', 'LoadCredential='];
    expect(read(...lines)).toEqual({ set: [], sealed: [], load: [] });
  });
});

describe('OpenFile=', () => {
  const read = (value: string) => {
    const { service: settings, diagnostics } = service(`OpenFile=${value}`);
    const [file] = settings!.OpenFile;
    const said = diagnostics.map(({ message }) => message).join();
    return file === undefined ? said : `${file.path} ${file.fdName} ${file.access}${file.graceful ? ' graceful' : ''}`;
  };
  const wrong = (value: string) => `Failed to parse OpenFile= setting, ignoring: ${value}`;

  it.each([
    ['/a/b', '/a/b b readwrite'],
    ['/a/b:name', '/a/b name readwrite'],
    ['/a/b:name:read-only', '/a/b name readonly'],
    ['/a/b::append', '/a/b b append'],
    ['/a/b::truncate,graceful', '/a/b b truncate graceful'],
    ['/a/%p', '/a/a a readwrite'],
    ['a', wrong('a')],
    ['/a/b::nonsense', wrong('/a/b::nonsense')],
    ['/a/%z', "Failed to resolve unit specifiers in '/a/%z', ignoring: Invalid slot"],
  ])('%s', (value, expected) => {
    expect(read(value)).toBe(expected);
  });

  it('lines add up, an empty one takes all back', () => {
    expect(service('OpenFile=/a\nOpenFile=/b').service!.OpenFile).toHaveLength(2);
    expect(service('OpenFile=/a\nOpenFile=').service!.OpenFile).toEqual([]);
  });
});

describe('values that show does not print', () => {
  it('are read all the same', () => {
    const { exec } = service(
      [
        'RootHash=000102030405060708090a0b0c0d0e0F',
        'RootHashSignature=base64:b2s=',
        'TTYRows=24',
        'TTYColumns=65535',
        'MountAPIVFS=yes',
        'LogFilterPatterns=~debug',
        'LogFilterPatterns=\\x7eerror',
        'LogFilterPatterns=(',
      ].join('\n'),
    );
    expect(exec).toMatchObject({ TTYRows: 24, TTYColumns: 65_535, MountAPIVFS: true });
    expect(exec!.RootHash).toEqual({ data: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex') });
    expect(exec!.RootHashSignature).toEqual({ data: Buffer.from('ok') });
    expect(exec!.LogFilterPatterns).toEqual([
      { exclude: true, pattern: 'debug' },
      { exclude: false, pattern: '~error' },
    ]);
    expect(service('TTYRows=65536').exec!.TTYRows).toBe(65_536);
    expect(service('TTYRows=4294967296').exec!.TTYRows).toBeUndefined();
    expect(service('TTYRows=5\nTTYRows=').exec!.TTYRows).toBeUndefined();
  });

  it('precision of timestamps and protocols of sockets', () => {
    const socket = (line: string) =>
      world({ '/etc/systemd/system/a.socket': `[Socket]\nListenStream=1\n${line}\n` }).load('a.socket').socket!;
    const words = { off: 'off', us: 'us', usec: 'us', µs: 'us', μs: 'us', ns: 'ns', nsec: 'ns', yes: 'ns', no: 'off' };
    for (const [word, expected] of Object.entries(words))
      expect([word, socket(`Timestamping=${word}`).Timestamping]).toEqual([word, expected]);
    expect(socket('SocketProtocol=mptcp').SocketProtocol).toBe(262);
    expect(socket('SocketProtocol=UDPLITE').SocketProtocol).toBe(136);
    expect(socket('SocketProtocol=sctp').SocketProtocol).toBe(132);
  });
});

it('drops what would name ever longer instances of the same template', () => {
  const wants = (word: string) => {
    const w = world({ '/etc/systemd/system/a@.service': `[Unit]\nWants=${word}\n[Service]\nExecStart=/bin/true\n` });
    return w.names(w.load('a@i.service'), 'Wants');
  };
  expect(wants('a@%i-x.service')).toEqual([]);
  expect(wants('a@x%n.service')).toEqual([]);
  expect(wants('a@%N.service')).toEqual([]);
  expect(wants('a@%%i.service')).toEqual([]);
  expect(wants('a@x.service')).toEqual(['a@x.service']);
  expect(wants('b@%i-x.service')).toEqual(['b@i-x.service']);
  expect(wants('a@%i-x.socket')).toEqual(['a@i-x.socket']);
});
