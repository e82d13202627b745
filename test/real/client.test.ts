import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeExit, encodeFrame, encodeGreeting, FrameType } from '../../src/control/protocol.ts';
import { type ControlRequest, type ControlServer, serveControl } from '../../src/control/server.ts';
import { createRealHost } from '../../src/sys/real-host.ts';
import { frontDoorOfLibrary } from '../support/built.ts';
import { eventually } from '../support/real-process.ts';

/** A tree like that of the package, with a bundle that says what it was called with. */
const tree = mkdtempSync(join(tmpdir(), 'pidone-client-'));
const client = join(tree, 'usr/bin/systemctl');
const socket = join(tree, 'control');

const host = createRealHost({ manager: false });
let server: ControlServer;
const cancelled: string[] = [];
let endFollowed = (): void => {};

function handle(request: ControlRequest): number | 'local' | Promise<number | 'local'> {
  switch (request.argv[0]) {
    case 'facts':
      request.out(
        JSON.stringify({
          program: request.program,
          argv: request.argv,
          env: request.env,
          cwd: request.cwd,
          terminal: request.terminal,
        }),
      );
      return 0;
    case 'status':
      request.out('out\n');
      request.err('err\n');
      return 3;
    case 'table':
      request.out('table\n');
      request.flush();
      request.out('foot\n');
      request.err('err\n');
      return 0;
    case 'follow': {
      request.out('first\n');
      // With the argument more comes all the time, and little of it.
      const more = setInterval(() => request.argv[1] === undefined || request.out('.'), 5);
      return new Promise((answer) => {
        endFollowed = () => {
          clearInterval(more);
          answer(0);
        };
      });
    }
    case 'flood':
      return flood(request);
    case 'hang':
      return new Promise((answer) =>
        request.signal.addEventListener('abort', () => {
          cancelled.push(request.argv[1] ?? '');
          answer(1);
        }),
      );
    default:
      return 'local';
  }
}

async function flood(request: ControlRequest): Promise<number> {
  for (let i = 0; i < Number(request.argv[1]) && !request.signal.aborted; i++) {
    request.out('0123456789abcdef'.repeat(2048));
    await request.drained();
  }
  return 0;
}

interface Finished {
  status: number | null;
  signal: string | null;
  out: string;
  err: string;
}

function start(path: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(path, args, { env: { PATH: process.env.PATH ?? '', PIDONE_SOCKET: socket, ...env }, cwd: tree });
}

function finished(child: ChildProcess): Promise<Finished> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((done) => child.on('close', (status, signal) => done({ status, signal, out, err })));
}

const run = (args: string[], env: Record<string, string> = {}, path = client) => finished(start(path, args, env));

