import { beforeEach, describe, expect, it } from 'vitest';
import { configuration, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
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
    const answer = await world.run(`# comment\n${line}\nd /run/good\n`);
    expect(answer).toEqual({ status: 65, out: '', err: `${configuration}:2: ${message}\n` });
    expect(world.look('/run/good')).toBe('directory 755 0:0');
  });

  it('may contradict an earlier one, which is told and no failure', async () => {
    const answer = await world.run('d /run/a 0755\nd /run/a 0700\nd /run/a 0755\nz /run/a 0711\n');
    expect(answer).toEqual({
      status: 0,
      out: '',
      err: `${configuration}:2: Duplicate line for path "/run/a", ignoring.\n`,
    });
    expect(world.look('/run/a')).toBe('directory 711 0:0');
  });
});

describe('where lines come from', () => {
  beforeEach(() => {
    world.files.put('/usr/lib/tmpfiles.d/b.conf', 'd /run/usr-b\n');
    world.files.put('/usr/lib/tmpfiles.d/c.conf', 'd /run/usr-c\n');
    world.files.put('/usr/lib/tmpfiles.d/masked.conf', 'd /run/masked\n');
    world.files.put('/etc/tmpfiles.d/b.conf', 'd /run/etc-b\n');
    world.files.symlink('/dev/null', '/etc/tmpfiles.d/masked.conf');
  });
  const made = (): string[] => world.files.readdir('/run').sort();

  it('is the file of the more important directory', async () => {
    await world.call(['--create']);
    expect(made()).toEqual(['etc-b', 'usr-c']);
  });

  it('is what was named, by name or path', async () => {
    world.files.put('/x.conf', 'd /run/x\n');
    await world.call(['--create', 'c.conf', '/x.conf']);
    expect(made()).toEqual(['usr-c', 'x']);
  });

  it('is a replacement in its place, unless a more important file is there', async () => {
    world.files.put('/x.conf', 'd /run/x\n');
    await world.call(['--create', '--replace=/usr/lib/tmpfiles.d/b.conf', '/x.conf']);
    expect(made()).toEqual(['etc-b', 'usr-c']);
    await world.call(['--create', '--replace=/etc/tmpfiles.d/c.conf', '/x.conf']);
    expect(made()).toEqual(['etc-b', 'usr-c', 'x']);
  });

  it('must exist where it was named', async () => {
    expect(await world.call(['--create', 'nosuch.conf'])).toEqual({
      status: 1,
      out: '',
      err: "Failed to open 'nosuch.conf': No such file or directory\n",
    });
  });

  it('can be shown', async () => {
    const { out, status } = await world.call(['--cat-config']);
    expect(status).toBe(0);
    expect(out).toBe(
      '# /etc/tmpfiles.d/b.conf\nd /run/etc-b\n\n# /usr/lib/tmpfiles.d/c.conf\nd /run/usr-c\n\n' +
        '# /etc/tmpfiles.d/masked.conf\n',
    );
  });

  it('can be a user of its own', async () => {
    world = new World({ environment: { HOME: '/home/alice' } });
    world.files.put('/home/alice/.config/user-tmpfiles.d/u.conf', 'd %h/made\nd %t/run\n');
    const answer = await world.call(['--user', '--create'], { HOME: '/home/alice' });
    expect(answer.status).toBe(0);
    expect(answer.err).toContain('Failed to resolve specifier: Required $XDG_... variable not defined, skipping.');
    expect(world.look('/home/alice/made')).toBe('directory 755 0:0');
  });
});

describe('which lines are for this run', () => {
  it('is told by prefixes, the exclusive ones first', async () => {
    const lines = 'd /run/a\nd /run/b/c\nd /srv/x\nd /runx\n';
    await world.run(lines, ['--create', '--prefix=/run', '--exclude-prefix=/run/b']);
    expect(world.files.readdir('/run')).toEqual(['a']);
    expect(world.look('/srv/x')).toBe('nothing');
    expect(world.look('/runx')).toBe('nothing');
  });

  it('is told by --boot for the modifier !', async () => {
    await world.run('d! /run/boot\n');
    expect(world.look('/run/boot')).toBe('nothing');
    await world.run('d! /run/boot\n', ['--create', '--boot']);
    expect(world.look('/run/boot')).toBe('directory 755 0:0');
  });

  it('is told by --root, with the users there', async () => {
    world.files.put('/image/etc/passwd', 'bob:x:77:78::/:/bin/sh\n');
    world.files.put('/image/etc/tmpfiles.d/a.conf', 'd /run/a 0700 bob\nd /run/l/b\n');
    world.files.mkdirs('/image/run');
    world.files.symlink('/inside', '/image/run/l');
    world.files.mkdirs('/image/inside');
    const answer = await world.call(['--root=/image', '--create']);
    expect(answer).toEqual({ status: 0, out: '', err: '' });
    expect(world.look('/image/run/a')).toBe('directory 700 77:0');
    expect(world.look('/image/inside/b')).toBe('directory 755 0:0');
  });

  it('is none without an operation', async () => {
    expect(await world.call([])).toEqual({
      status: 1,
      out: '',
      err: 'You need to specify at least one of --clean, --create or --remove.\n',
    });
  });

  it('is none where a machine is not set up yet', async () => {
    world.files.put('/image/etc/machine-id', '');
    world.files.put('/image/etc/tmpfiles.d/a.conf', 'd /srv/%m\nd /srv/%o\n');
    expect(await world.call(['--root=/image', '--create'])).toEqual({ status: 0, out: '', err: '' });
    expect(world.look('/image/srv')).toBe('nothing');
  });
});
