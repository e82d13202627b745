/** What the environment says to Node, its libraries and the dynamic linker changes nothing of ours; services get it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontDoor } from '../support/built.ts';
import { Container, whyNoContainer } from '../support/container.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pidone-environment-'));
/** Where nothing may be written, and nothing be loaded from. */
const trap = join(scratch, 'trap');

/** Each of these alone ends a Node, makes it say something, or makes it write files. */
const hostile: Record<string, string>[] = [
  { NODE_OPTIONS: '--no-such-option' },
  { NODE_OPTIONS: '--require=/nonexistent.js' },
  { NODE_OPTIONS: '--max-old-space-size=1' },
  { NODE_OPTIONS: '--trace-gc --trace-exit' },
  { NODE_DEBUG: '*', NODE_DEBUG_NATIVE: 'bootstrap' },
  { NODE_V8_COVERAGE: trap },
  { NODE_COMPILE_CACHE: trap },
  { NODE_REDIRECT_WARNINGS: join(trap, 'warnings'), NODE_PENDING_DEPRECATION: '1' },
  { NODE_ICU_DATA: '/nonexistent', ICU_DATA: '/nonexistent' },
  { NODE_EXTRA_CA_CERTS: '/nonexistent.pem', SSL_CERT_FILE: '/nonexistent.pem', SSL_CERT_DIR: '/nonexistent' },
  { NODE_CHANNEL_FD: '77', NODE_UNIQUE_ID: '1' },
  { NODE_REPL_EXTERNAL_MODULE: '/nonexistent.js', NODE_PATH: trap },
  { OPENSSL_CONF: '/nonexistent.cnf', OPENSSL_MODULES: trap, OPENSSL_ENGINES: trap },
  { LD_PRELOAD: '/nonexistent.so' },
  { LD_LIBRARY_PATH: trap },
  { LD_DEBUG: 'files' },
  { LD_AUDIT: '/nonexistent.so' },
  { MALLOC_ARENA_MAX: '1', MALLOC_PERTURB_: '85', MALLOC_TRACE: join(trap, 'malloc') },
  { GLIBC_TUNABLES: 'glibc.malloc.perturb=85:glibc.rtld.optional_static_tls=0' },
  { UV_THREADPOOL_SIZE: '0', UV_USE_IO_URING: '1' },
  { LC_ALL: 'tr_TR.UTF-8', LANG: 'xx' },
  { FORCE_COLOR: '3', NO_COLOR: '1' },
];
const together = Object.assign({}, ...hostile) as Record<string, string>;
const saying = (variables: Record<string, string>): string => {
  const [first, ...others] = Object.entries(variables).map(([name, value]) => `${name}=${value.replace(trap, '…')}`);
  return others.length < 5 ? [first, ...others].join(' ') : 'all of these at once';
};

interface Answer {
  status: number | null;
  out: string;
  err: string;
}

function run(argv: string[], env: Record<string, string>, program = frontDoor): Promise<Answer> {
  const child = spawn(program, argv, { env });
  const answer: Answer = { status: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    answer.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    answer.err += chunk.toString();
  });
  return new Promise((done) => child.on('close', (status) => done({ ...answer, status })));
}

