import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { abandoned, Home } from '../../../src/library/home.ts';
import { ownPid, processWorld, startTimeOf } from '../../../src/sys/library-host.ts';

let scratch: string;
let home: Home;
const before = { ...process.env };
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'h-'));
  process.env.TMPDIR = scratch;
  home = new Home();
});
afterEach(() => {
  process.env.TMPDIR = before.TMPDIR;
  if (before.TMPDIR === undefined) delete process.env.TMPDIR;
  home.remove();
  rmSync(scratch, { recursive: true });
});

describe('the directory of a machine', () => {
  it('is short, its user’s alone, and gone when it is removed', () => {
    expect(home.directory).toMatch(/\/h-\w{6}\/pidone\.[\da-z]+\.\w{6}$/);
    expect(Buffer.byteLength(`${home.directory}/run/systemd/notify`)).toBeLessThan(107);
    expect(statSync(home.directory).mode & 0o066).toBe(0);
    home.remove();
    expect(existsSync(home.directory)).toBe(false);
  });

  it('lies elsewhere where the usual place has a long name', () => {
    const long = join(scratch, 'x'.repeat(60));
    mkdirSync(long);
    process.env.TMPDIR = long;
    const other = new Home();
    expect(other.directory).toMatch(/^\/tmp\/pidone\.[\da-z]+\.\w{6}$/);
    other.remove();
  });
});

describe('units', () => {
  it('are laid out in the order in which they were given; a directory is read where it is', () => {
    const own = join(scratch, 'own');
    mkdirSync(own);
    const [texts, directory] = home.layOut([
      { 'a.service': '[Service]', 'a.service.d/x.conf': { Service: { Nice: 5 } } },
      own,
    ]);
    expect(directory).toBe(own);
    expect(readFileSync(`${texts}/a.service`, 'utf8')).toBe('[Service]\n');
    expect(readFileSync(`${texts}/a.service.d/x.conf`, 'utf8')).toBe('[Service]\nNice=5\n');
    home.write('b.service', '[Service]');
    const path = home.environment([texts!, own], {}, {}).SYSTEMD_UNIT_PATH!.split(':');
    expect(path.slice(3, 6)).toEqual([`${home.directory}/config/systemd/user`, texts, own]);
    expect(existsSync(`${path[3]}/b.service`)).toBe(true);
    expect(path.filter((place) => place !== own && !place.startsWith(home.directory))).toEqual([]);
  });

  it('are reached by a link where their path has a colon', () => {
    const odd = join(scratch, 'a:b');
    mkdirSync(odd);
    const [place] = home.layOut(odd);
    expect(readlinkSync(place!)).toBe(odd);
  });

  it('that are no directory are refused', () => {
    expect(() => home.layOut('./none')).toThrow(/^units: \/.*\/none is not a directory; units by name are an object$/);
    expect(() => home.layOut({ 'a.servce': '' })).toThrow("'a.servce' is no name of a unit's file");
  });
});

it('settings are [Manager] of user.conf', () => {
  home.writeSettings({ DefaultTimeoutStopSec: 5 });
  expect(readFileSync(`${home.directory}/config/systemd/user.conf`, 'utf8')).toBe(
    '[Manager]\nDefaultTimeoutStopSec=5\n',
  );
  expect(() => home.writeSettings({ DefaultTimeoutStopsec: 5 } as object)).toThrow(
    'did you mean DefaultTimeoutStopSec=?',
  );
});

it('services get what a login would give, ports, and what is said', () => {
  process.env.SOME_SECRET = 'x';
  const environment = home.environment([], { A: 'b', SHELL: undefined }, { web: 15_001 });
  delete process.env.SOME_SECRET;
  expect(environment).toMatchObject({ A: 'b', PORT_web: '15001', PIDONE_OWNED: home.directory });
  expect(environment.PATH?.startsWith(`${home.directory}/bin:`)).toBe(true);
  expect(Object.keys(environment)).not.toEqual(expect.arrayContaining(['SOME_SECRET']));
  expect(environment).not.toHaveProperty('SHELL');
});

it('one whose process is gone is abandoned, and no other', () => {
  const owned = (name: string, text: string): string => {
    const directory = join(scratch, name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'owner'), text);
    return directory;
  };
  const world = processWorld();
  const [boot, ...namespace] = world.split(' ');
  const [maker, gone] = [ownPid.toString(36), (2 ** 22).toString(36)];
  owned(`pidone.${maker}.living`, `${world}\n${ownPid} ${startTimeOf(ownPid)}\n`);
  owned(`pidone.${maker}.others`, `${boot} pid:[1]\n${ownPid} 1\n`);
  owned(`pidone.${maker}.making`, '');
  owned('pidone.sayswhose', `${world}\n${ownPid} 1\n`);
  mkdirSync(join(scratch, `pidone.${gone}.killed`));
  const expected = [
    join(scratch, `pidone.${gone}.killed`),
    owned(`pidone.${gone}.midway`, ''),
    owned(`pidone.${maker}.reused`, `${world}\n${ownPid} 1\n`),
    owned(`pidone.${maker}.before`, `another ${namespace.join(' ')}\n${ownPid} ${startTimeOf(ownPid)}\n`),
  ];
  expect(
    abandoned()
      .filter((directory) => directory.startsWith(scratch))
      .sort(),
  ).toEqual(expected.sort());
});
