import { beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../support/world.ts';
import { machine, run } from './call.ts';

const silent = { status: 0, out: '', err: '' };
let w: World;
beforeEach(() => {
  w = machine();
});

describe('directories', () => {
  it('are made with their parents, owned as asked', async () => {
    expect(await run(w, 'd /run/a/b 0750 www-data adm -\nD /run/c\nv /srv/v 0700\n')).toEqual(silent);
    expect(w.look('/run/a')).toBe('directory 755 0:0');
    expect(w.look('/run/a/b')).toBe('directory 750 33:4');
    expect(w.look('/run/c')).toBe('directory 755 0:0');
    expect(w.look('/srv/v')).toBe('directory 700 0:0');
  });

  it('are made before what is in them, whatever the order of the lines', async () => {
    expect(await run(w, 'd /srv/a/b 0700 daemon\nd /srv/a 0711 games\n')).toEqual(silent);
    expect(w.look('/srv/a')).toBe('directory 711 5:0');
    expect(w.look('/srv/a/b')).toBe('directory 700 1:0');
  });

  it('that exist are adjusted, unless the line is for new ones only', async () => {
    w.files.mkdirs('/srv/old');
    await run(w, 'd /srv/old 0700 daemon\n');
    expect(w.look('/srv/old')).toBe('directory 700 1:0');
    await run(w, 'd /srv/old :0755 :root\nd /srv/new :0711 :games\n');
    expect(w.look('/srv/old')).toBe('directory 700 1:0');
    expect(w.look('/srv/new')).toBe('directory 711 5:0');
  });

  it('do not take the place of files, which is said and no failure', async () => {
    w.files.put('/srv/f', 'x');
    expect(await run(w, 'd /srv/f\n')).toEqual({
      ...silent,
      err: '"/srv/f" already exists and is not a directory.\n',
    });
    expect(w.look('/srv/f')).toBe('file 644 0:0 "x"');
  });

  it('do take their place with the modifier =', async () => {
    w.files.put('/srv/f', 'x');
    expect((await run(w, 'd= /srv/f/sub\n')).status).toBe(0);
    expect(w.look('/srv/f/sub')).toBe('directory 755 0:0');
  });

  it('of type e are only adjusted', async () => {
    w.files.mkdirs('/srv/a1');
    await run(w, 'e /srv/a* 0700 daemon\ne /srv/b 0700\n');
    expect(w.look('/srv/a1')).toBe('directory 700 1:0');
    expect(w.look('/srv/b')).toBe('nothing');
  });
});

describe('files', () => {
  it('are written once by f, anew by f+, and where they exist by w', async () => {
    const lines =
      'f /srv/f 0640 daemon - - one\\ntwo\nf+ /srv/g - - - - new\nw /srv/w - - - - W\nw+ /srv/a - - - - +\n';
    for (const name of ['w', 'a', 'g']) w.files.put(`/srv/${name}`, 'old');
    expect(await run(w, `${lines}w /srv/missing - - - - x\n`)).toEqual(silent);
    expect(w.look('/srv/f')).toBe('file 640 1:0 "one\\ntwo"');
    expect(w.look('/srv/g')).toBe('file 644 0:0 "new"');
    expect(w.look('/srv/w')).toBe('file 644 0:0 "Wld"');
    expect(w.look('/srv/a')).toBe('file 644 0:0 "old+"');
    expect(w.look('/srv/missing')).toBe('nothing');
    w.files.put('/srv/f', 'mine');
    await run(w, lines);
    expect(w.look('/srv/f')).toBe('file 640 1:0 "mine"');
  });

  it('have specifiers, base64 and credentials as content', async () => {
    w.files.put('/creds/secret', 'hidden');
    const answer = await run(
      w,
      'f /srv/s - - - - %%-%b-%m-%v\nf~ /srv/b - - - - aGVsbG8K\nf^ /srv/c - - - - secret\nf^ /srv/n - - - - none\n',
      ['--create'],
      { CREDENTIALS_DIRECTORY: '/creds' },
    );
    expect(answer).toEqual(silent);
    expect(w.files.readText('/srv/s')).toBe(
      '%-0123456789abcdef0123456789abcdef-fedcba9876543210fedcba9876543210-6.1.0',
    );
    expect(w.files.readText('/srv/b')).toBe('hello\n');
    expect(w.files.readText('/srv/c')).toBe('hidden');
    expect(w.look('/srv/n')).toBe('nothing');
  });

  it('are copied from the factory or elsewhere, into what is empty only', async () => {
    w.files.put('/usr/share/factory/srv/f', 'factory');
    w.files.put('/src/a/b', 'data', 0o600);
    w.files.symlink('a/b', '/src/l');
    w.files.mkdirs('/srv/empty');
    w.files.put('/srv/full/x', 'x');
    await run(w, 'C /srv/f\nC /srv/empty - - - - /src\nC /srv/full - - - - /src\nC /srv/none - - - - /nowhere\n');
    expect(w.look('/srv/f')).toBe('file 644 0:0 "factory"');
    expect(w.look('/srv/empty/a/b')).toBe('file 600 0:0 "data"');
    expect(w.look('/srv/empty/l')).toBe('symlink 0:0 a/b');
    expect(w.files.readdir('/srv/full')).toEqual(['x']);
    expect(w.look('/srv/none')).toBe('nothing');
  });
});

describe('other kinds', () => {
  it('of links and FIFOs give way to what is there, unless they are to replace it', async () => {
    for (const name of ['l', 'l+', 'p', 'p+']) w.files.put(`/srv/${name}/x`, '');
    const lines =
      'L /srv/l - - - - /t\nL+ /srv/l+ - - - - /t\np /srv/p\np+ /srv/p+ 0600 daemon\nL /srv/new - - - - rel\n';
    expect(await run(w, lines)).toEqual({ ...silent, err: '"/srv/p" already exists and is not a FIFO.\n' });
    expect(w.look('/srv/l')).toBe('directory 755 0:0');
    expect(w.look('/srv/l+')).toBe('symlink 0:0 /t');
    expect(w.look('/srv/p+')).toBe('fifo 600 1:0');
    expect(w.look('/srv/new')).toBe('symlink 0:0 rel');
  });

  it('of devices are made where that is permitted', async () => {
    await run(w, 'c /srv/null 0666 - - - 1:3\n');
    expect(w.files.lstat('/srv/null')).toMatchObject({ type: 'char', mode: 0o666, rdev: 0x103 });
    w = machine({ capabilities: 0n });
    expect(await run(w, 'c /srv/null 0666 - - - 1:3\n')).toEqual(silent);
    expect(w.look('/srv/null')).toBe('nothing');
  });
});

describe('attributes', () => {
  beforeEach(() => {
    w.files.put('/srv/t/.hidden', '', 0o640);
    w.files.put('/srv/t/run', '', 0o755);
    w.files.put('/srv/t/d/deep', '', 0o600);
  });

  it('of modes and owners go to what a pattern matches, or to all below it', async () => {
    await run(w, 'z /srv/t/* 0600 daemon adm\n');
    expect(w.look('/srv/t/run')).toBe('file 600 1:4 ""');
    expect(w.look('/srv/t/.hidden')).toBe('file 640 0:0 ""');
    await run(w, 'Z /srv/t ~0777 games\n');
    expect(w.look('/srv/t/d/deep')).toBe('file 666 5:0 ""');
    expect(w.look('/srv/t/.hidden')).toBe('file 666 5:0 ""');
  });

  it('of extended kind are set', async () => {
    await run(w, 't /srv/t/run - - - - user.a=b "user.c=d e"\n');
    expect(w.files.getXattr('/srv/t/run', 'user.c')?.toString()).toBe('d e');
  });

  it('of access lists become the attribute that the kernel reads', async () => {
    await run(w, 'a+ /srv/t/run - - - - u:daemon:rw\nA /srv/t/d - - - - d:g:adm:r-x\n');
    const entry = (tag: number, permissions: number, id = 0xffffffff): number[] => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(tag, 0);
      bytes.writeUInt16LE(permissions, 2);
      bytes.writeUInt32LE(id, 4);
      return [...bytes];
    };
    expect([...w.files.getXattr('/srv/t/run', 'system.posix_acl_access')!]).toEqual(
      [[2, 0, 0, 0], entry(1, 7), entry(2, 6, 1), entry(4, 5), entry(16, 7), entry(32, 5)].flat(),
    );
    expect([...w.files.getXattr('/srv/t/d', 'system.posix_acl_default')!]).toEqual(
      [[2, 0, 0, 0], entry(1, 7), entry(4, 5), entry(8, 5, 4), entry(16, 5), entry(32, 5)].flat(),
    );
    expect(w.files.getXattr('/srv/t/d/deep', 'system.posix_acl_access')).toBeUndefined();
  });

  it('of inodes are set and cleared', async () => {
    await run(w, 'h /srv/t/run - - - - +dA\n');
    expect(w.files.fileFlags('/srv/t/run')).toBe(0xc0);
    await run(w, 'h /srv/t/run - - - - -d\n');
    expect(w.files.fileFlags('/srv/t/run')).toBe(0x80);
  });
});

