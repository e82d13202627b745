import { describe, expect, test } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { Release } from '../../../../src/voice/release.ts';
import { analyze as analyzeOn } from '../../../support/analyze.ts';

const files = {
  '/etc/app/conf': 'main\n',
  '/etc/app/conf.d/10.conf': 'ten\n',
  '/usr/lib/app/conf.d/20.conf': 'twenty\n',
  '/etc/systemd/system/s.service': '[Service]\nExecStart=/bin/true\nPrivateTmp=yes\n',
};

function on(release: Release, ...argv: string[]) {
  const host = new SimHost({ now: Date.UTC(2026, 10, 24), release, files });
  host.files.symlink('/dev/null', '/etc/app/conf.d/20.conf');
  return analyzeOn({ host }, argv);
}

describe('systemd-analyze of each release', () => {
  test('condition --quiet says nothing since 257; what is not known', async () => {
    const call = ['condition', '-q', 'ConditionPathExists=/etc'];
    expect((await on(252, ...call)).err).toMatch(/succeeded/);
    expect(await on(257, ...call)).toEqual({ status: 0, out: '', err: '' });
    const unknown = ['condition', 'ConditionMemory=foo'];
    const start = "test.service: Couldn't determine result for ConditionMemory=foo";
    expect((await on(257, ...unknown)).err).toContain(`${start}, assuming failed: Invalid argument\n`);
    expect((await on(262, ...unknown)).err).toContain(`${start}: Invalid argument\n`);
  });

  test('timestamp takes names of zones since 257', async () => {
    expect((await on(252, 'timestamp', '2024-02-28 12:00:00 Nowhere/City')).status).toBe(1);
    const { out } = await on(257, 'timestamp', '2024-02-28T12:00:00+02:00');
    expect(out).toContain('UNIX seconds: @1709114400\n');
  });

  test('calendar tells of a weekday that a date does not have, in 262', async () => {
    const text =
      'Weekday constraint does not match the fixed date 2034-02-28 (which is a Tue), so this timer will never elapse.\n';
    expect((await on(262, 'calendar', 'Mon 2034-02-28')).err).toBe(text);
    expect((await on(257, 'calendar', 'Mon 2034-02-28')).err).toBe('');
    for (const event of ['Tue 2034-02-28', 'Mon 2034-*-28', 'Mon 2034-02-28..30', 'Mon *-02-28'])
      expect((await on(262, 'calendar', event)).err).toBe('');
  });

  test('--no-legend is refused by 257 where nothing is a table', async () => {
    const text = 'Option --no-legend is only supported for plot with either --table or --json=.\n';
    expect((await on(257, '--no-legend', 'exit-status', '0')).err).toBe(text);
    expect(await on(262, '--no-legend', 'exit-status', '0')).toMatchObject({ status: 0, err: '' });
  });

  test('--global is for units', async () => {
    expect((await on(257, '--global', 'time')).err).toBe('Option --global only makes sense with verb unit-paths.\n');
  });

  test('cat-config names what is hidden, and takes directories, before 262', async () => {
    expect((await on(257, 'cat-config', 'app/conf')).out).toMatch(/\n# \/etc\/app\/conf\.d\/20\.conf\n$/);
    expect((await on(262, 'cat-config', 'app/conf')).out).toMatch(/\n# \/etc\/app\/conf\.d\/10\.conf\nten\n$/);
    expect((await on(257, 'cat-config', 'app')).status).toBe(1);
    expect(await on(262, 'cat-config', 'app')).toMatchObject({
      status: 0,
      out: '# Main configuration file app not found\n',
    });
    expect(await on(262, 'cat-config', '--root=/none', 'app/conf')).toMatchObject({
      status: 1,
      err:
        "Failed to determine if '/none' points to the root directory: No such file or directory\n" +
        'Failed to query file list: No such file or directory\n',
    });
    expect((await on(257, 'cat-config', '--root=/none', 'app/conf')).status).toBe(0);
  });

  test('security --offline= wants units and sees what implies PrivateMounts=, since 257', async () => {
    expect((await on(257, 'security', '--offline=yes')).err).toBe(
      'Option --offline= requires one or more units to perform a security review.\n',
    );
    expect((await on(252, 'security', '--offline=yes')).status).toBe(0);
    const call = ['security', '--offline=yes', '--no-legend', '/etc/systemd/system/s.service'];
    expect((await on(252, ...call)).out).toMatch(/✗ PrivateMounts=/);
    expect((await on(262, ...call)).out).toMatch(/^ +NAME .*EXPOSURE\n.*✓ PrivateMounts=/s);
  });
});
