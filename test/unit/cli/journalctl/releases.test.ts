import { describe, expect, it } from 'vitest';
import type { CliContext } from '../../../../src/cli/common/context.ts';
import { journalctl } from '../../../../src/cli/journalctl/journalctl.ts';
import { Journal } from '../../../../src/journal/journal.ts';
import type { Manager } from '../../../../src/manager/manager.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { Release } from '../../../../src/voice/release.ts';

/** A machine whose systemd is of one release, with two lives of foo.service and one of bar.service. */
function machine(release: Release) {
  const host = new SimHost({ now: Date.UTC(2026, 10, 24), hostname: 'box', release });
  host.files.mkdirs('/var/log/journal');
  const journal = new Journal(host, { console: 'none', bootId: 'a'.repeat(32) });
  for (const [unit, life] of [
    ['foo', '1'],
    ['foo', '2'],
    ['bar', '3'],
  ] as const) {
    const { fd } = journal.openStream({
      unit: `${unit}.service`,
      identifier: unit,
      invocationId: life.repeat(32),
      process: { pid: 77, uid: 0, gid: 0 },
    });
    host.streams.get(fd)!.write(Buffer.from(`${unit} ${life}\n`));
    host.settle();
  }
  return async (...argv: string[]): Promise<{ status: number; out: string; err: string }> => {
    const answer = { status: -1, out: '', err: '' };
    const context: CliContext = {
      host,
      program: 'journalctl',
      argv,
      env: { TZ: 'UTC' },
      cwd: '/root',
      terminal: { stdin: false, stdout: false, stderr: false, columns: 80, lines: 24 },
      caller: { pid: 50, uid: 0, gid: 0 },
      manager: { journal } as unknown as Manager,
      out: (text) => {
        answer.out += text;
      },
      flush: () => {},
      err: (text) => {
        answer.err += text;
      },
      drained: () => Promise.resolve(),
      turn: () => Promise.resolve(),
      signal: new AbortController().signal,
    };
    const call = await journalctl.parse(context);
    answer.status = typeof call === 'number' ? call : ((await call.run(context)) as number);
    return answer;
  };
}

