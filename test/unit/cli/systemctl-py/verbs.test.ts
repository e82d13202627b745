/** Verbs that systemctl.py has and systemd has not, with the answers that its users expect. */
import { beforeEach, describe, expect, it } from 'vitest';
import { placeInManager, refuse } from '../../../../src/main/access.ts';
import { parseCall, programs } from '../../../../src/main/programs.ts';
import { callOn } from '../../../../src/simulation/call.ts';
import { allLoaded } from '../../../../src/simulation/system.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string) => `/etc/systemd/system/${name}`;
const wanted = (target: string, name: string) => ({
  [unit(`${target}.wants/${name}`)]: `-> ${unit(name)}`,
});
const service = '[Service]\nExecStart=/bin/run\n[Install]\nWantedBy=multi-user.target\n';

const files = {
  '/usr/lib/systemd/system/multi-user.target': '[Unit]\nRequires=basic.target\nAfter=basic.target\n',
  '/usr/lib/systemd/system/basic.target': '[Unit]\nWants=sockets.target\nAfter=sockets.target\n',
  [unit('default.target')]: '-> /usr/lib/systemd/system/multi-user.target',
  [unit('web.service')]: `[Unit]\nRequires=db.service\nWants=late.service\nAfter=db.service\n${service}`,
  [unit('db.service')]: service,
  [unit('late.service')]: `[Unit]\nAfter=web.service\n${service}`,
  [unit('systemd-thing.service')]: service,
  [unit('talk.socket')]: '[Socket]\nListenStream=/run/talk\n[Install]\nWantedBy=sockets.target\n',
  [unit('talk.service')]: '[Service]\nExecStart=/bin/run\n',
  [unit('tick.timer')]: '[Timer]\nOnCalendar=daily\nUnit=db.service\n',
  [unit('told.service')]:
    '[Service]\nEnvironment=A=1 "B=two words" C=c\nEnvironmentFile=/etc/told.env\n' +
    'ExecStartPre=/bin/pre\nExecStart=/bin/run --it "a b" $A\n',
  '/etc/told.env': 'A=2\n',
  '/etc/more.env': 'A=4\nD=d\n',
  [unit('told.service.d/more.conf')]: '[Service]\nExecStart=\nExecStart=/bin/run %n\\\n  --more\n',
  [unit('off.service')]: '-> /dev/null',
  ...wanted('multi-user.target', 'web.service'),
  ...wanted('multi-user.target', 'db.service'),
  ...wanted('multi-user.target', 'systemd-thing.service'),
  ...wanted('multi-user.target', 'tick.timer'),
  ...wanted('multi-user.target', 'off.service'),
  ...wanted('sockets.target', 'talk.socket'),
  '/etc/systemd/system-preset/10-own.preset': 'disable db.*\nenable web.service\n',
};

let system: SimSystem;
beforeEach(() => {
  system = new SimSystem(files);
  system.host.onSpawn = (process) => {
    if (process.comm === 'pre') process.exit(0);
  };
});

const run = (line: string | readonly string[]) => system.systemctl(line);
const ok = async (line: string | readonly string[]): Promise<string> => {
  const { status, out, err } = await run(line);
  expect({ line, status, err }).toEqual({ line, status: 0, err: '' });
  return out;
};
const refused = async (line: string, status: number, err: string): Promise<void> => {
  expect(await run(line)).toEqual({ status, out: '', err });
};

describe('default-services', () => {
  it('lists sockets and services that a boot starts, systemd’s own with --all only', async () => {
    expect(await ok('default-services')).toBe('talk.socket\ndb.service\nweb.service\n');
    expect(await ok('default-services --all')).toBe('talk.socket\ndb.service\nsystemd-thing.service\nweb.service\n');
    expect(await ok('default-services -a -a')).toBe(await ok('default-services --all'));
  });

  it('takes targets, which have to be there', async () => {
    expect(await ok('default-services sockets')).toBe('talk.socket\n');
    await refused('default-services nope', 4, 'Unit nope.target not found.\n');
    await refused(
      'default-services --root=/x',
      1,
      "Verb 'default-services' cannot be used with --root= or --image=.\n",
    );
  });
});

