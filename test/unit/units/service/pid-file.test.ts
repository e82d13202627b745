import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/units/service.ts';
import { ServiceWorld } from '../../../support/service-world.ts';
import type { SimProcess } from '../../../support/sim-host.ts';
import { overwrite } from '../../../support/watch-cases.ts';

const file = '/run/d.pid';

/** A daemon whose parent ends at once; each step comes 100 ms after the one before. */
function late(
  steps: ((w: ServiceWorld, pid: number, main: SimProcess) => void)[],
  text = '',
): { w: ServiceWorld; service: Service; main: () => SimProcess } {
  const w = new ServiceWorld({ files: { '/usr/bin/d': '', '/usr/bin/post': '' } });
  let main: SimProcess | undefined;
  w.host.onSpawn = (process) => {
    if (process.comm !== 'd') {
      process.exit(0);
      return;
    }
    const daemon = process.daemonize();
    main = daemon;
    process.exit(0);
    steps.forEach((step, index) => {
      w.host.schedule((index + 1) * 100, () => step(w, daemon.pid, daemon));
    });
  };
  const service = w.service(
    'a.service',
    `Type=forking\nPIDFile=${file}\nExecStart=/usr/bin/d\nTimeoutStartSec=10\n${text}`,
  );
  return { w, service, main: () => main! };
}

type Step = (w: ServiceWorld, pid: number) => void;
const write =
  (text: string | number, path = file): Step =>
  ({ host }) =>
    overwrite(host.files, path, `${text}`);
const writePid =
  (path = file): Step =>
  ({ host }, pid) =>
    overwrite(host.files, path, `${pid}\n`);

