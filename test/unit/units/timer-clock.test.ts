import { describe, expect, it } from 'vitest';
import { SimSystem } from '../../support/sim-system.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;
const noon = Date.UTC(2024, 0, 15, 12, 0, 0);

/** A timer that strikes every hour, and how often its service has been started since it was last asked. */
async function hourly(now: number) {
  const system = new SimSystem(
    {
      '/etc/systemd/system/a.timer': '[Timer]\nOnCalendar=hourly\nAccuracySec=1us\n',
      '/etc/systemd/system/a.service': '[Service]\nType=oneshot\nExecStart=/bin/a\n',
    },
    { now },
  );
  system.everyProcessExits(0);
  await system.systemctl('start a.timer');
  let seen = 0;
  const strikes = (): number => {
    const before = seen;
    seen = system.host.spawned.length;
    return seen - before;
  };
  return { system, host: system.host, strikes };
}

describe('a timer for times of the clock', () => {
  it('goes on where the clock is set back to 1970', async () => {
    const { host, strikes } = await hourly(noon);
    host.advance(2 * hour);
    expect(strikes()).toBe(2);
    host.setClock(1000);
    host.advance(3 * hour);
    expect(strikes()).toBe(3);
  });

  it('strikes once for all that it has missed where the clock is set forth by ten years, and goes on', async () => {
    const { host, strikes } = await hourly(1000);
    host.setClock(noon + 10 * year);
    host.advance(120_000);
    expect(strikes()).toBe(1);
    host.advance(3 * hour);
    expect(strikes()).toBe(3);
  });

  it('is not disturbed by a clock that is corrected a little', async () => {
    const { host, strikes } = await hourly(noon);
    for (let i = 0; i < 20; i++) {
      host.setClock(host.now() - 500);
      host.advance(hour / 10);
    }
    // Two hours less ten seconds have passed on the clock.
    expect(strikes()).toBe(1);
  });
});
