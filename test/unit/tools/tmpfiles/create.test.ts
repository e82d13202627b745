import { beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const silent = { status: 0, out: '', err: '' };
let world: World;
beforeEach(() => {
  world = new World();
});

describe('directories', () => {
  it('are made with their parents, owned as asked', async () => {
    expect(await world.run('d /run/a/b 0750 www-data adm -\nD /run/c\nv /srv/v 0700\n')).toEqual(silent);
    expect(world.look('/run/a')).toBe('directory 755 0:0');
    expect(world.look('/run/a/b')).toBe('directory 750 33:4');
    expect(world.look('/run/c')).toBe('directory 755 0:0');
    expect(world.look('/srv/v')).toBe('directory 700 0:0');
  });

  it('are made before what is in them, whatever the order of the lines', async () => {
    expect(await world.run('d /srv/a/b 0700 daemon\nd /srv/a 0711 games\n')).toEqual(silent);
    expect(world.look('/srv/a')).toBe('directory 711 5:0');
    expect(world.look('/srv/a/b')).toBe('directory 700 1:0');
  });

  it('that exist are adjusted, unless the line is for new ones only', async () => {
    world.files.mkdirs('/srv/old');
    await world.run('d /srv/old 0700 daemon\n');
    expect(world.look('/srv/old')).toBe('directory 700 1:0');
    await world.run('d /srv/old :0755 :root\nd /srv/new :0711 :games\n');
    expect(world.look('/srv/old')).toBe('directory 700 1:0');
    expect(world.look('/srv/new')).toBe('directory 711 5:0');
  });

  it('do not take the place of files, which is said and no failure', async () => {
    world.files.put('/srv/f', 'x');
    expect(await world.run('d /srv/f\n')).toEqual({
      ...silent,
      err: '"/srv/f" already exists and is not a directory.\n',
    });
    expect(world.look('/srv/f')).toBe('file 644 0:0 "x"');
  });

  it('do take their place with the modifier =', async () => {
    world.files.put('/srv/f', 'x');
    expect((await world.run('d= /srv/f/sub\n')).status).toBe(0);
    expect(world.look('/srv/f/sub')).toBe('directory 755 0:0');
  });

  it('of type e are only adjusted', async () => {
    world.files.mkdirs('/srv/a1');
    await world.run('e /srv/a* 0700 daemon\ne /srv/b 0700\n');
    expect(world.look('/srv/a1')).toBe('directory 700 1:0');
    expect(world.look('/srv/b')).toBe('nothing');
  });
});

describe('files', () => {
  it('are written once by f, anew by f+, and where they exist by w', async () => {
    const lines =
      'f /srv/f 0640 daemon - - one\\ntwo\nf+ /srv/g - - - - new\nw /srv/w - - - - W\nw+ /srv/a - - - - +\n';
    for (const name of ['w', 'a', 'g']) world.files.put(`/srv/${name}`, 'old');
    expect(await world.run(`${lines}w /srv/missing - - - - x\n`)).toEqual(silent);
    expect(world.look('/srv/f')).toBe('file 640 1:0 "one\\ntwo"');
    expect(world.look('/srv/g')).toBe('file 644 0:0 "new"');
    expect(world.look('/srv/w')).toBe('file 644 0:0 "Wld"');
    expect(world.look('/srv/a')).toBe('file 644 0:0 "old+"');
    expect(world.look('/srv/missing')).toBe('nothing');
    world.files.put('/srv/f', 'mine');
    await world.run(lines);
    expect(world.look('/srv/f')).toBe('file 640 1:0 "mine"');
  });

  it('have specifiers, base64 and credentials as content', async () => {
    world.files.put('/creds/secret', 'hidden');
    const answer = await world.run(
      'f /srv/s - - - - %%-%b-%m-%v\nf~ /srv/b - - - - aGVsbG8K\nf^ /srv/c - - - - secret\nf^ /srv/n - - - - none\n',
      ['--create'],
      { CREDENTIALS_DIRECTORY: '/creds' },
    );
    expect(answer).toEqual(silent);
    expect(world.files.readText('/srv/s')).toBe(
      '%-0123456789abcdef0123456789abcdef-fedcba9876543210fedcba9876543210-6.1.0',
    );
    expect(world.files.readText('/srv/b')).toBe('hello\n');
    expect(world.files.readText('/srv/c')).toBe('hidden');
    expect(world.look('/srv/n')).toBe('nothing');
  });

  it('are copied from the factory or elsewhere, into what is empty only', async () => {
    world.files.put('/usr/share/factory/srv/f', 'factory');
    world.files.put('/src/a/b', 'data', 0o600);
    world.files.symlink('a/b', '/src/l');
    world.files.mkdirs('/srv/empty');
    world.files.put('/srv/full/x', 'x');
    await world.run('C /srv/f\nC /srv/empty - - - - /src\nC /srv/full - - - - /src\nC /srv/none - - - - /nowhere\n');
    expect(world.look('/srv/f')).toBe('file 644 0:0 "factory"');
    expect(world.look('/srv/empty/a/b')).toBe('file 600 0:0 "data"');
    expect(world.look('/srv/empty/l')).toBe('symlink 0:0 a/b');
    expect(world.files.readdir('/srv/full')).toEqual(['x']);
    expect(world.look('/srv/none')).toBe('nothing');
  });
});

describe('other kinds', () => {
  it('of links and FIFOs give way to what is there, unless they are to replace it', async () => {
    for (const name of ['l', 'l+', 'p', 'p+']) world.files.put(`/srv/${name}/x`, '');
    const lines =
      'L /srv/l - - - - /t\nL+ /srv/l+ - - - - /t\np /srv/p\np+ /srv/p+ 0600 daemon\nL /srv/new - - - - rel\n';
    expect(await world.run(lines)).toEqual({ ...silent, err: '"/srv/p" already exists and is not a FIFO.\n' });
    expect(world.look('/srv/l')).toBe('directory 755 0:0');
    expect(world.look('/srv/l+')).toBe('symlink 0:0 /t');
    expect(world.look('/srv/p+')).toBe('fifo 600 1:0');
    expect(world.look('/srv/new')).toBe('symlink 0:0 rel');
  });

  it('of devices are made where that is permitted', async () => {
    await world.run('c /srv/null 0666 - - - 1:3\n');
    expect(world.files.lstat('/srv/null')).toMatchObject({ type: 'char', mode: 0o666, rdev: 0x103 });
    world = new World({ capabilities: 0n });
    expect(await world.run('c /srv/null 0666 - - - 1:3\n')).toEqual(silent);
    expect(world.look('/srv/null')).toBe('nothing');
  });
});

describe('attributes', () => {
  beforeEach(() => {
    world.files.put('/srv/t/.hidden', '', 0o640);
    world.files.put('/srv/t/run', '', 0o755);
    world.files.put('/srv/t/d/deep', '', 0o600);
  });

  it('of modes and owners go to what a pattern matches, or to all below it', async () => {
    await world.run('z /srv/t/* 0600 daemon adm\n');
    expect(world.look('/srv/t/run')).toBe('file 600 1:4 ""');
    expect(world.look('/srv/t/.hidden')).toBe('file 640 0:0 ""');
    await world.run('Z /srv/t ~0777 games\n');
    expect(world.look('/srv/t/d/deep')).toBe('file 666 5:0 ""');
    expect(world.look('/srv/t/.hidden')).toBe('file 666 5:0 ""');
  });

  it('of extended kind are set', async () => {
    await world.run('t /srv/t/run - - - - user.a=b "user.c=d e"\n');
    expect(world.files.getXattr('/srv/t/run', 'user.c')?.toString()).toBe('d e');
  });

  it('of access lists become the attribute that the kernel reads', async () => {
    await world.run('a+ /srv/t/run - - - - u:daemon:rw\nA /srv/t/d - - - - d:g:adm:r-x\n');
    const entry = (tag: number, permissions: number, id = 0xffffffff): number[] => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(tag, 0);
      bytes.writeUInt16LE(permissions, 2);
      bytes.writeUInt32LE(id, 4);
      return [...bytes];
    };
    expect([...world.files.getXattr('/srv/t/run', 'system.posix_acl_access')!]).toEqual(
      [[2, 0, 0, 0], entry(1, 7), entry(2, 6, 1), entry(4, 5), entry(16, 7), entry(32, 5)].flat(),
    );
    expect([...world.files.getXattr('/srv/t/d', 'system.posix_acl_default')!]).toEqual(
      [[2, 0, 0, 0], entry(1, 7), entry(4, 5), entry(8, 5, 4), entry(16, 5), entry(32, 5)].flat(),
    );
    expect(world.files.getXattr('/srv/t/d/deep', 'system.posix_acl_access')).toBeUndefined();
  });

  it('of inodes are set and cleared', async () => {
    await world.run('h /srv/t/run - - - - +dA\n');
    expect(world.files.fileFlags('/srv/t/run')).toBe(0xc0);
    await world.run('h /srv/t/run - - - - -d\n');
    expect(world.files.fileFlags('/srv/t/run')).toBe(0x80);
  });
});

