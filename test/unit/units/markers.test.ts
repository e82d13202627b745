import { expect, it } from 'vitest';
import { withMarkers } from '../../../src/units/markers.ts';
import { runs, world } from '../../support/world.ts';

it.each([
  ['', 'needs-restart', 'needs-restart'],
  ['needs-restart', 'needs-reload', 'needs-reload'],
  ['needs-restart', '+needs-reload', 'needs-reload needs-restart'],
  ['needs-reload needs-restart', '-needs-reload', 'needs-restart'],
  ['needs-reload', '+needs-restart -needs-reload', 'needs-restart'],
  ['needs-restart', '', 'needs-restart'],
  ['', 'needs-restart needs-reload', 'needs-reload needs-restart'],
])('%j and Markers=%s make %j', (before, words, after) => {
  const list = (text: string): string[] => text.split(' ').filter(Boolean);
  expect([...withMarkers(withMarkers(new Set(), list(before)), list(words))]).toEqual(list(after));
});

it.each([
  [['bad'], 'Unknown marker "bad".'],
  [['+needs-reload', 'needs-restart'], 'Bad marker syntax.'],
])('%j are refused', (words, message) => {
  expect(() => withMarkers(new Set(), words)).toThrow(message);
});

it('last until the unit is stopped, started or, for needs-reload, reloaded; --marked restarts what runs', async () => {
  const text = '[Service]\nExecStart=/usr/bin/d\nExecReload=/bin/true\n';
  const w = world({ units: { 'a.service': text, 'b.service': text }, programs: { d: runs } }).boot();
  w.host.onSpawn = (process) => {
    if (process.comm === 'true') process.exit(0);
  };
  const mark = (words: string): Promise<unknown> => w.systemctl(`set-property a.service Markers=${words}`);
  const shown = async (): Promise<string> => (await w.systemctl('show -p Markers --value a.service')).out.trim();
  await w.systemctl('start a.service');
  await mark('needs-reload');
  await mark('+needs-restart');
  await w.systemctl('reload a.service');
  expect(await shown()).toBe('needs-restart');
  const { mainPid } = w.unit('a.service') as unknown as { mainPid: number };
  expect(await w.systemctl('reload-or-restart --marked')).toMatchObject({ status: 0, out: '', err: '' });
  expect(w.unit('a.service')).toMatchObject({ activeState: 'active' });
  expect(w.unit('a.service')).not.toMatchObject({ mainPid });
  expect(await shown()).toBe('');
  await mark('needs-restart');
  await w.systemctl('stop a.service');
  expect(await shown()).toBe('');
  // Nothing is written.
  expect(w.host.files.tryStat('/etc/systemd/system.control')).toBeUndefined();
  expect(await mark('bad')).toMatchObject({
    err: 'Failed to set unit properties on a.service: Unknown marker "bad".\n',
  });
});

it('--marked restarts what may not be stopped by hand, too, and lets be what does not run', async () => {
  const text = '[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart=/usr/bin/d\n';
  const w = world({ units: { 'a.service': text, 'b.service': text }, programs: { d: runs } }).boot();
  await w.systemctl('start a.service');
  for (const name of ['a', 'b']) await w.systemctl(`set-property ${name}.service Markers=needs-restart`);
  const { mainPid } = w.unit('a.service') as unknown as { mainPid: number };
  expect(await w.systemctl('reload-or-restart --marked')).toMatchObject({ status: 0, err: '' });
  expect(w.unit('a.service')).toMatchObject({ activeState: 'active' });
  expect(w.unit('a.service')).not.toMatchObject({ mainPid });
  expect(w.unit('b.service').activeState).toBe('inactive');
});
