/** systemd-analyze's verbs about what the machine brings: a TPM, strings of its firmware, policies for disk images. */
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../support/analyze.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const system = new SimSystem();
const newest = new SimSystem({}, { release: 262 });

describe('a TPM', () => {
  it('is what a container has none of', async () => {
    expect(await analyze(system, 'has-tpm2')).toEqual({
      status: 31,
      out: 'no\n-firmware\n-driver\n-system\n-subsystem\n-libraries\n',
      err: '',
    });
    expect(await analyze(system, 'has-tpm2 -q')).toEqual({ status: 31, out: '', err: '' });
    expect(await analyze(system, 'srk')).toEqual({
      status: 1,
      out: '',
      err: 'TPM device not usable as it does not support the required functionality (AES-128-CFB missing?).\n',
    });
  });

  it('has registers with names all the same', async () => {
    const lacking = 'System lacks full TPM2 support, not showing PCR state.\n';
    const all = await analyze(system, 'pcrs');
    expect(all).toMatchObject({ status: 0, err: lacking });
    expect(all.out.split('\n')).toHaveLength(26);
    expect(all.out).toContain('\n 8 -\n 9 kernel-initrd\n');
    expect((await analyze(newest, 'pcrs')).err).toBe('System lacks sufficient TPM2 support, not showing PCR state.\n');
    expect((await analyze(newest, 'pcrs 11 platform-code --no-legend')).out).toBe(
      'NR NAME\n 0 platform-code\n11 kernel-boot\n',
    );
    expect((await analyze(system, 'pcrs 17 --json=short')).out).toBe('[{"nr":17,"name":null}]\n');
    for (const wrong of ['nosuch', '24', '-', ''])
      expect(await analyze(system, ['pcrs', wrong])).toEqual({
        status: 1,
        out: '',
        err: `${lacking}PCR index "${wrong}" not known.\n`,
      });
  });
});

describe('smbios11', () => {
  it('says that there is nothing', async () => {
    expect(await analyze(system, 'smbios11')).toEqual({
      status: 0,
      out: '',
      err: 'No SMBIOS Type #11 strings passed.\n',
    });
    expect(await analyze(system, 'smbios11 -q')).toEqual({ status: 0, out: '', err: '' });
    expect(await analyze(system, 'smbios11 --json=short')).toMatchObject({ status: 1, out: '' });
  });

  it('lists what the machine was started with', async () => {
    const started = new SimSystem({
      '/sys/firmware/dmi/entries/11-0/raw': '\x0b\x05\x01\x02\x02io.systemd.credential:a=b\0second\tö\0\0',
      '/sys/firmware/dmi/entries/11-1/raw': '\x0b\x05\x01\x03\x01third\0\0',
    });
    expect(await analyze(started, 'smbios11')).toEqual({
      status: 0,
      out: 'io.systemd.credential:a=b\nsecond\\t\\303\\266\nthird\n',
      err: '3 SMBIOS Type #11 strings passed.\n',
    });
    const cut = new SimSystem({ '/sys/firmware/dmi/entries/11-0/raw': '\x0b\x05' });
    expect(await analyze(cut, 'smbios11')).toEqual({
      status: 1,
      out: '',
      err: 'Failed to read SMBIOS Type #11 string 0: Bad message\n',
    });
  });
});

describe('image-policy', () => {
  it('tells what holds for each partition', async () => {
    expect(await analyze(system, 'image-policy root=verity+read-only-on:usr=open:=absent')).toEqual({
      status: 0,
      err: '',
      out: `Analyzing policy: root=verity+read-only-on:usr=open:=absent
       Long form: root=verity+read-only-on:usr=verity+signed+encrypted+unprotected+unused+absent:=absent

PARTITION       MODE                      READ-ONLY GROWFS
root            verity                    yes       -
usr             open                      -         -
home            absent                    -         -
srv             absent                    -         -
esp             absent                    -         -
xbootldr        absent                    -         -
swap            absent                    -         -
root-verity     unprotected               yes       -
usr-verity      unprotected+unused+absent -         -
root-verity-sig absent                    -         -
usr-verity-sig  unprotected+unused+absent -         -
tmp             absent                    -         -
var             absent                    -         -
default         absent                    -         -
`,
    });
  });

  it('has a column of file systems, and integrity, where the release has', async () => {
    const { out } = await analyze(newest, 'image-policy home=open:var=xfs+ext4');
    expect(out).toContain('\nPARTITION       MODE');
    expect(out).toMatch(/ GROWFS FSTYPE\n/);
    expect(out).toMatch(/\nvar {13}encrypted\+encryptedwithintegrity\+unprotected\+unused\+absent - +- +ext4\+xfs\n/);
    expect(out).toContain(
      'home=verity+signed+encrypted+encryptedwithintegrity+unprotected+unused+absent:var=ext4+xfs:',
    );
    expect((await analyze(system, 'image-policy *')).out).toContain(
      'Long form: =verity+signed+encrypted+unprotected+unused+absent\n',
    );
  });

  it.each([
    ['', '-'],
    ['=', '*'],
    ['~', '~'],
    ['@sysext-strict', 'root=signed+absent:usr=signed+absent'],
    ['usr-verity=unprotected:usr=verity+signed+unused', 'usr=verity+signed+unused:usr-verity=unprotected'],
    ['root=open+read-only-on+read-only-off', 'root=open'],
    ['root=:=open', '*'],
    ['home=encrypted+growfs-off+unprotected', 'home=encrypted+unprotected+growfs-off'],
  ])('%s is said as %s', async (text, short) => {
    expect((await analyze(system, ['image-policy', text])).out.split('\n')[0]).toBe(`Analyzing policy: ${short}`);
  });

  it.each([
    ['root=foo', 'Invalid request code'],
    ['foo=open', 'Invalid slot'],
    ['root=open:root=absent', 'Name not unique on network'],
    ['root', 'Invalid argument'],
  ])('%s is none', async (text, why) => {
    expect(await analyze(system, ['image-policy', text])).toEqual({
      status: 1,
      out: '',
      err: `Failed to parse image policy '${text}': ${why}\n`,
    });
  });

  it('of a unit is shown as short as it can be said', async () => {
    const unit = new SimSystem({
      '/etc/systemd/system/a.service':
        '[Service]\nExecStart=/bin/a\nRootImagePolicy=usr=later:root=verity+unused:new=absent\nMountImagePolicy==ignore\n',
      '/etc/systemd/system/b.service': '[Service]\nExecStart=/bin/a\nRootImagePolicy=root=open:root=open\n',
    });
    expect((await unit.call('systemctl', 'show a -p RootImagePolicy,MountImagePolicy')).out).toBe(
      'RootImagePolicy=root=verity+unused:usr=-\nMountImagePolicy=-\n',
    );
    expect((await unit.call('systemctl', 'show b -p LoadState --value')).out).toBe('bad-setting\n');
  });
});
