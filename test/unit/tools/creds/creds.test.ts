import { describe, expect, it } from 'vitest';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdCreds } from '../../../../src/tools/creds/creds.ts';

const directory = '/run/credentials/a.service';

interface Case {
  readonly release?: 252 | 257 | 262;
  readonly env?: Record<string, string>;
  readonly terminal?: boolean;
}

const contents: Record<string, string> = {
  a: 'hello',
  line: 'line\n',
  json: '{"x":1,"y":[2,3]}',
  base64: 'aGVs\nbG8=\n',
  hex: '68656c6c6f',
  long: '\0'.repeat(60),
};

function call(line: string, { release = 257, env, terminal = false }: Case = {}): Promise<Answer> {
  const host = new SimHost({ release });
  host.files.mkdirs(directory);
  for (const [name, text] of Object.entries(contents)) host.files.writeAtomic(`${directory}/${name}`, text, 0o400);
  return callProgram({ host }, systemdCreds, 'systemd-creds', line, {
    env: env ?? { CREDENTIALS_DIRECTORY: directory },
    terminal: { stdin: false, stdout: terminal, stderr: false, columns: 80, lines: 24 },
  });
}

describe('systemd-creds', () => {
  it('lists what a service was given, and whether it is safe there', async () => {
    const { out } = await call('');
    expect(out).toContain('NAME   SECURE SIZE PATH\n');
    expect(out).toContain(`json   weak    17B ${directory}/json\n`);
    expect((await call('list --no-legend')).out).not.toContain('NAME');
    expect((await call('--json=short')).out).toContain(`{"name":"a","secure":"weak","size":5,"path":"${directory}/a"}`);
  });

  it('says of what others may read that it is insecure', async () => {
    const host = new SimHost();
    host.files.mkdirs('/c');
    host.files.writeAtomic('/c/open', 'x', 0o644);
    const ask = (line: string) =>
      callProgram({ host }, systemdCreds, 'systemd-creds', line, { env: { CREDENTIALS_DIRECTORY: '/c' } });
    expect((await ask('list')).out).toBe('NAME SECURE   SIZE PATH\nopen insecure   1B /c/open\n');
    expect(await ask('cat open')).toEqual({
      status: 0,
      out: 'x',
      err: 'open has 0644 mode that is too permissive, please adjust the ownership and access mode.\n',
    });
  });

  it.each([
    ['cat a', 'hello'],
    ['cat a line', 'helloline\n'],
    ['cat a --transcode=hex', '68656c6c6f'],
    ['cat hex --transcode=unhex', 'hello'],
    ['cat base64 --transcode=unbase64', 'hello'],
    ['cat long --transcode=base64', `${'A'.repeat(79)}\nA`],
    ['cat a --transcode=no', 'hello'],
    ['cat json --json=short', '{"x":1,"y":[2,3]}\n'],
  ])('%s', async (line, out) => {
    expect(await call(line)).toEqual({ status: 0, out, err: '' });
  });

  it('ends with a newline where it is asked for, or on a terminal', async () => {
    expect((await call('cat a', { terminal: true })).out).toBe('hello\n');
    expect((await call('cat a --newline=no', { terminal: true })).out).toBe('hello');
    expect((await call('cat line', { terminal: true })).out).toBe('line\n');
    expect((await call('cat a --newline=yes', { release: 262 })).out).toBe('hello\n');
  });

  it.each([
    ['cat nope', "Credential 'nope' not set."],
    ['cat ../a', "Credential name '../a' is not valid."],
    ['cat a --transcode=unhex', 'Failed to transcode data: Invalid argument'],
    ['cat a --json=short', 'Failed to parse JSON: Invalid argument'],
    ['cat long --json=short', 'Unable to convert binary string to C string: Invalid argument'],
    ['cat a --transcode=x', 'Failed to parse transcode mode: Invalid argument'],
    ['cat a --newline=x', 'Failed to parse boolean argument to --newline=: x.'],
    ['cat', 'Too few arguments.'],
    ['cta', "Unknown command verb 'cta', did you mean 'cat'?"],
    ['--system', 'No credentials passed to system.'],
    ['encrypt a b', 'systemd-creds encrypt: this pidone neither encrypts nor decrypts credentials.'],
  ])('%s is an error', async (line, err) => {
    expect(await call(line)).toEqual({ status: 1, out: '', err: `${err}\n` });
  });

  it('tells where nothing was passed, and where the directory is not there', async () => {
    expect((await call('list', { env: {} })).err).toBe(
      'No credentials passed. (i.e. $CREDENTIALS_DIRECTORY not set.)\n',
    );
    const gone = { env: { CREDENTIALS_DIRECTORY: '/nonexistent' } };
    const line = "Failed to open credentials directory '/nonexistent': No such file or directory\n";
    expect((await call('list', gone)).err).toBe(line);
    expect((await call('cat a', gone)).err).toBe(
      `${line}Failed to open credentials directory: No such file or directory\n`,
    );
  });

  it('knows that a container has no TPM', async () => {
    const { status, out, err } = await call('has-tpm2');
    expect({ status, out }).toEqual({ status: 31, out: 'no\n-firmware\n-driver\n-system\n-subsystem\n-libraries\n' });
    expect(err).toContain('systemd-analyze has-tpm2');
    expect((await call('has-tpm2 -q', { release: 252 })).err).toBe('');
  });
});
