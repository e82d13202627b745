import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdSysusers } from '../../../../src/tools/sysusers/sysusers.ts';

const configuration = '/etc/sysusers.d/t.conf';
const today = Math.floor(Date.UTC(2024, 0, 15) / 86_400_000);
let host: SimHost;

beforeEach(() => {
  host = new SimHost({ now: Date.UTC(2024, 0, 15, 12) });
  host.files.put('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nold:x:998:997::/:/bin/sh\n');
  host.files.put('/etc/group', 'root:x:0:\nadm:x:4:zeta\nold:x:997:\n');
  host.files.put('/etc/shadow', 'root:*:19000:0:99999:7:::\n', 0o640);
  host.files.put('/etc/gshadow', 'root:*::\nadm:*::zeta\n', 0o640);
  host.files.chown('/etc/shadow', 0, 42);
});

const call = (argv: readonly string[] = [], env: Record<string, string> = {}): Promise<Answer> =>
  callProgram({ host }, systemdSysusers, 'systemd-sysusers', argv, { env });

function run(lines: string, argv: readonly string[] = [], env: Record<string, string> = {}): Promise<Answer> {
  host.files.put(configuration, lines);
  return call(argv, env);
}

/** What a file has gained. */
function added(name: string): string[] {
  return host.files
    .readText(`/etc/${name}`)
    .split('\n')
    .slice(name === 'shadow' ? 1 : name === 'passwd' ? 2 : name === 'group' ? 3 : 2, -1);
}

describe('numbers', () => {
  it('go down from 999, the same for a user and its group, groups first', async () => {
    const answer = await run('u web - "Web Server" /srv/web /bin/sh\ng grp -\n');
    expect(answer).toEqual({
      status: 0,
      out: '',
      err:
        "Creating group 'grp' with GID 999.\n" +
        "Creating group 'web' with GID 996.\n" +
        "Creating user 'web' (Web Server) with UID 996 and GID 996.\n",
    });
    expect(added('passwd')).toEqual(['web:x:996:996:Web Server:/srv/web:/bin/sh']);
    expect(added('group')).toEqual(['grp:x:999:', 'web:x:996:']);
    expect(added('shadow')).toEqual([`web:!*:${today}::::::`]);
    expect(added('gshadow')).toEqual(['grp:!*::', 'web:!*::']);
  });

  it('are those that lines ask for, unless they are taken', async () => {
    const { err } = await run('u a 450\nu b 998\nu c 451:adm\nu d 452:997\nu e -:nosuch\nu f 453:700\n');
    expect(err).toBe(
      "Creating group 'a' with GID 450.\n" +
        "Creating user 'a' (n/a) with UID 450 and GID 450.\n" +
        "Creating group 'b' with GID 999.\n" +
        'Suggested user ID 998 for b already used.\n' +
        "Creating user 'b' (n/a) with UID 999 and GID 999.\n" +
        "Creating user 'c' (n/a) with UID 451 and GID 4.\n" +
        "Creating user 'd' (n/a) with UID 452 and GID 997.\n" +
        'Group nosuch not found.\n' +
        'Failed to create f: please create GID 700\n',
    );
  });

  it('come from ranges and from the owners of files', async () => {
    host.files.put('/srv/data', '');
    host.files.chown('/srv/data', 501, 502);
    await run('r - 500-502\nu own /srv/data\nu next -\nu none -\n');
    expect(added('passwd').map((line) => line.split(':').slice(0, 4).join(':'))).toEqual([
      'own:x:501:502',
      'next:x:500:500',
    ]);
  });
});

