import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import type { Service } from '../../../../src/units/service.ts';
import { overwrite } from '../../../support/watch-cases.ts';
import { type World, world } from '../../../support/world.ts';

const file = '/run/d.pid';

/** A daemon whose parent ends at once; each step comes 100 ms after the one before. */
function late(
  steps: ((w: World, pid: number, main: SimProcess) => void)[],
  text = '',
): { w: World; service: Service; main: () => SimProcess } {
  const w = world({ files: { '/usr/bin/d': '', '/usr/bin/post': '' } });
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

type Step = (w: World, pid: number) => void;
const write =
  (text: string | number, path = file): Step =>
  ({ host }) =>
    overwrite(host.files, path, `${text}`);
const writePid =
  (path = file): Step =>
  ({ host }, pid) =>
    overwrite(host.files, path, `${pid}\n`);

describe('a PID file that the daemon writes after its parent has ended', () => {
  const kept = (w: World): void => w.host.files.openWritable(file, 'new').close();
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
          // The first digit alone names the manager, or nobody.
          open.write(Buffer.from(digits[0]!));
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
    const { length } = w.logged;
    overwrite(w.host.files, file, 'garbage');
    w.host.advance(1000);
    expect(service.subState).toBe('running');
    expect(w.logged).toHaveLength(length);
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
    expect(loop.w.logged.map((l) => l.message)).toContain(
      `Failed to add a watch for ${file}: Too many levels of symbolic links`,
    );
    expect(loop.main().alive).toBe(false);
    const parent = late([write('', '/run/a')], 'PIDFile=/run/a/d.pid\n');
    parent.w.start(parent.service);
    parent.w.host.advance(200);
    expect(parent.service.result).toBe('resources');
  });

  it('is waited for where PIDFile= says after daemon-reload', () => {
    const { w, service, main } = late([
      (world) =>
        void world.service(
          'a.service',
          'Type=forking\nPIDFile=/run/new.pid\nExecStart=/usr/bin/d\nTimeoutStartSec=10\n',
        ),
      write('999999\n', '/run/new.pid'),
      writePid('/run/new.pid'),
    ]);
    w.start(service);
    w.host.advance(250);
    expect(service.subState).toBe('start');
    w.host.advance(100);
    expect(service.subState).toBe('running');
    expect(service.mainPid).toBe(main().pid);
    // It is there already; it can't be there.
    const text = (path: string): string => `Type=forking\nPIDFile=${path}\nExecStart=/usr/bin/d\nTimeoutStartSec=10\n`;
    const there = late([writePid('/run/new.pid'), (world) => void world.service('a.service', text('/run/new.pid'))]);
    there.w.start(there.service);
    there.w.host.advance(250);
    expect(there.service.subState).toBe('running');
    const never = late([(world) => void world.service('a.service', text('/etc/passwd/x'))]);
    never.w.start(never.service);
    never.w.host.advance(250);
    expect(never.service.result).toBe('resources');
  });

  it('is waited for on, where daemon-reload changes nothing', () => {
    const { w, service } = late([
      (world) => void world.service('a.service', w.host.files.readText('/etc/systemd/system/a.service')),
      write(''),
      writePid(),
    ]);
    w.start(service);
    w.host.advance(400);
    expect(service.subState).toBe('running');
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

describe('what a PID file says', () => {
  /** How the start goes when the parent has left this in the file, or done this with it. */
  function read(how: (host: World['host'], pid: number) => void): {
    w: World;
    service: Service;
    said: string[];
    pid: number;
    own: boolean;
  } {
    const { w, service } = late([]);
    let pid = 0;
    w.host.onSpawn = (process) => {
      ({ pid } = process.daemonize());
      how(w.host, pid);
      process.exit(0);
    };
    w.start(service);
    w.host.advance(1000);
    const own = service.mainPid === pid && service.subState === 'running';
    return { w, service, said: w.messages(service), pid, own };
  }
  const text = (make: (pid: number) => string) => (host: World['host'], pid: number) =>
    overwrite(host.files, file, make(pid));

  it.each([
    ['a line', (pid: number) => `${pid}\n`],
    ['no end of line', (pid: number) => `${pid}`],
    ['the end of line of Windows', (pid: number) => `${pid}\r\n`],
    ['a NUL', (pid: number) => `${pid}\0rest`],
    ['blanks before it', (pid: number) => `  \t${pid}\n`],
    ['a sign', (pid: number) => `+${pid}\n`],
    ['hexadecimal', (pid: number) => `0x${pid.toString(16)}\n`],
    ['octal', (pid: number) => `0${pid.toString(8)}\n`],
    ['more lines', (pid: number) => `${pid}\n${'x'.repeat(2_000_000)}`],
  ])('is read: %s', (_, make) => {
    expect(read(text(make)).own).toBe(true);
  });

  it.each([
    ['', 'Invalid argument'],
    ['\n12\n', 'Invalid argument'],
    ['12 34\n', 'Invalid argument'],
    ['12 \n', 'Invalid argument'],
    ['pid\n', 'Invalid argument'],
    ['0\n', 'Numerical result out of range'],
    ['-5\n', 'Numerical result out of range'],
    ['2147483648\n', 'Numerical result out of range'],
    ['99999999999999999999999\n', 'Numerical result out of range'],
  ])('is refused: %j', (said, reason) => {
    expect(read(text(() => said)).said).toEqual([`Failed to parse PID from file ${file}: ${reason}`]);
  });

  it('has a first line of less than a mebibyte', () => {
    expect(read(text(() => '1'.repeat(1024 * 1024))).said[0]).toBe(
      `Can't convert PID files ${file} O_PATH file descriptor to proper file descriptor: No buffer space available`,
    );
    expect(read(text((pid) => `${pid}\n`.padStart(1024 * 1024 - 1, ' '))).own).toBe(true);
  });

  it.each([
    ['fifo', `Can't read PID file ${file}: Is a FIFO, not a regular file`],
    ['socket', `Can't read PID file ${file}: Is a socket, not a regular file`],
    ['char', `Can't read PID file ${file}: Is a character device, not a regular file`],
    ['block', `Can't read PID file ${file}: Is a block device, not a regular file`],
    ['directory', `Can't convert PID files ${file} O_PATH file descriptor to proper file descriptor: Is a directory`],
  ] as const)('is not looked for in a %s', (kind, message) => {
    const { w, service, said, pid } = read((host) => host.files.putSpecial(file, kind));
    expect(said[0]).toBe(message);
    expect(service.subState).toBe('start');
    // What takes its place is read.
    if (kind === 'directory') w.host.files.rmdir(file);
    else w.host.files.unlink(file);
    overwrite(w.host.files, file, `${pid}\n`);
    w.host.settle();
    expect(service.subState).toBe('running');
    expect(w.host.files.heldCount).toBe(0);
  });

  it('is nothing in the null device', () => {
    const { said } = read((host) => host.files.symlink('/dev/null', file));
    expect(said).toEqual([`Failed to parse PID from file ${file}: Invalid argument`]);
  });

  describe('of a process of somebody else', () => {
    /** A foreign process, named by a file that `place` puts in place; the names of directories are their owners. */
    const named = (place: (files: World['host']['files']) => void): string => {
      const { w, service, said } = read((host) => {
        const { pid } = host.addForeign();
        host.files.mkdirs('/run/root');
        overwrite(host.files, '/run/root/pid', `${pid}\n`);
        host.files.mkdir('/run/alice');
        overwrite(host.files, '/run/alice/pid', `${pid}\n`);
        for (const path of ['/run/alice', '/run/alice/pid']) host.files.chown(path, 1000, 1000);
        place(host.files);
      });
      expect(w.host.files.heldCount).toBe(0);
      return service.subState === 'running' ? 'taken' : /unsafe|not owned by root/.exec(said.join('\n'))![0];
    };
    const linkOf = (owner: number, target: string, path: string) => (files: World['host']['files']) => {
      files.symlink(target, path);
      files.chown(path, owner, owner);
      if (path !== file) files.symlink(path, file);
    };

    it('counts by the file that is read, not by one that was there before', () => {
      const verdict = named((files) => {
        files.symlink('/run/alice/pid', file);
        const realpath = files.realpath.bind(files);
        files.realpath = (path) => {
          files.unlink('/run/alice/pid');
          files.symlink('/run/root/pid', '/run/alice/pid');
          files.realpath = realpath;
          return realpath(path);
        };
      });
      expect(verdict).toBe('unsafe');
    });

    it.each<[string, (files: World['host']['files']) => void, string]>([
      ['a file of root', (files) => files.link('/run/root/pid', file), 'taken'],
      ["a link of root's to a file of root", linkOf(0, '/run/root/pid', file), 'taken'],
      ['a file of a user', linkOf(0, '/run/alice/pid', file), 'not owned by root'],
      ["a link of a user's, by /", linkOf(1000, '/run/root/pid', '/run/alice/link'), 'unsafe'],
      ["a link of a user's, by ..", linkOf(1000, '../root/pid', '/run/alice/link'), 'unsafe'],
      ["a link of root's in a user's directory", linkOf(0, '../root/pid', '/run/alice/link'), 'unsafe'],
      [
        "a file of root in a user's directory",
        (files) => {
          files.link('/run/root/pid', '/run/alice/own');
          files.symlink('/run/alice/own', file);
        },
        'unsafe',
      ],
    ])('counts by the way to it: %s', (_, place, verdict) => {
      expect(named(place)).toBe(verdict);
    });
  });
});
