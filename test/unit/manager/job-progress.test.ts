import { describe, expect, it } from 'vitest';
import { runs, type World, type WorldOptions, world } from '../../support/world.ts';

const oneshot = (lines = ''): string => `[Service]\nType=oneshot\nExecStart=/usr/bin/slow\n${lines}`;

/** A manager that starts what it is given, of programs that never end. */
function waiting(units: Record<string, string>, options: WorldOptions = {}): World {
  const w = world({ showStatus: true, programs: { slow: runs }, units, ...options });
  w.manager.startup.boot(Object.keys(units));
  w.host.settle();
  w.host.consoleText = '';
  return w;
}

/** What came after so many seconds, by the line. */
function linesAfter(w: World, seconds: number): string[] {
  const found: string[] = [];
  for (let second = 1; second <= seconds; second++) {
    w.host.advance(1000);
    for (const line of w.host.consoleText.split('\n').filter((text) => text !== '')) found.push(`${second}: ${line}`);
    w.host.consoleText = '';
  }
  return found;
}

describe('a job that takes long', () => {
  it('is told of in a log after 5 s, and then rarely', () => {
    const w = waiting({ 'a.service': oneshot() });
    expect(linesAfter(w, 100)).toEqual([
      '5: [***   ] A start job is running for a.service (5s / no limit)',
      '10: [***   ] A start job is running for a.service (10s / no limit)',
      '20: [***   ] A start job is running for a.service (20s / no limit)',
      '40: [***   ] A start job is running for a.service (40s / no limit)',
      '80: [***   ] A start job is running for a.service (1min 20s / no limit)',
    ]);
  });

  it('is told of with the time that it has: the service’s, or the job’s where that ends sooner', () => {
    const service = waiting({ 'a.service': oneshot('TimeoutStartSec=90') });
    expect(linesAfter(service, 5)).toEqual(['5: [***   ] A start job is running for a.service (5s / 1min 30s)']);
    const job = waiting({ 'a.service': `[Unit]\nJobTimeoutSec=30\n${oneshot('TimeoutStartSec=90')}` });
    expect(linesAfter(job, 5)).toEqual(['5: [***   ] A start job is running for a.service (5s / 30s)']);
  });

  it('is one of several, which take turns', () => {
    const w = waiting({ 'a.service': oneshot(), 'b.service': oneshot(), 'c.service': oneshot() });
    expect(linesAfter(w, 20)).toEqual([
      '5: [***   ] (1 of 3) A start job is running for a.service (5s / no limit)',
      '10: [***   ] (2 of 3) A start job is running for b.service (10s / no limit)',
      '20: [***   ] (3 of 3) A start job is running for c.service (20s / no limit)',
    ]);
  });

  it('is told of anew where all was quiet in between', () => {
    const w = waiting({ 'a.service': oneshot() });
    linesAfter(w, 12);
    w.host.running('slow')!.exit(0);
    expect(linesAfter(w, 30)).toHaveLength(1);
    w.up(w.unit('a.service'));
    expect(linesAfter(w, 5).at(-1)).toBe('5: [***   ] A start job is running for a.service (5s / no limit)');
  });

  it('stops as well: which job it is stands there', () => {
    const w = waiting({ 'a.service': '[Service]\nExecStart=/usr/bin/slow\nTimeoutStopSec=60' });
    w.host.running('slow')!.ignores.add(15);
    w.stop(w.unit('a.service'));
    w.host.settle();
    expect(linesAfter(w, 5).at(-1)).toBe('5: [***   ] A stop job is running for a.service (5s / 1min)');
  });

  it('is named by its description where StatusUnitFormat= says so', () => {
    const w = waiting(
      { 'a.service': `[Unit]\nDescription=Something slow\n${oneshot()}` },
      { files: { '/etc/systemd/system.conf': '[Manager]\nStatusUnitFormat=description\n' } },
    );
    expect(linesAfter(w, 5)).toEqual(['5: [***   ] A start job is running for Something slow (5s / no limit)']);
  });

  it('wakes ShowStatus=auto: what comes after it is shown', () => {
    const w = waiting(
      { 'a.service': oneshot() },
      { showStatus: undefined, files: { '/etc/systemd/system.conf': '[Manager]\nShowStatus=auto\n' } },
    );
    expect(linesAfter(w, 5)).toHaveLength(1);
    w.host.running('slow')!.exit(0);
    expect(linesAfter(w, 1)).toEqual(['1: [  OK  ] Finished a.service.']);
  });

  it.each(['no', 'error'])('is not told of where ShowStatus=%s', (mode) => {
    const w = waiting(
      { 'a.service': oneshot() },
      { showStatus: undefined, files: { '/etc/systemd/system.conf': `[Manager]\nShowStatus=${mode}\n` } },
    );
    expect(linesAfter(w, 60)).toEqual([]);
  });
});

describe('on a terminal', () => {
  const erase = '\x1bM\r\x1b[K';
  const plain = (text: string): string => text.replaceAll(/\x1b\[[0-9;]*m/g, '');

  it('the line moves in its place, three times a second', () => {
    const w = waiting({ 'a.service': oneshot() }, { tty: true });
    w.host.advance(5000);
    expect(w.host.consoleText).toBe(
      '[\x1b[0m\x1b[0;31m*     \x1b[0m] A start job is running for a.service (5s / no limit)\n',
    );
    w.host.consoleText = '';
    w.host.advance(1000);
    expect(plain(w.host.consoleText)).toBe(
      `${erase}[**    ] A start job is running for a.service (5s / no limit)\n` +
        `${erase}[***   ] A start job is running for a.service (5s / no limit)\n` +
        `${erase}[ ***  ] A start job is running for a.service (6s / no limit)\n`,
    );
  });

  it('the stars go to and fro and never leave the brackets', () => {
    const w = waiting({ 'a.service': oneshot() }, { tty: true });
    w.host.advance(10_000);
    const frames = [...plain(w.host.consoleText).matchAll(/\[([* ]+)\]/g)].map(([, stars]) => stars);
    expect(new Set(frames)).toEqual(
      new Set(['*     ', '**    ', '***   ', ' ***  ', '  *** ', '   ***', '    **', '     *']),
    );
  });

  it('the next other line takes its place', () => {
    const w = waiting({ 'a.service': oneshot() }, { tty: true });
    w.host.advance(5000);
    w.host.consoleText = '';
    w.host.running('slow')!.exit(0);
    w.host.settle();
    expect(plain(w.host.consoleText)).toBe(`${erase}[  OK  ] Finished a.service.\n`);
  });

  it('a name that does not fit is cut', () => {
    const name = `${'long'.repeat(30)}.service`;
    const w = waiting({ [name]: oneshot() }, { tty: true });
    w.host.advance(5000);
    const line = plain(w.host.consoleText).trimEnd();
    expect(line.length).toBeLessThan(80);
    expect(line).toMatch(/ for (?:long)+l?o?n?… \(5s \/ no limit\)$/);
  });
});
