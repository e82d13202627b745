import { expect, it } from 'vitest';
import { zoneFile, zoneNamesIn } from '../../../src/simulation/zones.ts';
import { parseZoneFile } from '../../../src/values/time/timezone.ts';

const zone = (name: string) => parseZoneFile(zoneFile(name)!, name)!;
const seconds = (text: string): number => Date.parse(text) / 1000;

it.each([
  ['Europe/Berlin', '2027-03-28T00:59:59Z', 3600, false],
  ['Europe/Berlin', '2027-03-28T01:00:00Z', 7200, true],
  ['Europe/Berlin', '2027-10-31T00:59:59Z', 7200, true],
  ['Europe/Berlin', '2027-10-31T01:00:00Z', 3600, false],
  ['America/New_York', '2026-07-01T00:00:00Z', -14_400, true],
  ['America/New_York', '2026-12-01T00:00:00Z', -18_000, false],
  ['Australia/Sydney', '2026-01-01T00:00:00Z', 39_600, true],
  ['Australia/Lord_Howe', '2026-07-01T00:00:00Z', 37_800, false],
  ['Asia/Kolkata', '2026-07-01T00:00:00Z', 19_800, false],
])('%s at %s', (name, moment, offsetSec, isDst) => {
  expect(zone(name).at(seconds(moment))).toMatchObject({ offsetSec, isDst });
});

it('has the letters that people know', () => {
  expect(zone('Europe/Berlin').abbreviations).toEqual(['CET', 'CEST']);
  expect(zone('America/New_York').abbreviations).toEqual(['EST', 'EDT']);
});

it('is undefined for what is no zone', () => {
  expect(zoneFile('Europe/Nowhere')).toBeUndefined();
});

it('finds names of zones in texts', () => {
  expect(zoneNamesIn('OnCalendar=*-*-* 03:00 Europe/Berlin\nOnCalendar=daily America/Argentina/Salta')).toEqual([
    'Europe/Berlin',
    'America/Argentina/Salta',
  ]);
});
