/**
 * The RPM package's scripts and triggers, run by rpm on trees of small packages that bring what systemd's bring: as in RHEL 8
 * (no helper, no run0), as in Fedora 41, and as from Fedora 42 on, where all programs are in /usr/bin.
 */
import * as fs from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { divertedNames } from '../../scripts/deb/package.mjs';
import { type Layout, RpmTree, rpmOf, smallRpm, workshop } from '../support/rpm.ts';

const names = divertedNames(fs.readFileSync('packaging/common.sh', 'utf8'));
const helper = '/usr/lib/systemd/systemd-update-helper';

const inFolder = (folder: string, all: readonly string[], text: string): Record<string, string> =>
  Object.fromEntries(all.map((name) => [`${folder}/${name}`, text]));
const halts = names.sbin.filter((name) => name !== 'init');

/** Scripts of packages are to find pidone from the first on, also that of the package that has brought the programs. */
const witness = '%post\ncat /usr/bin/systemctl > /systemctl-in-post\n';

const systemd = {
  239: rpmOf({
    name: 'systemd',
    version: '239',
    files: {
      ...inFolder('/usr/bin', [...names.bin.filter((name) => name !== 'run0'), ...names.tools], 'systemd 239'),
      '/usr/lib/systemd/': '',
      '/usr/lib/systemd/systemd': 'systemd 239',
      ...inFolder('/usr/sbin', halts, '-> ../bin/systemctl'),
      '/usr/sbin/init': '-> ../lib/systemd/systemd',
    },
    scripts: witness,
  }),
  256: rpmOf({
    name: 'systemd',
    version: '256',
    files: {
      ...inFolder('/usr/bin', [...names.bin.filter((name) => name !== 'run0'), ...names.tools], 'systemd 256'),
      '/usr/bin/run0': '-> systemd-run',
      '/usr/lib/systemd/': '',
      '/usr/lib/systemd/systemd': 'systemd 256',
      [helper]: 'systemd 256',
      ...inFolder('/usr/sbin', halts, '-> ../bin/systemctl'),
      '/usr/sbin/init': '-> ../lib/systemd/systemd',
    },
    scripts: witness,
  }),
  258: rpmOf({
    name: 'systemd',
    version: '258',
    files: {
      ...inFolder('/usr/bin', [...names.bin.filter((name) => name !== 'run0'), ...names.tools], 'systemd 258'),
      '/usr/bin/run0': '-> systemd-run',
      '/usr/lib/systemd/': '',
      '/usr/lib/systemd/systemd': 'systemd 258',
      [helper]: 'systemd 258',
      ...inFolder('/usr/bin', halts, '-> systemctl'),
      '/usr/bin/init': '-> ../lib/systemd/systemd',
    },
    scripts: witness,
  }),
  219: rpmOf({
    name: 'systemd',
    version: '219',
    files: {
      ...inFolder('/bin', ['systemctl', 'journalctl', 'systemd-tmpfiles', 'systemd-escape'], 'systemd 219'),
      ...inFolder('/usr/bin', ['systemd-run', 'systemd-analyze', 'systemd-cgls', 'systemd-cat'], 'systemd 219'),
      '/usr/lib/systemd/': '',
      '/usr/lib/systemd/systemd': 'systemd 219',
      ...inFolder('/sbin', halts, '-> ../bin/systemctl'),
      '/sbin/init': '-> ../usr/lib/systemd/systemd',
    },
  }),
};
const pidone = { '0.1.0': smallRpm('0.1.0'), '0.2.0': smallRpm('0.2.0') };
afterAll(() => fs.rmSync(workshop, { recursive: true }));

let trees: RpmTree[] = [];
function tree(layout: Layout): RpmTree {
  const made = new RpmTree(layout);
  trees.push(made);
  return made;
}
afterEach(() => {
  for (const each of trees) each.remove();
  trees = [];
});

type Step =
  | `systemd ${keyof typeof systemd}`
  | 'systemd gone'
  | `pidone ${keyof typeof pidone}`
  | 'pidone gone'
  | 'both'
  | 'both gone';

function take(on: RpmTree, step: Step): void {
  if (step === 'both') on.install(pidone['0.1.0'], systemd[256]);
  else if (step === 'both gone') on.rpm('--erase', 'pidone', 'systemd');
  else if (step === 'systemd gone' || step === 'pidone gone') on.rpm('--erase', step.slice(0, -' gone'.length));
  else if (step.startsWith('systemd'))
    on.install(systemd[Number(step.slice('systemd '.length)) as keyof typeof systemd]);
  else on.install(pidone[step.slice('pidone '.length) as keyof typeof pidone]);
}