describe('a PID file that the daemon writes after its parent has ended', () => {
  const kept = (w: ServiceWorld): void => w.host.files.openWritable(file, 'new').close();
  const cases: [string, Step[], string?][] = [
    ['at once', [writePid()]],
    ['empty first', [write(''), writePid()]],
    ['by appending', [write(''), ({ host }, pid) => host.files.append(file, `${pid}\n`)]],
    [
      'in two writes to a file that it keeps open',
      [
        kept,
        ({ host }, pid) => {
          const open = host.files.openWritable(file, 'existing');
          const digits = String(pid);
          // The first digits alone name nobody.
          open.write(Buffer.from(`0${digits[0]}`));
          host.schedule(100, () => open.write(Buffer.from(digits.slice(1))));
        },
      ],
    ],
    ['garbage first', [write('starting\n'), writePid()]],
    ['another number first', [write('999999\n'), writePid()]],
    ['number too large first', [write('99999999999999999999999\n'), writePid()]],
    ['emptied between', [write('999999\n'), write(''), writePid()]],
    ['unlinked and made anew', [write('999999\n'), ({ host }) => host.files.unlink(file), write(''), writePid()]],
    ['by rename', [writePid(`${file}.new`), ({ host }) => host.files.rename(`${file}.new`, file)]],
    [
      'by rename over a stale one',
      [write('999999\n'), writePid(`${file}.new`), ({ host }) => host.files.rename(`${file}.new`, file)],
    ],
    ['by a hard link', [writePid(`${file}.new`), ({ host }) => host.files.link(`${file}.new`, file)]],
    [
      'by another name of a linked file',
      [write('', `${file}.new`), ({ host }) => host.files.link(`${file}.new`, file), writePid(`${file}.new`)],
    ],
    [
      'behind a link that swings',
      [
        write('999999\n', '/run/one'),
        ({ host }) => host.files.symlink('one', file),
        writePid('/run/two'),
        ({ host }) => {
          host.files.symlink('two', '/run/link');
          host.files.rename('/run/link', file);
        },
      ],
    ],
    [
      'in directories that come one by one',
      [
        ({ host }) => host.files.mkdir('/run/a'),
        ({ host }) => host.files.mkdir('/run/a/b'),
        write('', '/run/a/b/d.pid'),
        writePid('/run/a/b/d.pid'),
      ],
      '/run/a/b/d.pid',
    ],
    [
      'in a tree that moves in as a whole',
      [
        ({ host }) => host.files.mkdirs('/run/n/b'),
        writePid('/run/n/b/d.pid'),
        ({ host }) => host.files.rename('/run/n', '/run/a'),
      ],
      '/run/a/b/d.pid',
    ],
    [
      'in a directory that is removed and made anew',
      [
        ({ host }) => host.files.mkdir('/run/a'),
        write('999999\n', '/run/a/d.pid'),
        ({ host }) => host.files.removeTree('/run/a'),
        ({ host }) => host.files.mkdir('/run/a'),
        write('', '/run/a/d.pid'),
        writePid('/run/a/d.pid'),
      ],
      '/run/a/d.pid',
    ],
    [
      'in a directory that moves away first',
      [
        ({ host }) => host.files.mkdir('/run/a'),
        write('999999\n', '/run/a/d.pid'),
        ({ host }) => host.files.rename('/run/a', '/run/b'),
        ({ host }) => host.files.mkdir('/run/a'),
        writePid('/run/a/d.pid'),
      ],
      '/run/a/d.pid',
    ],
    [
      'in a directory behind a link that comes late',
      [
        ({ host }) => host.files.mkdir('/run/real'),
        ({ host }) => host.files.symlink('real', '/run/a'),
        writePid('/run/real/d.pid'),
      ],
      '/run/a/d.pid',
    ],
    [
      'after a directory in its place',
      [({ host }) => host.files.mkdir(file), ({ host }) => host.files.rmdir(file), writePid()],
    ],
  ];

  it.each(cases)('%s', (_, steps, path = file) => {
    const { w, service, main } = late(steps, `PIDFile=${path}\n`);
    const job = w.start(service);
    w.host.advance(9000);
    expect(job.result).toBe('done');
    expect(service.subState).toBe('running');
    expect(service.mainPid).toBe(main().pid);
    expect(w.messages(service)[0]).toBe(`Can't open PID file ${path} (yet?) after start: No such file or directory`);
  });

  it('is waited for with ExecStartPost=, too', () => {
    const { w, service, main } = late([write(''), writePid()], 'ExecStartPost=/usr/bin/post\n');
    const job = w.start(service);
    w.host.advance(150);
    expect(service.subState).toBe('start-post');
    w.host.advance(100);
    expect(job.result).toBe('done');
    expect(service.mainPid).toBe(main().pid);
  });

  it('is no longer waited for once the service is up, or down', () => {
    const { w, service } = late([writePid()]);
    w.start(service);
    w.host.advance(1000);
    const { length } = w.lines;
    overwrite(w.host.files, file, 'garbage');
    w.host.advance(1000);
    expect(service.subState).toBe('running');
    expect(w.lines).toHaveLength(length);
    const never = late([write('999999\n')]);
    never.w.start(never.service);
    never.w.host.advance(12_000);
    expect(never.service.result).toBe('timeout');
    overwrite(never.w.host.files, file, '1');
    never.w.host.settle();
    expect(never.service.subState).toBe('failed');
  });

  it('ends the start where it can be watched no longer', () => {
    const loop = late([({ host }) => host.files.symlink('d.pid', file)]);
    loop.w.start(loop.service);
    loop.w.host.advance(200);
    expect(loop.service.result).toBe('resources');
    expect(loop.w.messages(loop.service)).toContain(
      `Failed to set a watch for PID file ${file}: Too many levels of symbolic links`,
    );
    expect(loop.w.lines.map((l) => l.message)).toContain(
      `Failed to add a watch for ${file}: Too many levels of symbolic links`,
    );
    expect(loop.main().alive).toBe(false);
    const parent = late([write('', '/run/a')], 'PIDFile=/run/a/d.pid\n');
    parent.w.start(parent.service);
    parent.w.host.advance(200);
    expect(parent.service.result).toBe('resources');
  });

  it('fails the start where it can not be watched at all', () => {
    const { w, service } = late([], 'PIDFile=/run/a/d.pid\n');
    overwrite(w.host.files, '/run/a', '');
    w.start(service);
    w.host.settle();
    expect(service.result).toBe('protocol');
    expect(w.messages(service)).toContain('Failed to set a watch for PID file /run/a/d.pid: Not a directory');
  });

  it('fails the start at once where nobody is left when the parent ends', () => {
    const { w, service } = late([]);
    w.host.onSpawn = (process) => process.exit(0);
    w.start(service);
    w.host.settle();
    expect(service.result).toBe('protocol');
  });

  it('may still come when the daemon has died, from whom it may be', () => {
    const dies = late([(_w, _pid, main) => main.exit(7)]);
    dies.w.start(dies.service);
    dies.w.host.advance(9000);
    expect(dies.service.subState).toBe('start');
    dies.w.host.advance(2000);
    expect(dies.service.result).toBe('timeout');
    const foreign = late([
      (_w, _pid, main) => main.exit(0),
      ({ host }) => overwrite(host.files, file, `${host.addForeign().pid}\n`),
    ]);
    foreign.w.start(foreign.service);
    foreign.w.host.advance(1000);
    expect(foreign.service.subState).toBe('running');
  });

  it('does not come any more when the main process was known and all have ended', () => {
    const { w, service } = late(
      [({ host }, pid) => overwrite(host.files, file, `${pid}\n`)],
      'ExecStartPost=/usr/bin/post\nNotifyAccess=all\n',
    );
    let helper: SimProcess | undefined;
    w.host.onSpawn = (process) => {
      if (process.comm === 'post') {
        process.exit(0, 100);
        return;
      }
      const main = process.daemonize();
      helper = main.fork();
      overwrite(w.host.files, file, `${main.pid}\n`);
      process.exit(0);
      main.exit(0, 50);
      helper.exit(0, 300);
    };
    w.start(service);
    w.host.advance(200);
    expect(service.subState).toBe('start-post');
    w.host.advance(200);
    expect(w.messages(service)).toContain('Daemon never wrote its PID file. Failing.');
    expect(service.result).toBe('protocol');
  });
});