describe('what users could lay as traps', () => {
  it('is not walked through', async () => {
    w.files.put('/etc/secret', 'x', 0o600);
    w.files.mkdirs('/home/alice');
    w.files.chown('/home/alice', 1000, 1000);
    w.files.symlink('/etc', '/home/alice/link');
    w.files.chown('/home/alice/link', 1000, 1000);
    const answer = await run(w, 'f+ /home/alice/link/secret 0666 - - - gone\n');
    expect(answer).toEqual({
      status: 73,
      out: '',
      err:
        'Detected unsafe path transition /home/alice/link (owned by alice) → / (owned by root) ' +
        'during canonicalization of /home/alice/link.\n',
    });
    expect(w.look('/etc/secret')).toBe('file 600 0:0 "x"');
  });

  it('is not given away by its other names', async () => {
    w.files.put('/proc/sys/fs/protected_hardlinks', '0\n');
    w.files.put('/etc/secret', 'x', 0o600);
    w.files.link('/etc/secret', '/tmp/name');
    const answer = await run(w, 'z /tmp/name 0666\n');
    expect(answer.status).toBe(73);
    expect(answer.err).toContain('Refusing to set permissions on hardlinked file /tmp/name');
    expect(w.look('/etc/secret')).toBe('file 600 0:0 "x"');
  });

  it('ends no other line, and with the modifier - is no failure', async () => {
    w.files.put('/srv/f', '');
    const answer = await run(w, 'f /srv/f/x\nd /srv/good\n');
    expect(answer).toEqual({ status: 73, out: '', err: 'Failed to create file /srv/f/x: Not a directory\n' });
    expect(w.look('/srv/good')).toBe('directory 755 0:0');
    expect((await run(w, 'f- /srv/f/x\n')).status).toBe(0);
  });
});
