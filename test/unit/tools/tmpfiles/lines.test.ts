import { beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../support/world.ts';
import { configuration, machine, run, tmpfiles } from './call.ts';

let w: World;
beforeEach(() => {
  w = machine();
});

describe('lines that are no good', () => {
  it.each([
    ['d', 'Syntax error.'],
    ['"d /x', 'Failed to parse line: Invalid argument'],
    ['j /x', "Unknown command type 'j'."],
    ['k /x', 'Set capabilities requires argument.'],
    ['d? /x', "Modifier '?' combined with line type 'd' which does not support this modifier."],
    ['d x', "Path 'x' not absolute."],
    ['d!! /x', "Unknown modifiers in command 'd!!'"],
    ['d /x 99', "Invalid mode '99'."],
    ['d /x - nosuch', "Failed to resolve user 'nosuch': No such process"],
    ['d /x - - nosuch', "Failed to resolve group 'nosuch'."],
    ['d /x - - - soon', "Invalid age 'soon'."],
    ['d /x - - - q:1d', "Invalid age-by 'q'."],
    ['w /x', 'Write file requires argument.'],
    ['c /x - - - - 1', "Can't parse device file major/minor '1'."],
    ['L~ /x - - - - x', 'base64 decoding not supported for symlink targets.'],
    ['C /x - - - - x', "Source path 'x' is not absolute."],
    ['d /%Z', "Failed to replace specifiers in '/%Z': Invalid slot"],
  ])('%s', async (line, message) => {
    const answer = await run(w, `# comment\n${line}\nd /run/good\n`);
    expect(answer).toEqual({ status: 65, out: '', err: `${configuration}:2: ${message}\n` });
    expect(w.look('/run/good')).toBe('directory 755 0:0');
  });

  it.each([
    [252, "user 'nosuch': No such process", "group 'nosuch'."],
    [257, "user 'nosuch': No such process", "group 'nosuch': No such process"],
    [262, "user 'nosuch': Unknown user", "group 'nosuch': Unknown group"],
  ] as const)('say in the words of %i who is not there', async (release, user, group) => {
    const system = machine({ release });
    expect((await run(system, 'd /x - nosuch\nd /y - - nosuch\n')).err).toBe(
      `${configuration}:1: Failed to resolve ${user}\n${configuration}:2: Failed to resolve ${group}\n`,
    );
  });

  it('may contradict an earlier one, which is told and no failure', async () => {
    const answer = await run(w, 'd /run/a 0755\nd /run/a 0700\nd /run/a 0755\nz /run/a 0711\n');
    expect(answer).toEqual({
      status: 0,
      out: '',
      err: `${configuration}:2: Duplicate line for path "/run/a", ignoring.\n`,
    });
    expect(w.look('/run/a')).toBe('directory 711 0:0');
  });
});

describe('a path below /var/run', () => {
  const told = (file: string): string =>
    `${file}:1: Line references path below legacy directory /var/run/, updating /var/run/x → /run/x; ` +
    'please update the tmpfiles.d/ drop-in file accordingly.\n';

  it.each([252, 257] as const)(
    'is one below /run; packages are told of it from 257 on, release %i',
    async (release) => {
      const there = machine({ release, files: { '/usr/lib/tmpfiles.d/p.conf': 'd /var/run/x\n' } });
      const err = release === 257 ? told('/usr/lib/tmpfiles.d/p.conf') : '';
      expect(await tmpfiles(there, ['--create'])).toEqual({ status: 0, out: '', err });
      expect(there.look('/run/x')).toBe('directory 755 0:0');
      expect(await run(machine({ release }), 'd /var/run/x\n')).toEqual({
        status: 0,
        out: '',
        err: told(configuration),
      });
    },
  );
});

describe('where lines come from', () => {
  beforeEach(() => {
    w.files.put('/usr/lib/tmpfiles.d/b.conf', 'd /run/usr-b\n');
    w.files.put('/usr/lib/tmpfiles.d/c.conf', 'd /run/usr-c\n');
    w.files.put('/usr/lib/tmpfiles.d/masked.conf', 'd /run/masked\n');
    w.files.put('/etc/tmpfiles.d/b.conf', 'd /run/etc-b\n');
    w.files.symlink('/dev/null', '/etc/tmpfiles.d/masked.conf');
  });
  const made = (): string[] => w.files.readdir('/run').sort();

  it('is the file of the more important directory', async () => {
    await tmpfiles(w, ['--create']);
    expect(made()).toEqual(['etc-b', 'usr-c']);
  });

  it('is what was named, by name or path', async () => {
    w.files.put('/x.conf', 'd /run/x\n');
    await tmpfiles(w, ['--create', 'c.conf', '/x.conf']);
    expect(made()).toEqual(['usr-c', 'x']);
  });

  it('is a replacement in its place, unless a more important file is there', async () => {
    w.files.put('/x.conf', 'd /run/x\n');
    await tmpfiles(w, ['--create', '--replace=/usr/lib/tmpfiles.d/b.conf', '/x.conf']);
    expect(made()).toEqual(['etc-b', 'usr-c']);
    await tmpfiles(w, ['--create', '--replace=/etc/tmpfiles.d/c.conf', '/x.conf']);
    expect(made()).toEqual(['etc-b', 'usr-c', 'x']);
  });

  it('must exist where it was named', async () => {
    expect(await tmpfiles(w, ['--create', 'nosuch.conf'])).toEqual({
      status: 1,
      out: '',
      err: "Failed to open 'nosuch.conf': No such file or directory\n",
    });
  });

  it('can be a pipe, as of <(…) in a shell', async () => {
    w.files.putSpecial('/dev/fd/63', 'fifo');
    w.files.feed('/dev/fd/63', 'd /run/piped\n');
    expect(await tmpfiles(w, ['--create', '/dev/fd/63'])).toMatchObject({ status: 0, err: '' });
    expect(w.files.stat('/run/piped').type).toBe('directory');
  });

  it('can be shown', async () => {
    const { out, status } = await tmpfiles(w, ['--cat-config']);
    expect(status).toBe(0);
    expect(out).toBe(
      '# /etc/tmpfiles.d/b.conf\nd /run/etc-b\n\n# /usr/lib/tmpfiles.d/c.conf\nd /run/usr-c\n\n' +
        '# /etc/tmpfiles.d/masked.conf\n',
    );
  });

  it('can be a user of its own', async () => {
    w = machine({ environment: { HOME: '/home/alice' } });
    w.files.put('/home/alice/.config/user-tmpfiles.d/u.conf', 'd %h/made\nd %t/run\n');
    const answer = await tmpfiles(w, ['--user', '--create'], { HOME: '/home/alice' });
    expect(answer.status).toBe(0);
    expect(answer.err).toContain('Failed to resolve specifier: Required $XDG_... variable not defined, skipping.');
    expect(w.look('/home/alice/made')).toBe('directory 755 0:0');
  });
});

describe('which lines are for this run', () => {
  it('is told by prefixes, the exclusive ones first', async () => {
    const lines = 'd /run/a\nd /run/b/c\nd /srv/x\nd /runx\n';
    await run(w, lines, ['--create', '--prefix=/run', '--exclude-prefix=/run/b']);
    expect(w.files.readdir('/run')).toEqual(['a']);
    expect(w.look('/srv/x')).toBe('nothing');
    expect(w.look('/runx')).toBe('nothing');
  });

  it('is told by --boot for the modifier !', async () => {
    await run(w, 'd! /run/boot\n');
    expect(w.look('/run/boot')).toBe('nothing');
    await run(w, 'd! /run/boot\n', ['--create', '--boot']);
    expect(w.look('/run/boot')).toBe('directory 755 0:0');
  });

  it('is told by --root, with the users there', async () => {
    w.files.put('/image/etc/passwd', 'bob:x:77:78::/:/bin/sh\n');
    w.files.put('/image/etc/tmpfiles.d/a.conf', 'd /run/a 0700 bob\nd /run/l/b\n');
    w.files.mkdirs('/image/run');
    w.files.symlink('/inside', '/image/run/l');
    w.files.mkdirs('/image/inside');
    const answer = await tmpfiles(w, ['--root=/image', '--create']);
    expect(answer).toEqual({ status: 0, out: '', err: '' });
    expect(w.look('/image/run/a')).toBe('directory 700 77:0');
    expect(w.look('/image/inside/b')).toBe('directory 755 0:0');
  });

  it('is none without an operation', async () => {
    expect(await tmpfiles(w, [])).toEqual({
      status: 1,
      out: '',
      err: 'You need to specify at least one of --clean, --create or --remove.\n',
    });
    expect((await tmpfiles(machine({ release: 257 }), [])).err).toBe(
      'You need to specify at least one of --clean, --create, --remove, or --purge.\n',
    );
  });

  it('is none where a machine is not set up yet', async () => {
    w.files.put('/image/etc/machine-id', '');
    w.files.put('/image/etc/tmpfiles.d/a.conf', 'd /srv/%m\nd /srv/%o\n');
    expect(await tmpfiles(w, ['--root=/image', '--create'])).toEqual({ status: 0, out: '', err: '' });
    expect(w.look('/image/srv')).toBe('nothing');
  });
});

describe('a modifier that nobody knows', () => {
  it('is said once, and costs the lines that take something away', async () => {
    w.files.put('/run/old', '');
    w.files.put('/run/full', 'text');
    const answer = await run(w, 'd@ /run/a\nd@ /run/b\nr@ /run/old\nr@ /run/old2\nf+@ /run/full\nd /run/c\n', [
      '--create',
      '--remove',
    ]);
    expect(answer).toEqual({
      status: 0,
      out: '',
      err:
        `${configuration}:1: Unknown modifiers in command 'd@', reading such lines without.\n` +
        `${configuration}:3: Unknown modifiers in command 'r@', leaving such lines out.\n`,
    });
    expect(w.files.readdir('/run').sort()).toEqual(['a', 'b', 'c', 'full', 'old']);
    expect(w.files.readText('/run/full')).toBe('text');
  });
});

describe('newer modifiers and specifiers', () => {
  it('? makes a link only to what is there', async () => {
    w.files.put('/etc/there', '');
    const answer = await run(
      w,
      'L? /run/a - - - - /etc/there\nL? /run/b - - - - ../nowhere\nL /run/c - - - - /nowhere\n',
    );
    expect(answer.err).toBe("Symlink source path '../nowhere' does not exist, skipping line.\n");
    expect(w.files.readdir('/run').sort()).toEqual(['a', 'c']);
  });

  it('$ is what --purge removes, of the files that are named', async () => {
    w.files.put('/run/a/b', '');
    w.files.put('/run/c', '');
    w.files.put('/run/d', '');
    w.files.put(configuration, 'd$ /run/a\nf$ /run/c\nf /run/d\n');
    expect(await tmpfiles(w, ['--purge'])).toEqual({
      status: 1,
      out: '',
      err: 'Refusing --purge without specification of a configuration file.\n',
    });
    expect((await tmpfiles(w, ['--purge', '--dry-run', configuration])).err).toBe(
      'Would remove /run/a\nWould remove /run/c\n',
    );
    expect(await tmpfiles(w, ['--purge', configuration])).toEqual({ status: 0, out: '', err: '' });
    expect(w.files.readdir('/run')).toEqual(['d']);
  });

  it('%D is where data is', async () => {
    await run(w, 'd %D/x\n');
    expect(w.look('/usr/share/x')).toBe('directory 755 0:0');
    w.files.put('/home/alice/.config/user-tmpfiles.d/a.conf', 'd %D/x\n');
    const env = { HOME: '/home/alice', XDG_DATA_HOME: '/home/alice/data' };
    const user = machine({ environment: env, files: { '/home/alice/data/.keep': '' } });
    user.files.put('/home/alice/.config/user-tmpfiles.d/a.conf', 'd %D/x\n');
    await tmpfiles(user, ['--user', '--create'], env);
    expect(user.look('/home/alice/data/x')).toBe('directory 755 0:0');
  });
});

describe('newer options', () => {
  it('--inline has lines instead of files', async () => {
    expect(await tmpfiles(w, ['--create', '--inline', 'd /run/a', 'd /run/b 0700'])).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    expect(w.look('/run/b')).toBe('directory 700 0:0');
    expect((await tmpfiles(w, ['--create', '--inline', 'd'])).err).toBe('(argument):1: Syntax error.\n');
  });

  it('--graceful leaves the owner where there is no such user', async () => {
    expect(await run(w, 'd /run/a 0700 nosuch nosuch\n', ['--create', '--graceful'])).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    expect(w.look('/run/a')).toBe('directory 700 0:0');
  });

  it('--tldr shows no comments, --dry-run does nothing', async () => {
    expect((await run(w, '# c\n\n d /run/a\n', ['--tldr'])).out).toBe(`# ${configuration}\nd /run/a\n`);
    w.files.put('/run/f', 'x');
    const lines = 'd /run/a\nL /run/l - - - - /x\nF /run/f\nr /run/f\nd /run 0700 - - 1d\n';
    expect((await run(w, lines, ['--create', '--remove', '--clean', '-n'])).err).toBe(
      [
        'Would remove /run/f',
        'Would clean up /run',
        'Would adjust mode and owner of /run',
        'Would create directory /run/a',
        'Would create symlink /run/l -> /x',
        'Would truncate /run/f',
        '',
      ].join('\n'),
    );
    expect(w.files.readdir('/run')).toEqual(['f']);
  });

  it('a relative path with a slash in it is that file', async () => {
    w.files.put('/sub/x.conf', 'd /run/x\n');
    await tmpfiles(w, ['--create', './sub/x.conf']);
    expect(w.look('/run/x')).toBe('directory 755 0:0');
  });
});