describe('journalctl of each release', () => {
  it('numbers entries in export and json since 254', async () => {
    const names = async (release: Release): Promise<string[]> => {
      const { out } = await machine(release)('-t', 'bar', '-o', 'export', '--output-fields=MESSAGE');
      return out.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/=.*/, '')]));
    };
    const times = ['__CURSOR', '__REALTIME_TIMESTAMP', '__MONOTONIC_TIMESTAMP'];
    expect(await names(252)).toEqual([...times, '_BOOT_ID', 'MESSAGE']);
    expect(await names(254)).toEqual([...times, '__SEQNUM', '__SEQNUM_ID', '_BOOT_ID', 'MESSAGE']);
    const { out } = await machine(262)('-t', 'bar', '-o', 'json', '--output-fields=MESSAGE');
    expect(Object.keys(JSON.parse(out))).toEqual([...times, '__SEQNUM', '__SEQNUM_ID', '_BOOT_ID', 'MESSAGE']);
  });

  it('refuses options that narrow down what -F and -N list, in 262', async () => {
    const text = '-F/--field= and -N/--fields cannot be combined with options that limit the journal.\n';
    const run = machine(262);
    for (const option of ['-b', '-k', '-ufoo', '-Tx', '-p3', '--facility=daemon', '-gx', '--since=today', '--cursor=x'])
      expect(await run('-F', 'PRIORITY', option)).toEqual({ status: 1, out: '', err: text });
    for (const option of ['-ball', '-e', '-n1', '-r', '-ojson', '-m'])
      expect(await run('-F', 'PRIORITY', option)).toMatchObject({ status: 0, out: '6\n' });
    expect(await machine(257)('-F', 'PRIORITY', '-b')).toMatchObject({ status: 0, out: '6\n' });
  });

  it('finds the one unit that a pattern means, in 262', async () => {
    const run = machine(262);
    expect((await run('-I', '-u', 'f*', '-o', 'cat')).out).toBe('foo 2\n');
    expect(await run('-I', '-u', '*', '-o', 'cat')).toMatchObject({
      status: 1,
      err: "Multiple matching units found for '*' in journal.\n",
    });
    expect(await run('--list-invocations', '-u', 'x*')).toMatchObject({
      status: 1,
      err: "No matching unit found for 'x*' in journal.\n",
    });
    expect((await machine(257)('--list-invocations', '-u', 'f*')).err).toBe(
      'Glob pattern passed, but globs are not supported for this.\n' +
        'Invalid unit name "f*" escaped as "f\\x2a".\n' +
        'No invocation ID for f\\x2a.service found.\n',
    );
    expect((await machine(257)('-I', '-u', 'f*')).err).toBe('No journal entry found for the invocation (+0).\n');
  });

  it('knows no life of a unit that nothing was logged in', async () => {
    const run = machine(257);
    expect((await run(`--invocation=${'1'.repeat(32)}`, '-o', 'cat')).out).toBe('foo 1\n');
    expect(await run(`--invocation=${'9'.repeat(32)}`, '-o', 'cat')).toEqual({
      status: 1,
      out: '',
      err: `No journal entry found for the invocation (${'9'.repeat(32)}+0).\n`,
    });
  });

  it("shows root the system's own file with --user, since 257", async () => {
    expect((await machine(257)('--user', '-t', 'bar', '-o', 'cat')).out).toBe('bar 3\n');
    expect((await machine(252)('--user', '-t', 'bar', '-o', 'cat')).err).toBe('No journal files were found.\n');
  });

  it('takes -e and -k with --merge, in 262', async () => {
    expect(await machine(262)('-m', '-e', '-t', 'bar', '-o', 'cat')).toMatchObject({ status: 0 });
    expect((await machine(257)('-m', '-e')).err).toBe('Using --boot or --list-boots with --merge is not supported.\n');
  });

  it('words its refusals as the release does', async () => {
    const [old, later] = [machine(252), machine(257)];
    const last = async (run: ReturnType<typeof machine>, ...argv: string[]): Promise<string> =>
      (await run(...argv)).err;
    expect(await last(old, '+')).toBe('"+" can only be used between terms\n');
    expect(await last(later, '+')).toBe('"+" can only be used between terms.\n');
    expect(await last(old, '-n+x')).toBe("Failed to parse lines '+x'\n");
    expect(await last(later, '-n+x')).toBe("Failed to parse --lines='+x'.\n");
    expect(await last(old, '-f', '-r')).toBe('Please specify either --reverse= or --follow=, not both.\n');
    expect(await last(later, '-f', '-r')).toBe('Please specify either --reverse or --follow, not both.\n');
    expect(await last(old, '/run')).toMatch(/^File is neither a device node, nor regular file, nor executable: /);
    expect(await last(later, '/run')).toMatch(/^File is neither a device node nor executable: /);
    expect(await last(later, '--foo=bar')).toBe("journalctl: unrecognized option '--foo=bar'\n");
    expect(await last(machine(262), '--foo=bar')).toBe("journalctl: unrecognized option '--foo'\n");
  });

  it.each([
    ['(?i)FOO', 'foo 1\nfoo 2\n'],
    ['[[:alpha:]]+ 1', 'foo 1\n'],
    ['(?P<x>o)(?P=x) 2', 'foo 2\n'],
  ])('takes patterns as PCRE2 has them: %s', async (pattern, out) => {
    expect((await machine(262)('-o', 'cat', '-g', pattern)).out).toBe(out);
  });

  it('refuses what is no match, no pattern, no id', async () => {
    const run = machine(262);
    expect((await run('__CURSOR=x')).err).toBe("Failed to add match '__CURSOR=x': Invalid argument\n");
    expect(await run('9A=x', '-o', 'cat')).toMatchObject({ status: 0, err: '' });
    expect((await run('-u', 'x*', '-g', '(')).err).toBe('Bad pattern "(": missing closing parenthesis\n');
    expect((await run('--dump-catalog', 'x')).err).toBe(
      "Failed to parse id128 'x': Invalid argument\nFailed to list catalog: Invalid argument\n",
    );
    expect((await run('-t', 'bar', '-n1', '-o', 'cat', '--cursor-file=/none/c')).err).toBe(
      'Failed to write new cursor to /none/c: No such file or directory\n',
    );
  });
});
