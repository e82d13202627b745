/** What a release is made of has one version, and every license that it needs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packParts, partsId } from '../../../packaging/parts.cjs';
import { version, versionFaults } from '../../../scripts/version.mjs';
import { VERSION } from '../../../src/sys/version.ts';

it('has the version of package.json everywhere, with an entry in both changelogs', () => {
  expect(versionFaults()).toEqual([]);
  expect(VERSION).toBe(version);
});

it('takes kept code for the program that it is of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-parts-'));
  try {
    const file = join(folder, 'manager.code');
    writeFileSync(file, packParts('id-of-a-program', new Map([['a.js', Buffer.from([1, 0xff])]])));
    expect(partsId(file)).toBe('id-of-a-program');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