describe('what users could lay as traps', () => {
  it('is not walked through', async () => {
    world.files.put('/etc/secret', 'x', 0o600);
    world.files.mkdirs('/home/alice');
    world.files.chown('/home/alice', 1000, 1000);
    world.files.symlink('/etc', '/home/alice/link');
    world.files.chown('/home/alice/link', 1000, 1000);
    const answer = await world.run('f+ /home/alice/link/secret 0666 - - - gone\n');
    expect(answer).toEqual({
      status: 73,
      out: '',
      err:
        'Detected unsafe path transition /home/alice/link (owned by alice) → / (owned by root) ' +
        'during canonicalization of /home/alice/link.\n',
    });
    expect(world.look('/etc/secret')).toBe('file 600 0:0 "x"');
  });

  it('is not given away by its other names', async () => {
    world.files.put('/proc/sys/fs/protected_hardlinks', '0\n');
    world.files.put('/etc/secret', 'x', 0o600);
    world.files.link('/etc/secret', '/tmp/name');
    const answer = await world.run('z /tmp/name 0666\n');
    expect(answer.status).toBe(73);
    expect(answer.err).toContain('Refusing to set permissions on hardlinked file /tmp/name');
    expect(world.look('/etc/secret')).toBe('file 600 0:0 "x"');
  });

  it('ends no other line, and with the modifier - is no failure', async () => {
    world.files.put('/srv/f', '');
    const answer = await world.run('f /srv/f/x\nd /srv/good\n');
    expect(answer).toEqual({ status: 73, out: '', err: 'Failed to create file /srv/f/x: Not a directory\n' });
    expect(world.look('/srv/good')).toBe('directory 755 0:0');
    expect((await world.run('f- /srv/f/x\n')).status).toBe(0);
  });
});
