import { beforeEach, describe, expect, it } from 'vitest';
import type { CliContext } from '../../../../src/cli/common/context.ts';
import { journalctl } from '../../../../src/cli/journalctl/journalctl.ts';
import { messageIds } from '../../../../src/journal/entry/message-ids.ts';
import { Journal } from '../../../../src/journal/journal.ts';
import { placeInManager } from '../../../../src/main/access.ts';
import type { Manager } from '../../../../src/manager/manager.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

let host: SimHost;
let journal: Journal;
const bootA = 'a'.repeat(32);
const bootB = 'b'.repeat(32);

beforeEach(() => {
  host = new SimHost({ now: Date.UTC(2026, 10, 24, 14, 30, 0, 5), monotonic: 5000, hostname: 'box' });
  host.files.mkdirs('/var/log/journal');
  journal = new Journal(host, { console: 'none', bootId: bootA });
});

interface Answer {
  status: number | 'local';
  out: string;
  err: string;
}

/** 'local' where a manager hands the call back. */
async function answerOf(context: CliContext): Promise<number | 'local'> {
  const call = await journalctl.parse(context);
  if (typeof call === 'number') return call;
  const place = context.manager === undefined ? 'here' : placeInManager(call, true);
  return place === 'local' ? place : call.run(context);
}

function start(
  args: readonly string[],
  options: { manager?: boolean; abort?: AbortController } = {},
): { answer: Answer; done: Promise<void> } {
  const answer: Answer = { status: -1, out: '', err: '' };
  const context: CliContext = {
    host,
    program: 'journalctl',
    argv: args,
    env: { TZ: 'UTC' },
    cwd: '/root',
    terminal: { stdin: false, stdout: false, stderr: false, columns: 80, lines: 24 },
    caller: { pid: 50, uid: 0, gid: 0 },
    manager: options.manager === false ? undefined : ({ journal } as unknown as Manager),
    out: (text) => {
      answer.out += text;
    },
    flush: () => {},
    err: (text) => {
      answer.err += text;
    },
    drained: () => Promise.resolve(),
    turn: () => Promise.resolve(),
    signal: (options.abort ?? new AbortController()).signal,
  };
  const done = answerOf(context).then((status) => {
    answer.status = status;
  });
  return { answer, done };
}

/** Lets promises and the simulated machine go on until both rest. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) {
    host.settle();
    await Promise.resolve();
  }
}

async function run(line: string, options: { manager?: boolean } = {}): Promise<Answer> {
  const { answer, done } = start(line === '' ? [] : line.split(' '), options);
  let over = false;
  const ended = done.finally(() => {
    over = true;
  });
  ended.catch(() => {});
  while (!over) await settle();
  await ended;
  return answer;
}

const output = async (line: string): Promise<string[]> => {
  const { out, err, status } = await run(line);
  expect({ err, status }).toEqual({ err: '', status: 0 });
  return out.split('\n').slice(0, -1);
};

/** A boot before this one and this one: a manager's messages and a service's lines. */
function fill(): void {
  const old = new Journal(host, { console: 'none', bootId: bootB });
  old.log({ message: 'Old boot.', priority: 6, unit: 'foo.service' });
  old.close();
  journal = new Journal(host, { console: 'none', bootId: bootA });
  host.advance(1000);
  journal.log({
    message: 'Started foo.service.',
    priority: 6,
    unit: 'foo.service',
    messageId: messageIds.unitStarted,
    fields: { JOB_ID: '12' },
  });
  const { fd } = journal.openStream({
    unit: 'foo.service',
    identifier: 'food',
    process: { pid: 77, uid: 33, gid: 33 },
  });
  host.streams
    .get(fd)!
    .write(Buffer.from('ready\n<3>an error\n<7>details\ntab\there \x1b[31mred\x1b[0m\nbin\x01ary\n'));
  host.advance(1000);
  journal.log({ message: 'bar.service: Failed.', priority: 4, unit: 'bar.service' });
  host.settle();
}