describe('list-start-dependencies', () => {
  it('has in their order what is started with a unit, and why', async () => {
    expect(await ok('list-start-dependencies web')).toBe(
      'db.service\t(Requires)\nweb.service\t(Requested)\nlate.service\t(Wants)\n',
    );
    expect(await ok('list-start-dependencies db late')).toBe('db.service\t(Requested)\nlate.service\t(Requested)\n');
    await refused('list-start-dependencies nope', 4, 'Unit nope.service not found.\n');
    await refused('list-start-dependencies', 1, 'Too few arguments.\n');
  });
});

describe('environment', () => {
  const own = async (line: string) => (await ok(line)).split('\n').filter((text) => /^[A-D]=/.test(text));

  it('prints what a service is given, sorted', async () => {
    expect(await own('environment told')).toEqual(['A=2', 'B=two words', 'C=c']);
    expect(await ok('environment told')).toContain('\nPATH=/usr/bin:/bin\n');
    expect(await ok('environment told')).not.toContain('SYSTEMD_EXEC_PID');
  });

  it('has what -e adds', async () => {
    expect(await own('environment told -e A=3')).toEqual(['A=3', 'B=two words', 'C=c']);
    expect(await own('environment told -e @/etc/more.env')).toEqual(['A=4', 'B=two words', 'C=c', 'D=d']);
    await refused('environment told -e @/etc/nothing', 1, '-e @/etc/nothing: No such file or directory\n');
  });

  it('says what has none', async () => {
    await refused('environment nope', 4, 'Unit nope.service not found.\n');
    await refused('environment multi-user.target', 1, 'Unit multi-user.target runs no program.\n');
    await refused('environment a b', 1, 'Too many arguments.\n');
    system.host.files.unlink('/etc/told.env');
    await refused('environment told', 1, 'told.service: Failed to load environment files: No such file or directory\n');
  });

  it('is not for everyone: files of variables may hold secrets', async () => {
    const { context, answer } = callOn(system, 'systemctl', 'environment told');
    const call = await parseCall(context);
    if (typeof call === 'number') throw new Error(answer.err);
    expect(placeInManager(call, false)).toBe('denied');
    expect([refuse(context, call), answer.err]).toEqual([1, 'Failed to get environment: Access denied\n']);
  });
});

describe('command', () => {
  it('prints the lines as the files have them', async () => {
    expect(await ok('command told')).toBe('/bin/run %n   --more\n');
    expect(await ok('command db')).toBe('/bin/run\n');
  });

  it('-p names other settings', async () => {
    expect(await ok('command told -p ExecStartPre -p Environment')).toBe('/bin/pre\nA=1 "B=two words" C=c\n');
    expect(await ok('command told -p ExecStop')).toBe('');
  });

  it('says what is not there', async () => {
    await refused('command nope', 4, 'Unit nope.service not found.\n');
    await refused('command off', 1, 'Unit off.service is masked.\n');
  });
});

describe('get-preset', () => {
  it('prints what preset would do', async () => {
    expect(await ok('get-preset db')).toBe('disable\n');
    expect(await ok('get-preset web')).toBe('enable\n');
    expect(await ok('get-preset other')).toBe('enable\n');
  });
});