describe.skipIf(!existsSync(frontDoorOfLibrary))('the front door', () => {
  beforeAll(() => {
    mkdirSync(join(tree, 'usr/bin'), { recursive: true });
    mkdirSync(join(tree, 'usr/lib/pidone'), { recursive: true });
    copyFileSync(frontDoorOfLibrary, client);
    for (const name of ['journalctl', 'init', 'poweroff', 'systemd-cat', 'systemd-notify'])
      symlinkSync('systemctl', join(tree, 'usr/bin', name));
    symlinkSync(process.execPath, join(tree, 'usr/lib/pidone/node'));
    writeFileSync(
      join(tree, 'usr/lib/pidone/pidone.cjs'),
      'process.stdout.write(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;',
    );
    server = serveControl(host, {
      path: socket,
      handler: handle,
      version: '0.1.0',
      limits: { connections: 8 },
    });
  });

  afterAll(() => {
    server.close();
    host.close();
    rmSync(tree, { recursive: true, force: true });
  });

  it('brings back output, errors and the exit status', async () => {
    expect(await run(['status'])).toEqual({ status: 3, signal: null, out: 'out\n', err: 'err\n' });
  });

  it('says what is for stdout last where no terminal is behind it, as stdio does, unless there is much or a pause', async () => {
    const together = (word: string) =>
      finished(start('/bin/sh', ['-c', `exec 2>&1; ${client} ${word}; echo status $?`]));
    expect((await together('status')).out).toBe('err\nout\nstatus 3\n');
    expect((await together('table')).out).toBe('table\nerr\nfoot\nstatus 0\n');
    for (const words of [['follow'], ['follow', 'more']]) {
      const follows = start(client, words);
      const end = finished(follows);
      follows.stdout?.once('data', () => endFollowed());
      expect(await end).toMatchObject({ status: 0, out: expect.stringMatching(/^first\n\.*$/) });
    }
  });

  it('sends its name, arguments, directory and the variables that matter', async () => {
    const { out } = await run(
      ['facts', '', 'ä b', '--x=y'],
      { SYSTEMD_COLORS: '0', SECRET: 'x', LC_TIME: 'C' },
      join(tree, 'usr/bin/journalctl'),
    );
    expect(JSON.parse(out)).toEqual({
      program: 'journalctl',
      argv: ['facts', '', 'ä b', '--x=y'],
      env: { PATH: process.env.PATH ?? '', PIDONE_SOCKET: socket, SYSTEMD_COLORS: '0', LC_TIME: 'C' },
      cwd: tree,
      terminal: { stdin: false, stdout: false, stderr: false, columns: 0, lines: 0 },
    });
  });

  it('sends the whole environment to import-environment', async () => {
    const { out } = await run(['facts', 'import-environment'], { SECRET: 'x' });
    expect(JSON.parse(out).env).toMatchObject({ SECRET: 'x' });
  });

  it('carries large outputs whole', async () => {
    const { out, status } = await run(['flood', '640']);
    expect(status).toBe(0);
    expect(out).toBe('0123456789abcdef'.repeat(2048 * 640));
  });

  it('cancels its request when it is interrupted', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const child = start(client, ['hang', signal]);
      const end = finished(child);
      await eventually(() => server.requests === 1);
      child.kill(signal);
      expect((await end).signal).toBe(signal);
      await eventually(() => cancelled.includes(signal));
    }
  });

  it('ends when nobody reads it, and the request with it', async () => {
    const child = start(join(tree, 'usr/bin/journalctl'), ['flood', '1000000']);
    const end = finished(child);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { status, signal } = await end;
    // Where the test runner's own thread blocks SIGPIPE it is an exit instead.
    expect(signal === 'SIGPIPE' || status === 1).toBe(true);
    await eventually(() => server.requests === 0);
  });

  it('becomes Node with the same arguments where the manager hands the call back', async () => {
    expect(await run(['edit', 'a.service'])).toMatchObject({ status: 7, out: '["systemctl","edit","a.service"]' });
  });

  it('becomes Node where no manager listens, or one of another version', async () => {
    const missing = await run(['is-enabled', 'a'], { PIDONE_SOCKET: join(tree, 'none') });
    expect(missing).toMatchObject({ status: 7, out: '["systemctl","is-enabled","a"]' });
    const other = join(tree, 'other');
    const listener = host.listenStream(other, 0o600);
    listener.onConnection = (connection) => {
      connection.write(encodeFrame(FrameType.version, Buffer.from('pidone 9')));
      connection.end();
    };
    expect(await run(['is-enabled', 'a'], { PIDONE_SOCKET: other })).toMatchObject({ status: 7 });
    listener.close();
  });

  it('says so when the manager goes away in the middle', async () => {
    const dying = join(tree, 'dying');
    const listener = host.listenStream(dying, 0o600);
    listener.onConnection = (connection) => {
      connection.onData = () => {
        connection.write(encodeFrame(FrameType.out, Buffer.from('half')));
        connection.end();
      };
    };
    expect(await run(['status'], { PIDONE_SOCKET: dying })).toMatchObject({
      status: 1,
      out: 'half',
      err: 'The connection to the manager was lost before it had answered.\n',
    });
    listener.close();
  });

  it('asks again when the manager has too many callers', async () => {
    const crowded = join(tree, 'crowded');
    let calls = 0;
    const listener = host.listenStream(crowded, 0o600);
    listener.onConnection = (connection) => {
      calls++;
      connection.write(calls < 3 ? encodeFrame(FrameType.busy) : encodeExit(3));
      connection.end();
    };
    expect(await run(['status'], { PIDONE_SOCKET: crowded })).toMatchObject({ status: 3 });
    expect(calls).toBe(3);
    listener.close();
  });

  it('asks again when the manager ends before it has read the request', async () => {
    const ending = join(tree, 'ending');
    let calls = 0;
    const listener = createServer({ pauseOnConnect: true }, (connection) => {
      if (++calls === 2) listener.close();
      connection.destroy();
    });
    await new Promise<void>((done) => listener.listen(ending, done));
    const { status, err } = await run(['status'], { PIDONE_SOCKET: ending });
    expect([status, err, calls]).toEqual([7, '', 2]);
  });

  it('gets through while others flood the socket', async () => {
    const flooders = Array.from({ length: 4 }, () => {
      const one = connect(socket);
      one.on('error', () => {});
      one.write(encodeGreeting());
      one.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
      return one;
    });
    expect(await run(['status'])).toMatchObject({ status: 3 });
    for (const one of flooders) one.destroy();
  });

  it('becomes the manager as init and where it is asked to', async () => {
    for (const args of [
      ['init', 'a.service'],
      ['--init', 'a.service'],
      ['-1', 'a.service'],
    ]) {
      expect(JSON.parse((await run(args)).out)).toEqual(['init', 'a.service']);
    }
    const alone = { PIDONE_SOCKET: join(tree, 'none') };
    const init = join(tree, 'usr/bin/init');
    expect(JSON.parse((await run([], alone, init)).out)).toEqual(['init']);
    expect(JSON.parse((await run(['a.service'], alone, init)).out)).toEqual(['init', 'a.service']);
    expect(JSON.parse((await run(['3'], alone, init)).out)).toEqual(['init', '3']);
    expect(JSON.parse((await run(['start', 'init'])).out)).toEqual(['systemctl', 'start', 'init']);
  });

  it('becomes the manager where --init of systemctl.py asks for it', async () => {
    const alone = { PIDONE_SOCKET: join(tree, 'none') };
    const called = async (args: string[], env: Record<string, string> = alone) =>
      JSON.parse((await run(args, env)).out) as string[];
    for (const args of [
      ['--init', 'start', 'a'],
      ['start', '--init', 'a'],
      ['start', 'a', '-1'],
    ])
      expect([args, await called(args)]).toEqual([args, ['init', 'a']]);
    expect(await called(['-e', 'A=1', '--init', 'default'])).toEqual(['init', '-e', 'A=1']);
    expect(await called(['default', '--init', '-0'])).toEqual(['init', '-0']);
    expect(await called(['start', '--init'])).toEqual(['init', 'basic.target']);
    expect(await called(['start', '--init', '--now'])).toEqual(['init', '--now']);
    expect(await called(['-1', 'listen', 'a.socket'])).toEqual(['init', 'a.socket']);
    expect(await called(['-c', 'X=1', 'init', 'a'])).toEqual(['init', '-c', 'X=1', 'a']);
    // Another verb is answered, and so is any where a manager is there already.
    expect(await called(['--init', 'is-active', 'a'])).toEqual(['systemctl', '--init', 'is-active', 'a']);
    expect(await called(['-n', '1', 'cat', 'a'])).toEqual(['systemctl', '-n', '1', 'cat', 'a']);
    for (const args of [
      ['--init', 'start', 'a'],
      ['--init', 'default'],
    ])
      expect(await called(args, {})).toEqual(['systemctl', ...args]);
  });

  it('has the names of systemctl.py', async () => {
    const alone = { PIDONE_SOCKET: join(tree, 'none') };
    for (const [name, program] of [
      ['systemctl.py', 'systemctl'],
      ['systemctl3.py', 'systemctl'],
      ['journalctl.py', 'journalctl'],
      ['journalctl3.py', 'journalctl'],
    ] as const) {
      symlinkSync('systemctl', join(tree, 'usr/bin', name));
      expect(JSON.parse((await run(['-u', 'a'], alone, join(tree, 'usr/bin', name))).out)).toEqual([
        program,
        '-u',
        'a',
      ]);
    }
  });

  it('has --version answered, also of programs that it answers for itself', async () => {
    const alone = { PIDONE_SOCKET: join(tree, 'none') };
    const asked = ['systemctl', '--version'];
    for (const name of ['systemctl', 'systemd-notify', 'systemd-cat'])
      expect(JSON.parse((await run(['--version'], alone, join(tree, 'usr/bin', name))).out)).toEqual(asked);
  });

  it('as systemd-notify says what is missing', async () => {
    const notify = join(tree, 'usr/bin/systemd-notify');
    expect(await run(['--ready'], {}, notify)).toMatchObject({
      status: 1,
      err: 'No status data could be sent: $NOTIFY_SOCKET was not set\n',
    });
    expect(await run(['--pid=x'], {}, notify)).toMatchObject({ status: 1, err: 'Failed to parse PID x.\n' });
    expect((await run(['--nonsense'], {}, notify)).status).toBe(1);
  });

  it('as systemd-notify --fork waits until a program is ready, or ends', async () => {
    const notify = join(tree, 'usr/bin/systemd-notify');
    const fork = (...argv: string[]) => run(['--fork', ...argv], { PATH: process.env.PATH ?? '' }, notify);
    const ready = await fork('--', 'sh', '-c', `exec 2>/dev/null; echo lost; "${notify}" --ready; exec sleep 60`);
    expect(ready).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\n$/), err: '' });
    process.kill(Number(ready.out), 'SIGKILL');
    // Nobody may listen any more when the one that says READY=1 asks whether it was heard.
    const told = `"${notify}" --reloading STATUS=x; exec 2>/dev/null; "${notify}" READY=1 --fd=0 --fdname=in; true`;
    expect(await fork('-q', 'sh', '-c', told)).toMatchObject({ status: 0, out: '', err: '' });
    expect(await fork('sh', '-c', 'exit 3')).toMatchObject({ status: 3, out: '' });
    expect(await fork('-q', join(tree, 'nothing'))).toMatchObject({ status: 127 });
    expect((await fork()).status).toBe(1);
  });

  it('as systemd-notify --exec becomes another program once it has said what it has to', async () => {
    const notify = join(tree, 'usr/bin/systemd-notify');
    const env = { PATH: process.env.PATH ?? '' };
    const words = ['--fork', '-q', '--', notify, '--ready', '--exec', ';', 'sh', '-c', 'exit 4', '--quiet'];
    expect((await run(words, env, notify)).status).toBe(0);
    expect(await run(['--exec', 'A=1'], env, notify)).toMatchObject({
      status: 1,
      err: "If --exec is used, argument list must contain ';' separator, refusing.\n",
    });
    expect((await run(['--exec', ';'], env, notify)).status).toBe(1);
    expect(await run(['--fdname=x', '--ready'], env, notify)).toMatchObject({
      status: 1,
      err: 'No file descriptors passed, but --fdname= set, refusing.\n',
    });
  });
});