describe('journalctl', () => {
  it('-n +N shows the oldest', async () => {
    fill();
    expect(await output('-u foo -n +2 -o cat')).toEqual(['Old boot.', 'Started foo.service.']);
    expect(await output('-u foo -b -n +1 -o cat')).toEqual(['Started foo.service.']);
    expect((await run('-n +2 -f')).err).toBe('--lines=+N is unsupported when --reverse or --follow is specified.\n');
  });

  it('-T leaves out what a program said where an entry is a line, and -n counts it', async () => {
    fill();
    const said = async (line: string): Promise<string[]> =>
      (await output(`-q -b -u foo -T food -W${line}`)).map((text) => text.replace(/^.*\]: /, ''));
    expect(await said('')).toEqual(['Started foo.service.']);
    expect(await said(' -n 1')).toEqual([]);
    expect(await said(' -n 9 -r')).toEqual(['Started foo.service.']);
    expect(await said(' -n +2 -o short-iso')).toEqual(['Started foo.service.']);
    expect(await said(' -o cat -n 3')).toEqual(['details', 'tab\there \x1b[31mred\x1b[0m', 'bin\x01ary']);
  });

  it('--truncate-newline keeps the first line of each message', async () => {
    journal.log({ message: 'one\ntwo', priority: 6, unit: 'foo.service' });
    host.settle();
    expect((await output('-u foo --truncate-newline')).map((line) => line.replace(/.*: /, ''))).toEqual(['one']);
  });

  it('tells the lives of a unit apart', async () => {
    const lives = ['1'.repeat(32), '2'.repeat(32)];
    for (const id of lives) {
      journal.log({ message: `Started ${id[0]}.`, priority: 6, unit: 'foo.service', fields: { INVOCATION_ID: id } });
      host.advance(1000);
      journal.log({ message: `Ended ${id[0]}.`, priority: 6, unit: 'foo.service', fields: { INVOCATION_ID: id } });
    }
    host.settle();
    expect(await output('-u foo -I -o cat')).toEqual(['Started 2.', 'Ended 2.']);
    expect(await output('-u foo --invocation=-1 -o cat')).toEqual(['Started 1.', 'Ended 1.']);
    expect(await output(`--invocation=${lives[0]} -o cat`)).toEqual(['Started 1.', 'Ended 1.']);
    const listed = await output('-u foo --list-invocations');
    expect(listed[0]).toMatch(/^IDX INVOCATION ID +FIRST ENTRY +LAST ENTRY/);
    expect(listed.slice(1).map((line) => line.trim().split(' ').slice(0, 2))).toEqual([
      ['-1', lives[0]],
      ['0', lives[1]],
    ]);
    expect(await run('-u foo --invocation=-2')).toMatchObject({ status: 1, out: '' });
    expect((await run('--list-invocations')).err).toBe(
      'Using --list-invocations requires a unit. Please specify a unit name with -u/--unit=/--user-unit=.\n',
    );
  });

  it('lists namespaces, of which there are none of its own', async () => {
    expect(await run('--list-namespaces')).toEqual({ status: 0, out: '', err: 'No namespaces found.\n' });
    host.files.mkdirs(`/var/log/journal/${host.machineId}.web`);
    expect(await output('--list-namespaces')).toEqual(['NAMESPACE', 'web']);
  });

  it('shows a unit as journalctl does', async () => {
    fill();
    expect(await output('-u foo')).toEqual([
      'Nov 24 14:30:00 box systemd[1]: Old boot.',
      `-- Boot ${bootA} --`,
      'Nov 24 14:30:01 box systemd[1]: Started foo.service.',
      'Nov 24 14:30:01 box food[77]: ready',
      'Nov 24 14:30:01 box food[77]: an error',
      'Nov 24 14:30:01 box food[77]: details',
      'Nov 24 14:30:01 box food[77]: tab        here red',
      'Nov 24 14:30:01 box food[77]: [7B blob data]',
    ]);
    expect(await output('-b -u foo -o cat -p 3..4')).toEqual(['an error']);
    expect(await output('-u foo -p err -o cat')).toEqual(['an error']);
    expect(await output('-u foo -t systemd -o cat')).toEqual(['Old boot.', 'Started foo.service.']);
    expect(await output('-u b* -o cat')).toEqual(['bar.service: Failed.']);
    expect(await output('-u foo -n 2 -o cat')).toEqual(['tab\there \x1b[31mred\x1b[0m', 'bin\x01ary']);
    expect(await output('-u foo -n2 -r -o cat')).toEqual(['bin\x01ary', 'tab\there \x1b[31mred\x1b[0m']);
    expect(await output('-u foo -o cat -n 1 --no-pager -q -e')).toHaveLength(1);
    expect(await output('-u nothing')).toEqual(['-- No entries --']);
    expect(await output('-u nothing -o cat')).toEqual([]);
  });

  it('has the other forms of a line', async () => {
    fill();
    const last = async (options: string): Promise<string> => (await output(`-u bar -n 1 ${options}`))[0]!;
    expect(await last('-o short')).toBe('Nov 24 14:30:02 box systemd[1]: bar.service: Failed.');
    expect(await last('-o short-iso')).toBe('2026-11-24T14:30:02+0000 box systemd[1]: bar.service: Failed.');
    expect(await last('-o short-iso-precise')).toMatch(/^2026-11-24T14:30:02\.005000\+0000 box /);
    expect(await last('-o short-precise')).toMatch(/^Nov 24 14:30:02\.005000 box /);
    expect(await last('-o short-full')).toBe('Tue 2026-11-24 14:30:02 UTC box systemd[1]: bar.service: Failed.');
    expect(await last('-o short-monotonic')).toBe('[    7.000000] box systemd[1]: bar.service: Failed.');
    expect(await last('-o short-unix')).toBe('1795530602.005000 box systemd[1]: bar.service: Failed.');
    expect(await last('-o with-unit')).toBe('Tue 2026-11-24 14:30:02 UTC box init.scope[1]: bar.service: Failed.');
    expect(await last('--no-hostname')).toBe('Nov 24 14:30:02 systemd[1]: bar.service: Failed.');
    expect(await last('-o cat --output-fields=PRIORITY,MESSAGE')).toBe('4');
    expect(JSON.parse(await last('-o json'))).toMatchObject({
      MESSAGE: 'bar.service: Failed.',
      PRIORITY: '4',
      _SYSTEMD_UNIT: 'init.scope',
      __REALTIME_TIMESTAMP: '1795530602005000',
      __MONOTONIC_TIMESTAMP: '7000000',
      _BOOT_ID: bootA,
    });
    expect(await last('-o json-sse')).toMatch(/^data: \{/);
    expect(await last('-o json-seq')).toMatch(/^\x1e\{/);
    expect((await output('-u bar -n 1 -o json-pretty'))[1]).toMatch(/^\t"__CURSOR" : "s=/);
    const verbose = await output('-u bar -n 1 -o verbose');
    expect(verbose[0]).toMatch(
      /^Tue 2026-11-24 14:30:02\.005000 UTC \[s=[0-9a-f]{32};i=8;b=a{32};m=6acfc0;t=[0-9a-f]+;x=[0-9a-f]+\]$/,
    );
    expect(verbose).toContain('    UNIT=bar.service');
    const exported = await output('-u bar -n 1 -o export');
    expect(exported.slice(1, 4)).toEqual([
      '__REALTIME_TIMESTAMP=1795530602005000',
      '__MONOTONIC_TIMESTAMP=7000000',
      `_BOOT_ID=${bootA}`,
    ]);
    expect(exported.at(-1)).toBe('');
  });

  it('takes matches, with + between alternatives', async () => {
    fill();
    expect(await output('-o cat PRIORITY=3 + PRIORITY=4')).toEqual(['an error', 'bar.service: Failed.']);
    expect(await output('-o cat _PID=77 PRIORITY=3 PRIORITY=7')).toEqual(['an error', 'details']);
    expect(await run('PRIORITY=3 +')).toMatchObject({ status: 1, err: '"+" can only be used between terms\n' });
    expect(await run('foo')).toMatchObject({ status: 1, err: "Failed to add match 'foo': Invalid argument\n" });
    expect(await run('/nosuch')).toMatchObject({
      status: 1,
      err: "Couldn't canonicalize path: No such file or directory\n",
    });
  });

  it('goes by time and by cursor', async () => {
    fill();
    expect(await output('-o cat -S @1795530602')).toEqual(['bar.service: Failed.']);
    expect(await output('-o cat -U @1795530601')).toEqual(['Old boot.']);
    expect(await run('-S tomorrow -U today')).toMatchObject({ status: 1, err: '--since= must be before --until=.\n' });
    const shown = await output('-u foo -p err --show-cursor');
    const cursor = shown.at(-1)!.slice('-- cursor: '.length);
    expect(await output(`-o cat --after-cursor=${cursor} -n 1`)).toEqual(['details']);
    expect(await output(`-o cat -c ${cursor} -n 1`)).toEqual(['an error']);
    expect(await run('-c x;y')).toMatchObject({ status: 1, err: 'Failed to seek to cursor: Invalid argument\n' });
    expect(await output('-o cat --cursor-file=/tmp/c -n 1 PRIORITY=3')).toEqual(['an error']);
    expect(await output('-o cat --cursor-file=/tmp/c -n 1')).toEqual(['details']);
  });

  it('explains', async () => {
    fill();
    expect((await output('-x -u foo -b')).slice(0, 8)).toEqual([
      'Nov 24 14:30:01 box systemd[1]: Started foo.service.',
      '░░ Subject: A start job for unit foo.service has finished successfully',
      '░░ Defined-By: systemd',
      '░░ Support: https://www.debian.org/support',
      '░░ ',
      '░░ A start job for unit foo.service has finished successfully.',
      '░░ ',
      '░░ The job identifier is 12.',
    ]);
  });

  it('greps', async () => {
    fill();
    const journalFiles = await run('-o cat -g ERR.R -u foo', { manager: false });
    expect(journalFiles).toMatchObject({ status: 1, out: '' });
    expect(await run('-o cat -g err.r -u foo', { manager: false })).toMatchObject({ status: 0, out: 'an error\n' });
    expect((await run('-g err')).status).toBe('local');
  });

  it('knows boots', async () => {
    fill();
    const boots = await output('--list-boots');
    expect(boots).toEqual([
      'IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY',
      ` -1 ${bootB} Tue 2026-11-24 14:30:00 UTC Tue 2026-11-24 14:30:00 UTC`,
      `  0 ${bootA} Tue 2026-11-24 14:30:01 UTC Tue 2026-11-24 14:30:02 UTC`,
    ]);
    expect(await output('-b -1 -o cat')).toEqual(['Old boot.']);
    expect(await output(`-b ${bootB} -o cat`)).toEqual(['Old boot.']);
    expect(await run('-b 7')).toMatchObject({
      status: 1,
      err: 'Data from the specified boot (+7) is not available: No such boot ID in journal\n',
    });
  });

  it('follows until it is interrupted', async () => {
    fill();
    const abort = new AbortController();
    const { answer, done } = start(['-f', '-u', 'foo', '-n', '1', '-o', 'cat', '-p', '0..6'], { abort });
    await settle();
    expect(answer.out).toBe('bin\x01ary\n');
    journal.log({ message: 'news', priority: 6, unit: 'foo.service' });
    journal.log({ message: 'not these', priority: 6, unit: 'bar.service' });
    await settle();
    expect(answer.out).toBe('bin\x01ary\nnews\n');
    abort.abort();
    await settle();
    await done;
    expect(answer.status).toBe(0);
  });

  it('follows files where there is no manager', async () => {
    fill();
    const abort = new AbortController();
    const { answer, done } = start(['-f', '-u', 'bar', '-o', 'cat'], { abort, manager: false });
    await settle();
    expect(answer.out).toBe('bar.service: Failed.\n');
    journal.log({ message: 'news', priority: 6, unit: 'bar.service' });
    host.advance(1000);
    await settle();
    expect(answer.out).toBe('bar.service: Failed.\nnews\n');
    abort.abort();
    await settle();
    await done;
  });

  it.each(['--directory=/var/log/journal', '--file=FILE'])('follows what is written to %s', async (place) => {
    fill();
    const [directory] = journal.directories();
    const file = host.files.readdir(directory!).findLast((name) => name.endsWith('.export'));
    const abort = new AbortController();
    const { answer, done } = start(['-f', '-o', 'cat', '-u', 'bar', place.replace('FILE', `${directory}/${file}`)], {
      abort,
      manager: false,
    });
    await settle();
    for (const message of ['one', 'two']) {
      journal.log({ message, priority: 6, unit: 'bar.service' });
      journal.sync();
      await settle();
    }
    expect(answer.out).toBe('bar.service: Failed.\none\ntwo\n');
    abort.abort();
    await settle();
    await done;
  });

  it.each([true, false])('follows where there is nothing to show yet (manager: %s)', async (manager) => {
    journal.close();
    journal = new Journal(host, { console: 'none' });
    const abort = new AbortController();
    const { answer, done } = start(['-f', '-o', 'cat', '-u', 'bar'], { abort, manager });
    await settle();
    for (const message of ['one', 'two']) {
      journal.log({ message, priority: 6, unit: 'bar.service' });
      journal.sync();
      await settle();
    }
    expect(answer.out).toBe('one\ntwo\n');
    abort.abort();
    await settle();
    await done;
  });

  it('follows a journal that comes later, directory by directory', async () => {
    journal.close();
    host.files.removeTree('/var/log/journal');
    const abort = new AbortController();
    const { answer, done } = start(['-f', '-o', 'cat', '-u', 'bar'], { abort, manager: false });
    await settle();
    host.files.mkdir('/var/log/journal');
    await settle();
    journal = new Journal(host, { console: 'none' });
    await settle();
    for (const message of ['one', 'two']) {
      journal.log({ message, priority: 6, unit: 'bar.service' });
      journal.sync();
      await settle();
    }
    expect(answer.out).toBe('one\ntwo\n');
    abort.abort();
    await settle();
    await done;
  });

  it('lists fields and values', async () => {
    fill();
    expect((await output('-F UNIT')).sort()).toEqual(['bar.service', 'foo.service']);
    expect(await output('-F JOB_ID')).toEqual(['12']);
    expect(await output('-N')).toEqual(expect.arrayContaining(['MESSAGE', 'JOB_ID', '_SYSTEMD_UNIT', 'PRIORITY']));
  });

  it('takes care of the files', async () => {
    fill();
    const usage = await output('--disk-usage');
    expect(usage[0]).toMatch(/^Archived and active journals take up \d+(\.\d)?[BK] in the file system\.$/);
    expect(await run('--sync')).toEqual({ status: 0, out: '', err: '' });
    expect((await run('--verify')).status).toBe('local');
    expect((await run('--verify', { manager: false })).err).toMatch(/^PASS: \/var\/log\/journal\/f.*\.export\n$/);
    host.advance(1000);
    const vacuumed = await run('--rotate --vacuum-time=1us');
    expect(vacuumed.status).toBe(0);
    expect(vacuumed.err).toMatch(
      /^Vacuuming done, freed 0B of archived journals from \/var\/log\/journal\.\nDeleted archived journal \S*\.export \(\S*\)\.\nVacuuming done, freed \S* of archived journals from \/var\/log\/journal\/f\w*\.\n$/,
    );
    expect(await output('-o cat')).toEqual([expect.stringMatching(/^System Journal \(.*\) is .*, max .*, .* free\.$/)]);
    journal.log({ message: 'goes on', priority: 6 });
    expect((await output('-o cat')).at(-1)).toBe('goes on');
  });

  it('says what is wrong with a call', async () => {
    fill();
    const errors: [string, string][] = [
      ['-o foo', "Unknown output format 'foo'."],
      ['-p foo', 'Unknown log level foo'],
      ['-n foo', "Failed to add match 'foo': Invalid argument"],
      ['--lines=foo', "Failed to parse lines 'foo'"],
      ['-b nosuch', "Failed to add match 'nosuch': Invalid argument"],
      ['--boot=nosuch', "Failed to parse boot descriptor 'nosuch'"],
      ['-S foo', 'Failed to parse timestamp: foo'],
      ['--foo', "journalctl: unrecognized option '--foo'"],
      ['-u', "journalctl: option requires an argument -- 'u'"],
      ['--list-boots extra', "Extraneous arguments starting with 'extra'"],
      ['--facility=foo', 'Bad --facility= argument "foo".'],
      ['--interval=x', 'Failed to parse sealing key change interval: x'],
      ['--cursor=x --since=today', 'Please specify only one of --since=, --cursor=, and --after-cursor=.'],
      ['-f -r', 'Please specify either --reverse= or --follow=, not both.'],
      ['-u x*', 'Failed to add filter for units: No data available'],
    ];
    for (const [line, message] of errors) expect(await run(line)).toEqual({ status: 1, out: '', err: `${message}\n` });
    expect((await run('-o help')).out).toContain('short-iso-precise\n');
    expect((await run('-D /nosuch', { manager: false })).err).toBe(
      'Failed to open /nosuch: No such file or directory\n',
    );
    expect(await run('--root=/nosuch', { manager: false })).toEqual({
      status: 0,
      out: '-- No entries --\n',
      err: 'No journal files were found.\n',
    });
  });
});