const diverted = [...names.bin.map((name) => `/bin/${name}`), ...names.sbin.map((name) => `/sbin/${name}`)];

/** That every program is pidone's, by both of its names. */
function expectPidone(on: RpmTree, version: string): void {
  const found = diverted.flatMap((path) => [path, `/usr${path}`]).map((path) => [path, on.read(path)]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(found.map(([path]) => [path, `pidone ${version}`])));
}

const histories = (old: Step, next: Step): Step[][] => [
  ['pidone 0.1.0', 'pidone gone'],
  [old, 'pidone 0.1.0', 'pidone gone'],
  ['pidone 0.1.0', old, 'pidone gone', 'systemd gone'],
  ['pidone 0.1.0', old, old, 'systemd gone', 'pidone gone'],
  [old, 'pidone 0.1.0', next, old, next, 'systemd gone', 'pidone gone'],
  [old, 'pidone 0.1.0', 'pidone 0.1.0', 'pidone 0.2.0', 'pidone 0.1.0', 'pidone gone', next],
  ['pidone 0.1.0', next, 'pidone 0.2.0', old, 'pidone gone'],
];

describe.each([
  ['merged', [...histories('systemd 239', 'systemd 256'), ['both', 'both gone'], ['both', 'pidone gone']] as Step[][]],
  ['one', histories('systemd 256', 'systemd 258')],
  ['split', histories('systemd 219', 'systemd 219')],
] as const)('a %s tree', (layout, all) => {
  it.each(all.map((steps) => [steps.join(', '), steps] as const))('%s', (_title, steps) => {
    const [on, twin] = [tree(layout), tree(layout)];
    let version: string | undefined;
    let release: string | undefined;
    for (const step of steps) {
      take(on, step);
      if (step === 'both') take(twin, 'systemd 256');
      else if (step === 'both gone') take(twin, 'systemd gone');
      else if (step.startsWith('systemd')) take(twin, step);
      if (step.startsWith('both')) [version, release] = step === 'both' ? ['0.1.0', 'systemd 256'] : [];
      else if (step.startsWith('systemd')) release = step === 'systemd gone' ? undefined : step;
      else version = /[0-9.]+/.exec(step)?.[0];
      if (version === undefined) continue;
      expectPidone(on, version);
      const place = layout === 'split' && release !== undefined ? '/bin/systemd-escape' : '/usr/bin/systemd-escape';
      expect(on.read(place)).toBe(release ?? `pidone ${version}`);
      if (release === undefined || release === 'systemd 239') expect(on.read(helper)).toContain('install-system-units');
      else if (release !== 'systemd 219') expect(on.read(helper)).toBe(release);
      if (step.startsWith('systemd') && layout !== 'split' && release !== undefined)
        expect(on.read('/systemctl-in-post')).toBe(`pidone ${version}`);
    }
    // As if pidone had never been there.
    if (version !== undefined) take(on, 'pidone gone');
    expect(on.programs()).toEqual(twin.programs());
    if (release !== undefined) expect(on.rpm('--verify', 'systemd')).toBe('');
  });
});

describe('the package', () => {
  it('takes the place of a systemctl that no package has brought, and gives it back', () => {
    const on = tree('merged');
    fs.writeFileSync(`${on.root}/usr/bin/systemctl`, '#!/usr/bin/python3\n');
    const before = on.programs();
    take(on, 'pidone 0.1.0');
    expectPidone(on, '0.1.0');
    take(on, 'pidone gone');
    expect(on.programs()).toEqual(before);
  });

  it('says what is its own, and is what others ask for', () => {
    const on = tree('merged');
    take(on, 'pidone 0.1.0');
    expect(on.rpm('--query', '--whatprovides', '/usr/bin/systemctl', '/usr/sbin/init')).toMatch(
      /^(pidone-0\.1\.0-1\.\w+\n){2}$/,
    );
    expect(on.rpm('--query', '--file', '/usr/lib/pidone/bin/systemctl')).toMatch(/^pidone-0\.1\.0/);
    expect(on.rpm('--verify', 'pidone')).toBe('');
    on.install(
      rpmOf({ name: 'caller', version: '1', files: {}, head: 'Requires: /usr/bin/systemctl, systemd-tmpfiles' }),
    );
  });

  it('is the same at each making, also for another kind of machine', () => {
    expect(fs.readFileSync(smallRpm('0.1.0')).equals(fs.readFileSync(pidone['0.1.0']))).toBe(true);
    expect(tree('merged').rpm('--query', '--package', smallRpm('0.1.0', 'aarch64'))).toBe('pidone-0.1.0-1.aarch64\n');
  });
});
