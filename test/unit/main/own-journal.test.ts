/** What of the journal is shown to a user who may not read it: what they have logged themselves (journald.conf(5), SplitMode=). */
import { describe, expect, it } from 'vitest';
import type { ControlRequest } from '../../../src/control/server.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { answerRequest } from '../../../src/main/answer.ts';
import type { Manager } from '../../../src/manager/manager.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const alice = 1000;

interface Machine {
  ask(uid: number, line: string): Promise<{ status: number | 'local'; out: string; err: string }>;
}

/** One on which `uids` have logged a line each, `hello of UID`. */
function machine({ uids = [0, 33, alice, 1001], persistent = true, config = '' } = {}): Machine {
  const host = new SimHost({ now: Date.UTC(2026, 10, 24), monotonic: 5000 });
  if (persistent) host.files.mkdirs('/var/log/journal');
  host.files.put('/etc/systemd/journald.conf', `[Journal]\n${config}\n`);
  const journal = new Journal(host, { console: 'none', bootId: 'a'.repeat(32) });
  for (const uid of uids) {
    const process = { pid: 77 + uid, uid, gid: uid };
    const { fd } = journal.openStream({ unit: `of-${uid}.service`, identifier: 'hi', process });
    host.streams.get(fd)!.write(Buffer.from(`hello of ${uid}\n`));
  }
  host.settle();
  return {
    ask: async (uid, line) => {
      const answer = { status: -1 as number | 'local', out: '', err: '' };
      const request: Partial<ControlRequest> = {
        program: 'journalctl',
        argv: line.split(' '),
        env: { TZ: 'UTC' },
        cwd: '/',
        terminal: { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 },
        caller: { pid: 9, uid, gid: uid },
        signal: new AbortController().signal,
        out: (text) => {
          answer.out += text;
        },
        err: (text) => {
          answer.err += text;
        },
        drained: () => Promise.resolve(),
        openPager: () => {},
      };
      const manager = { journal, scope: 'system', host, touched: { rare: () => {} } } as unknown as Manager;
      let over = false;
      const done = answerRequest(host, manager, request as ControlRequest).finally(() => {
        over = true;
      });
      done.catch(() => {});
      while (!over) {
        host.settle();
        // Programs are loaded when they are first called.
        await new Promise((next) => setImmediate(next));
      }
      answer.status = await done;
      return answer;
    },
  };
}

const hint = /^Hint: You are currently not seeing messages from other users and the system\./;

describe('a regular user', () => {
  it('sees what they have logged, and nothing else', async () => {
    const answer = await machine().ask(alice, '-o short');
    expect(answer).toMatchObject({ status: 0, err: expect.stringMatching(hint) });
    expect(answer.out.match(/hello.*$/gm)).toEqual([`hello of ${alice}`]);
    expect(await machine().ask(alice, '-q -o cat')).toEqual({ status: 0, out: `hello of ${alice}\n`, err: '' });
  });

  it.each([
    ['another user’s', '-q -o cat _UID=0', ''],
    ['one or the other', `-q -o cat _UID=0 + _UID=${alice}`, `hello of ${alice}\n`],
    ['a unit of others', '-q -o cat -u of-0.service', ''],
    ['units by pattern', '-q -o cat -u of-*', `hello of ${alice}\n`],
    ['users that log', '-q -F _UID', `${alice}\n`],
  ])('who asks for %s is shown no more than that', async (_, line, out) => {
    expect(await machine().ask(alice, line)).toEqual({ status: 0, out, err: '' });
  });

  it('sees boots and fields as far as their own entries tell', async () => {
    expect((await machine().ask(alice, '-q --list-boots')).out.split('\n')).toHaveLength(2);
    expect((await machine().ask(alice, '-q -N')).out.split('\n')).toContain('_UID');
  });

  it('who has logged nothing is told that there is nothing to read', async () => {
    const { status, out, err } = await machine({ uids: [0, 33] }).ask(alice, '-q');
    expect({ status, out, err }).toEqual({
      status: 1,
      out: '',
      err: 'No journal files were opened due to insufficient permissions.\n',
    });
  });

  it.each(['--disk-usage', '--header', '--rotate', '--vacuum-size=1', '-D /x'])('has no part in %s', async (line) => {
    expect(await machine().ask(alice, line)).toMatchObject({ status: 'local', out: '' });
  });
});

describe('nobody but regular users', () => {
  it.each([33, 999, 61184, 65519, 65534])('sees their own lines: user %i does not', async (uid) => {
    expect(await machine({ uids: [0, uid] }).ask(uid, '-q')).toMatchObject({ status: 'local', out: '' });
  });

  it.each([
    ['a journal that is not kept', { persistent: false }],
    ['SplitMode=none', { config: 'SplitMode=none' }],
  ])('sees them with %s', async (_, options) => {
    expect(await machine(options).ask(alice, '-q')).toMatchObject({ status: 'local', out: '' });
  });

  it('root sees all', async () => {
    const { out } = await machine().ask(0, '-q -o cat');
    expect(out).toBe(`hello of 0\nhello of 33\nhello of ${alice}\nhello of 1001\n`);
  });
});
