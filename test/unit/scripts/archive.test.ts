/** `npm run archive`: which packages are fetched, how their files are laid out, and which lines count. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { packagesIn, sizesIn } from '../../../scripts/archive/fetch.mjs';
import { findingsIn, kindOf, layOut } from '../../../scripts/archive/parse.mjs';

it('finds packages by the files that they have', () => {
  expect(
    packagesIn([
      'usr/lib/systemd/system/bird.service                     net/bird3,net/bird2',
      'usr/lib/tmpfiles.d/a file.conf   admin/a',
      '',
    ]),
  ).toEqual(['a', 'bird2', 'bird3']);
});

it('fetches the smallest first', () => {
  const uris =
    "'http://deb/b.deb' big_1%3a2-1_amd64.deb 9000 SHA256:x\n'http://deb/s.deb' small_1_all.deb 90 SHA256:y\n";
  expect(sizesIn(uris)).toEqual([
    { name: 'small', size: 90 },
    { name: 'big', size: 9000 },
  ]);
});

it.each([
  ['usr/lib/systemd/system/a@.service', 'unit'],
  ['usr/lib/systemd/user/a.timer', 'unit'],
  ['lib/systemd/system/a.service.d/b.conf', 'drop-in'],
  ['usr/lib/systemd/system-preset/90-a.preset', 'preset'],
  ['usr/lib/tmpfiles.d/a.conf', 'tmpfiles.d'],
  ['usr/lib/sysusers.d/a.conf', 'sysusers.d'],
  ['usr/lib/systemd/system/README', undefined],
  ['usr/lib/systemd/system/a.target.wants/a.service', undefined],
])('%s is %s', (path, kind) => {
  expect(kindOf(path)).toBe(kind);
});

it('counts lines about a line of a file, but not users that are not there', () => {
  const text = [
    '/root/usr/lib/systemd/system/a.service:3: Unknown key',
    'a.service: Command /bin/a is not executable',
    "/root/usr/lib/tmpfiles.d/a.conf:1: Failed to resolve user 'a': x",
  ].join('\n');
  expect(findingsIn(text, '/root')).toEqual(['/usr/lib/systemd/system/a.service:3: Unknown key']);
});

it('lays files that are in each other’s way into roots of their own, and units for drop-ins that have none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-archive-'));
  try {
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, 'files', path)), { recursive: true });
      writeFileSync(join(folder, 'files', path), text);
    };
    put('one/usr/lib/systemd/system/a.service', '1');
    put('two/lib/systemd/system/a.service', '2');
    put('three/usr/lib/systemd/system/a.service', '1');
    put('two/usr/lib/systemd/system/other.service.d/x.conf', '');
    const { counts, roots } = layOut(join(folder, 'files'), join(folder, 'roots'));
    expect(counts).toEqual({ unit: 3, 'drop-in': 1 });
    const units = roots.map((root) => join(root, 'usr/lib/systemd/system'));
    expect(units.map((path) => readFileSync(join(path, 'a.service'), 'utf8'))).toEqual(['1', '2']);
    expect(readdirSync(units[0]!).sort()).toEqual(['a.service', 'other.service', 'other.service.d']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
