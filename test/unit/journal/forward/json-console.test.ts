import { describe, expect, it } from 'vitest';
import { runs, type World, type WorldOptions, world } from '../../../support/world.ts';

/** Every line of the console as an object; fails where one is none. */
const objects = (w: World): Record<string, string>[] =>
  w.host.consoleText
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

function booted(units: Record<string, string>, options: WorldOptions = {}): World {
  const w = world({ console: 'json', showStatus: true, programs: { a: runs, slow: runs }, units, ...options });
  w.manager.startup.boot(Object.keys(units));
  w.host.settle();
  return w;
}

describe('a console of JSON', () => {
  it('has lines of the boot as objects, with their word', () => {
    const w = booted({ 'a.service': '[Service]\nExecStart=/usr/bin/a\n', 'b.service': '[Service]\nExecStart=/none\n' });
    const status = objects(w).filter(({ STATUS }) => STATUS !== undefined);
    expect(status).toContainEqual({
      __REALTIME_TIMESTAMP: expect.stringMatching(/^\d{16}$/),
      PRIORITY: '6',
      SYSLOG_IDENTIFIER: 'systemd',
      _PID: '1',
      STATUS: 'OK',
      MESSAGE: 'Started a.service.',
    });
  });

  it('has what the log has as well once', () => {
    const w = booted({}, { showStatus: false });
    w.manager.startup.boot(['missing.service']);
    w.host.settle();
    const messages = objects(w).map(({ MESSAGE }) => MESSAGE);
    expect(messages.filter((text) => text?.includes('missing.service not found'))).toHaveLength(1);
  });

  it('tells of jobs that take long, also where it shows no other status', () => {
    const w = booted(
      { 'a.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/slow\n' },
      { showStatus: false, tty: true },
    );
    w.host.advance(20_000);
    const messages = objects(w).map(({ MESSAGE }) => MESSAGE);
    expect(messages.filter((text) => text?.includes('job is running'))).toEqual([
      'A start job is running for a.service (5s / no limit)',
      'A start job is running for a.service (10s / no limit)',
      'A start job is running for a.service (20s / no limit)',
    ]);
  });

  it.each([
    ['StandardOutput=journal+console'],
    ['StandardOutput=tty'],
    ['StandardOutput=null\nStandardError=tty'],
    ['StandardInput=tty\nStandardOutput=inherit'],
    ['StandardOutput=tty\nStandardError=inherit'],
    ['StandardOutput=file:/dev/console'],
    ['StandardOutput=append:/proc/1/fd/1'],
    ['StandardOutput=tty\nTTYPath=/dev/console'],
  ])('gets from %j what the journal writes there', (lines) => {
    const w = booted({ 'a.service': `[Service]\nExecStart=/usr/bin/a\n${lines}\n` });
    const { stdout, stderr } = w.host.spawned[0]!.request!;
    expect([stdout, stderr].some(({ kind }) => kind === 'fd')).toBe(true);
    expect([stdout, stderr].every(({ kind }) => kind === 'fd' || kind === 'dup' || kind === 'null')).toBe(true);
    expect([stdout, stderr]).not.toContainEqual({ kind: 'dup', of: 0 });
  });

  it('leaves other terminals and files alone', () => {
    const w = booted({ 'a.service': '[Service]\nExecStart=/usr/bin/a\nStandardOutput=tty\nTTYPath=/dev/tty7\n' });
    expect(w.host.spawned[0]!.request!.stdout).toMatchObject({ path: '/dev/tty7' });
  });
});

it('a console of text has a terminal for who asks for it', () => {
  const w = booted({ 'a.service': '[Service]\nExecStart=/usr/bin/a\nStandardOutput=tty\n' }, { console: 'status' });
  expect(w.host.spawned[0]!.request!.stdout).toMatchObject({ path: '/dev/console' });
});