describe('log and logs', () => {
  /** A service writes to its stdout. */
  const write = (name: string, text: string): void => {
    const pid = system.manager.units.find(name)?.type === 'service' ? mainPidOf(name) : 0;
    const { stdout } = system.host.table.get(pid)!.request!;
    if (stdout.kind !== 'fd') throw new Error(`${name} has no stream`);
    system.host.streams.get(stdout.fd)?.write(Buffer.from(text));
    system.host.settle();
  };
  const mainPidOf = (name: string): number => {
    const service = system.manager.units.find(name);
    if (service === undefined || !('mainPid' in service)) throw new Error(`${name} is no service`);
    return Number(service.mainPid);
  };

  it('show what a service has written, as it wrote it', async () => {
    write('web.service', 'one\ntwo words\n');
    write('db.service', 'another\n');
    expect(await ok('log web')).toBe('one\ntwo words\n');
    expect(await ok('logs --no-pager web.service')).toBe('one\ntwo words\n');
    expect(await ok('log web db')).toBe('one\ntwo words\nanother\n');
  });

  it('-n says how many lines, -o in which form', async () => {
    write('web.service', 'one\ntwo\nthree\n');
    expect(await ok('log web -n 2')).toBe('two\nthree\n');
    expect(await ok('log web -n 1 -o short')).toMatch(/^Jan 15 \S+ machine run\[\d+\]: three\n$/);
  });

  it('are empty where nothing was written, and end with 4 where no unit is', async () => {
    expect(await ok('log late')).toBe('');
    await refused('log nope', 4, 'Unit nope.service not found.\n');
    await refused('log', 1, 'Too few arguments.\n');
  });

  it('-f goes on with what comes', async () => {
    write('web.service', 'before\n');
    const abort = new AbortController();
    await allLoaded(await programs.systemctl());
    const { context, answer } = callOn(system, 'systemctl', 'log -f web');
    const call = await parseCall({ ...context, signal: abort.signal });
    if (typeof call === 'number') throw new Error(answer.err);
    expect(call.pager).toBeUndefined();
    let ended = false;
    const done = Promise.resolve(call.run({ ...context, signal: abort.signal })).finally(() => {
      ended = true;
    });
    const settle = async (): Promise<void> => {
      for (let round = 0; round < 200; round++) {
        system.host.settle();
        await Promise.resolve();
      }
    };
    await settle();
    expect(answer.out).toBe('before\n');
    write('web.service', 'after\n');
    system.host.advance(1000);
    await settle();
    expect([answer.out, ended]).toEqual(['before\nafter\n', false]);
    abort.abort();
    await settle();
    await done;
  });
});

describe('listen', () => {
  it('starts sockets, and nothing else', async () => {
    await ok('stop talk.socket');
    expect(await ok('listen talk')).toBe('');
    expect(await ok('is-active talk.socket')).toBe('active\n');
    await refused('listen web.service', 1, 'Only socket units listen, which web.service is not.\n');
  });
});

describe('reap-zombies', () => {
  it('counts what runs, and says that nothing had to be reaped', async () => {
    const { status, out, err } = await run('reap-zombies');
    expect([status, err]).toEqual([0, 'Nothing was left to reap: the manager waits for each process that ends.\n']);
    const before = Number(/^remaining (\d+) process\n$/.exec(out)?.[1]);
    await ok('start told');
    expect((await run('reap-zombies')).out).toBe(`remaining ${before + 1} process\n`);
  });
});

describe('version', () => {
  it('is --version', async () => {
    expect(await ok('version')).toBe((await run('--version')).out);
    expect(await ok('version')).toMatch(/^systemd 252 \(pidone /);
  });
});

describe('where systemd has the name', () => {
  it('help is about units, and list-units about those in memory', async () => {
    expect((await run('help')).out).not.toContain('default-services');
    const listed = await ok('list-units --all --plain --no-legend --type=service');
    expect(listed).toContain('web.service');
    expect(listed).not.toContain('told.service');
  });

  it('service is a unit like others', async () => {
    await refused('start late service', 5, 'Failed to start service.service: Unit service.service not found.\n');
    expect(await ok('is-active late')).toBe('active\n');
  });

  it('leaves no files of systemctl.py’s', async () => {
    system.host.files.mkdirs('/var/log');
    for (const name of ['systemctl.log', 'systemctl.debug.log']) system.host.files.put(`/var/log/${name}`, '');
    await ok('start late');
    for (const name of ['systemctl.log', 'systemctl.debug.log'])
      expect(system.host.files.readText(`/var/log/${name}`)).toBe('');
    expect(system.look('/run/late.service.status')).toBe('nothing');
    expect(system.look('/var/log/journal/late.service.log')).toBe('nothing');
  });
});

describe('a verb of neither', () => {
  it('is refused as by systemd, which knows no verb of systemctl.py’s', async () => {
    await refused('__get_active_unit web', 1, 'Unknown command verb __get_active_unit.\n');
    expect((await run('logg')).err).not.toContain("'log'");
  });
});
