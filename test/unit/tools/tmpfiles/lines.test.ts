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
    ['k /x', "Unknown command type 'k'."],
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
  });

  it('is none where a machine is not set up yet', async () => {
    w.files.put('/image/etc/machine-id', '');
    w.files.put('/image/etc/tmpfiles.d/a.conf', 'd /srv/%m\nd /srv/%o\n');
    expect(await tmpfiles(w, ['--root=/image', '--create'])).toEqual({ status: 0, out: '', err: '' });
    expect(w.look('/image/srv')).toBe('nothing');
  });
});