describe('what is there', () => {
  it('stays, and nothing is written then', async () => {
    const before = host.files.stat('/etc/passwd').ino;
    expect(await run('u root 5\ng adm 77\nm zeta adm\nu zeta 5000:4\n')).toMatchObject({ status: 0 });
    await run('u root 5\ng adm 77\nm zeta adm\n');
    expect(host.files.readText('/etc/group')).toContain('adm:x:4:zeta\n');
    expect(host.files.stat('/etc/passwd').ino).not.toBe(before);
    const after = host.files.stat('/etc/passwd').ino;
    expect(await run('u root 5\ng adm 77\n')).toEqual({ status: 0, out: '', err: '' });
    expect(host.files.stat('/etc/passwd').ino).toBe(after);
  });

  it('keeps its mode and owner, and is kept with a - behind its name', async () => {
    const before = host.files.readText('/etc/shadow');
    await run('u a -\n');
    expect(host.files.stat('/etc/shadow')).toMatchObject({ mode: 0o640, uid: 0, gid: 42 });
    expect(host.files.readText('/etc/shadow-')).toBe(before);
    expect(host.files.stat('/etc/shadow-')).toMatchObject({ mode: 0o640, gid: 42 });
    expect(host.files.readdir('/etc').filter((name) => name.includes('.#'))).toEqual([]);
  });

  it('of NIS stays last', async () => {
    host.files.put('/etc/passwd', `${host.files.readText('/etc/passwd')}+::::::\n`);
    await run('u a 300\n');
    expect(added('passwd')).toEqual(['a:x:300:300::/:/usr/sbin/nologin', '+::::::']);
  });

  it('is all there need be: without files they are made', async () => {
    for (const name of ['passwd', 'group', 'shadow', 'gshadow']) host.files.unlink(`/etc/${name}`);
    await run('u root 0 "Super User" /root\n');
    expect(host.files.readText('/etc/passwd')).toBe('root:x:0:0:Super User:/root:/bin/sh\n');
    expect(host.files.stat('/etc/shadow').mode).toBe(0);
    expect(host.files.stat('/etc/group').mode).toBe(0o644);
  });

  it('is left alone where two files contradict each other', async () => {
    host.files.put('/etc/gshadow', 'grp:!::\n');
    const before = host.files.readText('/etc/group');
    expect(await run('g grp 300\n')).toEqual({
      status: 1,
      out: '',
      err: 'Creating group \'grp\' with GID 300.\n/etc/gshadow: Group "grp" already exists.\n',
    });
    expect(host.files.readText('/etc/group')).toBe(before);
    expect(host.files.readdir('/etc').filter((name) => name.includes('.#'))).toEqual([]);
  });
});

describe('members', () => {
  it('are added to groups, both made where they are missing', async () => {
    await run('m beta adm\nm alpha adm\nm alpha new\n');
    expect(host.files.readText('/etc/group')).toContain('adm:x:4:alpha,beta,zeta\n');
    expect(host.files.readText('/etc/gshadow')).toContain('adm:*::alpha,beta,zeta\n');
    expect(added('group').map((line) => line.split(':')[0])).toEqual(['new', 'beta', 'alpha']);
    expect(added('passwd').map((line) => line.split(':')[0])).toEqual(['beta', 'alpha']);
  });
});