beforeAll(() => {
  for (const directory of ['trap', 'root/etc/systemd/system']) mkdirSync(join(scratch, directory), { recursive: true });
  // A library that Node needs, and that is none.
  writeFileSync(join(trap, 'libstdc++.so.6'), 'trap');
  writeFileSync(join(scratch, 'root/etc/systemd/system/a.service'), '[Service]\nExecStart=/bin/true\n');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(!existsSync(frontDoor))('a program in the caller’s own process', () => {
  const call = [`--root=${join(scratch, 'root')}`, 'is-enabled', 'a.service'];
  const expected = { status: 0, out: 'static\n', err: '' };

  for (const variables of [{}, ...hostile])
    it(`heeds nothing of ${saying(variables)}`, async () => {
      expect(await run(call, variables)).toEqual(expected);
      expect(readdirSync(trap)).toEqual(['libstdc++.so.6']);
    });

  it('has the variables that are its own', async () => {
    const analyze = join(frontDoor, '../systemd-analyze');
    const { out } = await run(['unit-paths'], { SYSTEMD_UNIT_PATH: '/tmp/ünits:/b=c', EMPTY: '' }, analyze);
    expect(out).toBe('/tmp/ünits\n/b=c\n/usr/lib/pidone/units\n');
  });
});

/** The unit of the last test writes what it was given. */
const units = {
  'default.target': '[Unit]\nDefaultDependencies=no\nWants=a.service\n',
  'halt.target': '[Unit]\nDefaultDependencies=no\n',
  'a.service': `[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "env -0 > ${scratch}/seen"\n`,
};

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\0').slice(0, -1);

describe.skipIf(!existsSync(frontDoor))('a manager', () => {
  const env = {
    HOME: scratch,
    XDG_RUNTIME_DIR: join(scratch, 'run'),
    SYSTEMD_UNIT_PATH: join(scratch, 'units'),
    PIDONE_SOCKET: join(scratch, 'control'),
    // What an environment may hold, too.
    EMPTY: '',
    'ODD=': '==',
    _: 'ü',
  };

  beforeAll(() => {
    for (const directory of ['run', 'units']) mkdirSync(join(scratch, directory), { mode: 0o700 });
    for (const [name, text] of Object.entries(units)) writeFileSync(join(scratch, 'units', name), text);
  });

  for (const variables of [...hostile, together])
    it(`heeds nothing of ${saying(variables)}, and passes it on`, async () => {
      const given = { ...env, ...variables };
      const manager = spawn(frontDoor, ['init', '--user', '--console=none'], { env: given });
      let said = '';
      for (const stream of [manager.stdout, manager.stderr])
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
      const ended = new Promise<number | string | null>((done) =>
        manager.on('exit', (code, name) => done(name ?? code)),
      );
      try {
        for (let i = 0; i < 1000 && !existsSync(env.PIDONE_SOCKET) && manager.exitCode === null; i++)
          await new Promise((next) => setTimeout(next, 10));
        expect(await run(['is-system-running', '--wait'], given)).toEqual({ status: 0, out: 'running\n', err: '' });
        const assignments = Object.entries(given).map(([name, value]) => `${name}=${value}`);
        expect(lines(`/proc/${manager.pid}/environ`).sort()).toEqual(assignments.sort());
        expect(lines(join(scratch, 'seen'))).toEqual(expect.arrayContaining(assignments));
        expect(readFileSync(join(scratch, 'seen'), 'utf8')).not.toContain('PIDONE_ENV');
      } finally {
        manager.kill('SIGTERM');
      }
      expect({ said, ended: await ended }).toEqual({ said: '', ended: 0 });
      expect(readdirSync(trap)).toEqual(['libstdc++.so.6']);
    });
});

const reason = whyNoContainer();
if (reason !== undefined) console.log(`the environment of PID 1 left out: ${reason}`);

describe.skipIf(reason !== undefined)('PID 1', () => {
  it('heeds nothing of what the container was given, and shows it', async () => {
    const given = Object.entries(together).map(([name, value]) => `${name}=${value}`);
    const service = '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "env > /root/seen"\n';
    const container = await Container.boot(
      [{ path: '/etc/systemd/system/a.service', text: service }],
      ['env', ...given, '/usr/bin/systemctl'],
    );
    try {
      await container.sh('systemctl start a.service');
      expect(container.console).not.toMatch(/ld\.so|nonexistent/);
      const environ = (await container.sh("tr '\\0' '\\n' < /proc/1/environ")).out;
      const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
      expect(environ.split('\n').sort()).toEqual(['', 'container=pidone-test', path, ...given].sort());
      const seen = (await container.sh('cut -d= -f1 /root/seen')).out.split('\n').sort();
      expect(seen).toEqual(['', 'INVOCATION_ID', 'JOURNAL_STREAM', 'LANG', 'PATH', 'PWD', 'SYSTEMD_EXEC_PID']);
    } finally {
      await container.end();
    }
  }, 180_000);
});
