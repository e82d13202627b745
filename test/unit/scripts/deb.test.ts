/** The Debian package as bytes: what scripts/deb makes, read by the tools that others have. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { versionsAsked } from '../../../scripts/deb/elf.mjs';
import { buildDeb, dependencies, divertedNames } from '../../../scripts/deb/package.mjs';
import { readTar, tarEnd, tarEntry } from '../../../scripts/deb/tar.mjs';
import { joinXz, xz } from '../../../scripts/deb/xz.mjs';
import { compress, packagingTexts, smallDeb, smallTarball, time } from '../../support/dpkg.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pidone-deb-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function ask(command: string, args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, {
    input,
    maxBuffer: 1 << 26,
    env: { ...process.env, TZ: 'UTC' },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

describe('.xz files', () => {
  it('are joined to one that xz reads as theirs, one after the other', () => {
    const pieces = [0, 1, 5, 300, 70_000].map((size, i) => Buffer.alloc(size, `piece ${i} `));
    const joined = joinXz(
      pieces.map((piece, i) => (i === 3 ? xz(piece, ['--x86', '--lzma2=preset=0'])! : compress(piece))),
    );
    expect(ask('xz', ['--decompress', '--stdout'], joined)).toEqual(Buffer.concat(pieces));
    const path = join(scratch, 'joined.xz');
    writeFileSync(path, joined);
    const totals = ask('xz', ['--robot', '--list', path])
      .toString()
      .split('\n')
      .find((line) => line.startsWith('totals'));
    // One stream; of what is empty there is no block.
    expect(totals?.split('\t').slice(1, 5)).toEqual(['1', '4', String(joined.length), String(5 + 300 + 70_000 + 1)]);
  });
});

describe('tar archives', () => {
  it('are read as they were written', () => {
    const entries = smallTarball('pidone');
    const archive = Buffer.concat([...entries.map((entry) => tarEntry(entry, time)), tarEnd]);
    const whole = { content: Buffer.alloc(0), target: '' };
    expect(readTar(archive)).toEqual(entries.map((entry) => ({ ...whole, ...entry })));
    expect(ask('tar', ['-tf', '-'], archive).toString()).toBe(entries.map(({ name }) => `${name}\n`).join(''));
  });
  it('hold nothing but files, directories and links', () => {
    const device = tarEntry({ name: 'null', type: 'file', mode: 0o644 }, time);
    device.write('3', 156);
    expect(() => readTar(device)).toThrow('null: not an entry of a ustar archive');
    expect(() => tarEntry({ name: 'a'.repeat(101), type: 'file', mode: 0o644 }, time)).toThrow('too long');
  });
});

describe('what programs ask for', () => {
  it('is what objdump says', () => {
    const asked = [
      ...ask('objdump', ['-p', '/bin/bash'])
        .toString()
        .matchAll(/ GLIBC_([0-9.]+)$/gm),
    ].map(([, v]) => v!);
    const newest = asked.sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1])).at(-1);
    expect(versionsAsked(readFileSync('/bin/bash'))).toEqual({ GLIBC: newest });
    expect(dependencies([{ name: 'bash', type: 'file', mode: 0o755, content: readFileSync('/bin/bash') }])).toBe(
      `libc6 (>= ${newest})`,
    );
  });
});

describe('the package', () => {
  const path = join(scratch, 'pidone.deb');
  writeFileSync(path, smallDeb('1.2.3'));

  it('is the same at each making, whatever its time', () => {
    expect(smallDeb('1.2.3').equals(readFileSync(path))).toBe(true);
    const later = { version: '1.2.3', architecture: 'all', time: time + 1, compress };
    expect(buildDeb(smallTarball('pidone 1.2.3'), packagingTexts(), later).equals(readFileSync(path))).toBe(false);
  });

  it('holds what dpkg-deb shows: links of every diverted name, all of root, in order', () => {
    const lines = ask('dpkg-deb', ['--contents', path]).toString().trim().split('\n');
    const { bin, sbin } = divertedNames(readFileSync('packaging/common.sh', 'utf8'));
    for (const [folder, names] of [
      ['bin', bin],
      ['sbin', sbin],
    ] as const)
      for (const name of names)
        expect(
          lines.filter((line) => line.endsWith(` ./usr/${folder}/${name} -> ../lib/pidone/bin/${name}`)),
        ).toHaveLength(1);
    expect(lines.filter((line) => !line.includes(' root/root '))).toEqual([]);
    expect(lines.filter((line) => line.includes('install.sh'))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^-rwxr-xr-x .* 2000-01-01 00:00 \.\/usr\/lib\/pidone\/node$/);
    expect(new Set(lines.slice(0, -1).map((line) => / (\d{4}-\S+ \S+) /.exec(line)?.[1]))).toEqual(
      new Set(['2001-09-09 01:46']),
    );
  });

  it('tells dpkg what it is, what it needs and what it is called by', () => {
    const fields = ask('dpkg-deb', ['--field', path]).toString();
    expect(fields).toMatch(/^Version: 1\.2\.3$/m);
    expect(fields).toMatch(/^Depends: libc6 \(>= 2\.\d+\)$/m);
    expect(fields).toMatch(/^Provides: systemd-sysusers, systemd-sysv, systemd-tmpfiles$/m);
    expect(fields).not.toContain('#');
    ask('dpkg-deb', ['--control', path, join(scratch, 'control')]);
    const control = (name: string): string => readFileSync(join(scratch, 'control', name), 'utf8');
    expect(control('triggers')).toContain(
      'interest-noawait /bin/systemd-tmpfiles\ninterest-noawait /usr/bin/systemd-tmpfiles\n',
    );
    ask('dpkg-deb', ['--extract', path, join(scratch, 'tree')]);
    expect(ask('sh', ['-c', `cd ${scratch}/tree && md5sum --check --quiet ../control/md5sums`]).toString()).toBe('');
    expect(readFileSync(join(scratch, 'tree/usr/share/doc/pidone/copyright'), 'utf8')).not.toContain('icense#');
  });
});