describe('lines that are no good', () => {
  it.each([
    ['u', 'Missing action and name columns.'],
    ['x foo', "Unknown command type 'x'."],
    ['uu foo', "Unknown modifier 'uu'."],
    ['u 1foo', "'1foo' is not a valid user or group name."],
    ['u foo abc', "Failed to parse UID: 'abc': Invalid argument"],
    ['u foo 65535', "Failed to parse UID: '65535': No such device or address"],
    ['u foo 99999999999', "Failed to parse UID: '99999999999': Numerical result out of range"],
    ['u foo - a:b', "'a:b' is not a valid GECOS field."],
    ['u foo - - home', "'home' is not a valid home directory field."],
    ['u foo - - - sh', "'sh' is not a valid login shell field."],
    ['u foo - - - /bin/sh more', 'Trailing garbage.'],
    ['g foo - text', "Lines of type 'g' don't take a GECOS field."],
    ['m foo', "Lines of type 'm' require a group name in the third field."],
    ['r foo 1-2', "Lines of type 'r' don't take a name field."],
    ['r - 10-5', 'Invalid UID range 10-5.'],
    ['u foo - %Z', "Failed to replace specifiers in '%Z': Invalid slot"],
  ])('%s', async (line, message) => {
    expect(await run(`\n${line}\n`)).toEqual({ status: 0, out: '', err: `${configuration}:2: ${message}\n` });
  });

  it('end a run on what was named, and are told where they contradict earlier ones', async () => {
    host.files.put('/x.conf', 'u foo 300\nbad\n');
    expect(await call(['/x.conf'])).toMatchObject({ status: 1, err: '/x.conf:2: Missing action and name columns.\n' });
    expect(added('passwd')).toEqual([]);
    const { err } = await run('u foo 300 - - /bin/false\nu foo 300\nu foo 301\n');
    expect(err).toContain(`${configuration}:3: Conflict with earlier configuration for user 'foo', ignoring line.\n`);
    expect(err).not.toContain(`${configuration}:2: `);
  });

  it('are told with the place of the earlier one from 257 on', async () => {
    host = new SimHost({ release: 257 });
    host.files.put('/x.conf', 'u foo 300\nu foo 301\n');
    expect((await call(['--dry-run', '/x.conf'])).err).toContain(
      "/x.conf:2: Conflict with earlier configuration for user 'foo' in /x.conf:1, ignoring line.\n",
    );
  });
});

describe('options', () => {
  it('--dry-run writes nothing', async () => {
    const { err } = await run('u foo 300\n', ['--dry-run']);
    expect(err).toContain('Would write /etc/passwd…\n');
    expect(added('passwd')).toEqual([]);
  });

  it('--inline takes lines', async () => {
    await call(['--inline', 'u foo 300 "A B"', 'g bar 301']);
    expect(added('passwd')).toEqual(['foo:x:300:300:A B:/:/usr/sbin/nologin']);
    expect(await call(['--inline', 'bad'])).toMatchObject({
      status: 1,
      err: '(argument):1: Missing action and name columns.\n',
    });
  });

  it('--root works below another directory', async () => {
    host.files.put('/image/usr/lib/sysusers.d/a.conf', 'u foo 300\n');
    host.files.mkdirs('/image/etc');
    await call(['--root=/image']);
    expect(host.files.readText('/image/etc/passwd')).toBe('foo:x:300:300::/:/usr/sbin/nologin\n');
    expect(added('passwd')).toEqual([]);
  });

  it('credentials give shells, passwords and lines', async () => {
    host.files.put('/creds/passwd.shell.foo', '/bin/zsh');
    host.files.put('/creds/passwd.hashed-password.foo', '$y$hash');
    host.files.put('/creds/sysusers.extra', 'u extra 302\n');
    await run('u foo 300\n', [], { CREDENTIALS_DIRECTORY: '/creds', SOURCE_DATE_EPOCH: '86400' });
    expect(added('passwd')).toEqual(['foo:x:300:300::/:/bin/zsh', 'extra:x:302:302::/:/usr/sbin/nologin']);
    expect(added('shadow')[0]).toBe('foo:$y$hash:1::::::');
  });
});

describe('modifiers', () => {
  it('! locks the account, not just its password', async () => {
    await run('u! a 450\nu b 451\n');
    expect(added('shadow')).toEqual([`a:!*:${today}:::::1:`, `b:!*:${today}::::::`]);
    expect((await run('g! x\n')).err).toBe(`${configuration}:1: Unknown modifier 'g!'.\n`);
  });

  it('that nobody knows are said once, and cost nothing', async () => {
    const answer = await run('u~ a 450\nu~ b 451\ng~ c 452\n');
    expect(answer.status).toBe(0);
    expect(answer.err.split('\n').filter((line) => line.includes('modifier'))).toEqual([
      `${configuration}:1: Unknown modifiers in command 'u~', reading such lines without.`,
    ]);
    expect(added('passwd').map((line) => line.split(':')[0])).toEqual(['a', 'b']);
  });
});
