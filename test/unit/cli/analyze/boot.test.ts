/** systemd-analyze's verbs on a boot that has been: time, blame, critical-chain. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { analyze } from '../../../support/analyze.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string): string => `/etc/systemd/system/${name}`;

const files = {
  [unit('multi-user.target')]: '[Unit]\nWants=slow.service later.service\nAfter=slow.service later.service\n',
  [unit('default.target')]: '[Unit]\nDescription=Default\n',
  [unit('slow.service')]: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/slow\n',
  [unit('later.service')]:
    '[Unit]\nAfter=slow.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/later\n',
};

let system: SimSystem;

beforeEach(() => {
  system = new SimSystem(files);
  const { host } = system;
  const end = (name: string, afterMs: number): void => {
    host.advance(afterMs);
    host.running(name)?.exit(0);
    host.settle();
  };
  end('slow', 1500);
  end('later', 250);
});

describe('a boot that is over', () => {
  it('took as long as the first jobs did', async () => {
    const { status, out, err } = await analyze(system, 'time');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^Startup finished in 1\.75\ds \(userspace\) \ndefault\.target was never reached\.\n$/);
    await system.systemctl('start default.target');
    expect((await analyze(system, [])).out).toMatch(/\ndefault\.target reached after 1\.75\ds in userspace\.\n$/);
  });

  it('is blamed on those that took longest', async () => {
    const { out } = await analyze(system, 'blame');
    expect(out).toMatch(/^1\.(499|5\d*)s slow\.service\n 250ms later\.service\n$/);
  });

  it('has a chain of units that waited for each other', async () => {
    const { out } = await analyze(system, 'critical-chain multi-user.target');
    expect(out.split('\n\n')[0]).toMatch(/^The time when unit became active or started .*\nThe time the unit took/);
    expect(out.split('\n').slice(3, 6)).toEqual([
      expect.stringMatching(/^multi-user\.target @1\.75\ds$/),
      expect.stringMatching(/^└─later\.service @1\.5\d*s \+250ms$/),
      expect.stringMatching(/^ {2}└─slow\.service @\S+ \+1\.(499|5\d*)s$/),
    ]);
    expect(await analyze(system, 'critical-chain foo')).toMatchObject({
      status: 0,
      err: 'Failed to get ID: Unit name foo is neither a valid invocation ID nor unit name.\n',
    });
  });

  it('shows every chain within --fuzz=', async () => {
    const { out } = await analyze(system, 'critical-chain --fuzz=10s multi-user.target');
    expect(out).toContain('├─later.service');
    expect(out).toContain('│ ├─slow.service');
    expect(out).toMatch(/\n└─slow\.service[^\n]*\n {2}└─\.\.\.\n/);
  });
});

it('is drawn, a bar for each state of a unit', async () => {
  const { status, out, err } = await analyze(system, 'plot');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/^<\?xml [\s\S]*<svg width="880px"[\s\S]*<\/svg>\n$/);
  expect(out).toMatch(/<text class="sec" x="100\.000" y="-5\.000" >1\.0s<\/text>/);
  expect(out).toMatch(
    /<rect class="activating" x="150\.000" [^>]*width="25\.000" [^>]*\/>\n.*"active".*\n.*"deactivating".*\n.*>later\.service \(250ms\)</,
  );
  expect(out.match(/<g /g)).toHaveLength(2);
  expect(out).toContain('>Loading unit files</text>');
});

it('says that a boot is not over, or that there was none', async () => {
  const booting = new SimSystem(files);
  expect(await analyze(booting, 'blame')).toEqual({
    status: 1,
    out: '',
    err:
      'Bootup is not yet finished (org.freedesktop.systemd1.Manager.FinishTimestampMonotonic=0).\n' +
      "Please try again later.\nHint: Use 'systemctl list-jobs' to see active jobs\n",
  });
  expect(await analyze({ host: new SimHost({}) }, 'time')).toEqual({
    status: 1,
    out: '',
    err:
      "System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
      'Failed to connect to bus: Host is down\n',
  });
});

it('prints the load path', async () => {
  const host = new SimHost({});
  expect((await analyze({ host }, 'unit-paths')).out).toMatch(/^\/etc\/systemd\/system\.control\n/);
  expect((await analyze({ host }, '--global unit-paths')).out).toMatch(/^\/etc\/systemd\/user\n/);
  const caller = { env: { SYSTEMD_UNIT_PATH: '/a:/b' } };
  expect((await analyze({ host }, 'unit-paths', caller)).out).toMatch(/^\/a\n\/b\n/);
});
