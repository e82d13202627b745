import { describe, expect, test } from 'vitest';
import { type CalendarZones, formatCalendar, parseCalendar } from '../../../../src/values/time/calendar.ts';
import { nextElapse, nextElapseUsec } from '../../../../src/values/time/calendar-next.ts';
import { parsePosixZone, utc } from '../../../../src/values/time/timezone.ts';

const named: Readonly<Record<string, string>> = {
  'Europe/Berlin': 'CET-1CEST,M3.5.0,M10.5.0/3',
  'Europe/Kyiv': 'EET-2EEST,M3.5.0/3,M10.5.0/4',
  'Europe/Dublin': 'IST-1GMT0,M10.5.0,M3.5.0/1',
  'Pacific/Auckland': 'NZST-12NZDT,M9.5.0,M4.1.0/3',
  'Asia/Vladivostok': '<+10>-10',
};
const load: CalendarZones['load'] = (name) => (name in named ? parsePosixZone(named[name]!) : undefined);
const zonesAt = (local: string): CalendarZones => ({
  local: local === '' ? utc : (load(local) ?? parsePosixZone(local)!),
  load,
});
const zones = zonesAt('');

describe('normal forms', () => {
  test.each([
    ['Sat,Thu,Mon-Wed,Sat-Sun', 'Mon..Thu,Sat,Sun *-*-* 00:00:00'],
    ['Mon,Sun 12-*-* 2,1:23', 'Mon,Sun 2012-*-* 01,02:23:00'],
    ['Wed..Wed,Wed *-1', 'Wed *-*-01 00:00:00'],
    ['Wed, 17:48', 'Wed *-*-* 17:48:00'],
    ['Wednesday,', 'Wed *-*-* 00:00:00'],
    ['Wed..Sat,Tue 12-10-15 1:2:3', 'Tue..Sat 2012-10-15 01:02:03'],
    ['10-15', '*-10-15 00:00:00'],
    ['Mon,Fri *-*-3,1,2 *:30:45', 'Mon,Fri *-*-01,02,03 *:30:45'],
    ['12,14,13,12:20,10,30', '*-*-* 12,13,14:10,20,30:00'],
    ['mon,fri *-1/2-1,3 *:30:45', 'Mon,Fri *-01/2-01,03 *:30:45'],
    ['08:05:40', '*-*-* 08:05:40'],
    ['hourly', '*-*-* *:00:00'],
    ['Daily', '*-*-* 00:00:00'],
    ['monthly', '*-*-01 00:00:00'],
    ['weekly', 'Mon *-*-* 00:00:00'],
    ['minutely', '*-*-* *:*:00'],
    ['quarterly', '*-01,04,07,10-01 00:00:00'],
    ['semi-annually', '*-01,07-01 00:00:00'],
    ['annually', '*-01-01 00:00:00'],
    ['*:2/3', '*-*-* *:02/3:00'],
    ['2015-10-25 01:00:00 uTc', '2015-10-25 01:00:00 UTC'],
    ['weekly Pacific/Auckland', 'Mon *-*-* 00:00:00 Pacific/Auckland'],
    ['2016-03-27 03:17:00.4200005', '2016-03-27 03:17:00.420001'],
    ['2016-03-27 03:17:00/0.42', '2016-03-27 03:17:00/0.420000'],
    ['1..3-1..3 1..3:1..3', '*-01..03-01..03 01..03:01..03:00'],
    ['00:00:1.125..2.125', '*-*-* 00:00:01.125000..02.125000'],
    ['00:00:1.0..3.8', '*-*-* 00:00:01..03'],
    ['*:4,30:0/1,3,5', '*-*-* *:04,30:*'],
    ['*-*~1 Utc', '*-*~01 00:00:00 UTC'],
    ['*-*~05,3 ', '*-*~03,05 00:00:00'],
    ['*-*~* 00:00:00', '*-*-* 00:00:00'],
    ['*:*', '*-*-* *:*:00'],
    ['93..00-*-*', '1993..2000-*-* 00:00:00'],
    ['*:20..39/5', '*-*-* *:20..35/5:00'],
    ['*~03/1,03..05', '*-*~03/1,03..05 00:00:00'],
    ['@1493187147', '2017-04-26 06:12:27 UTC'],
    ['*:05..10/6', '*-*-* *:05:00'],
  ])('%s', (text, normal) => {
    const spec = parseCalendar(text, zones);
    expect(spec === undefined ? undefined : formatCalendar(spec, zones)).toBe(normal);
    // the normal form is a fixed point
    expect(formatCalendar(parseCalendar(normal, zones)!, zones)).toBe(normal);
  });

  test('abbreviations of the local zone', () => {
    const berlin = zonesAt('Europe/Berlin');
    expect(formatCalendar(parseCalendar('12:00 cest', berlin)!, berlin)).toBe('*-*-* 12:00:00 CEST');
    expect(parseCalendar('12:00 CEST', zones)).toBeUndefined();
  });

  test.each([
    'test',
    ' utc',
    '    ',
    '',
    '7',
    '121212:1:2',
    '2000-03-05.23 00:00:00',
    '2000-03-05 00:00.1:00',
    '00:00:00/0.00000001',
    '00:00:00.0..00.9',
    '2016~11-22',
    '*-*~5/5',
    'Monday.. 12:00',
    'Monday..',
    'Fri..Mon',
    '-00:+00/-5',
    '2016- 11- 24 12: 30: 00',
    '*~29',
    '*~16..31',
    '*-*~26,17..28 03:*',
    '12..1/2-*',
    '20/4:00',
    '00:00/60',
    '00:00:2300',
    '00:00:18446744073709551615',
    '@88588582097858858',
    '*:4,30:*,5',
    '*:4,30:*\n',
    '12:00 Europe/Nowhere',
    '2200-01-01',
    `${'1,'.repeat(300)}1:00`,
  ])('%.40j is none', (text) => {
    expect(parseCalendar(text, zones)).toBeUndefined();
  });
});

describe('when they elapse', () => {
  test.each([
    ['2016-03-27 03:17:00', '', 12345n, 1459048620000000n],
    ['2016-03-27 03:17:00', 'Europe/Berlin', 12345n, 1459041420000000n],
    ['2016-03-27 03:17:00', 'Europe/Kyiv', 12345n, undefined],
    ['2016-03-27 03:17:00.4200005 UTC', 'Europe/Kyiv', 12345n, 1459048620420001n],
    ['2015-11-13 09:11:23.42', 'Europe/Kyiv', 12345n, 1447398683420000n],
    ['2015-11-13 09:11:23.42/1.77', 'Europe/Kyiv', 1447398683420000n, 1447398685190000n],
    ['Sun 16:00:00', 'Europe/Berlin', 1456041600123456n, 1456066800000000n],
    ['*-04-31', '', 12345n, undefined],
    ['2016-02~01 UTC', '', 12345n, 1456704000000000n],
    ['Mon 2017-05~01..07 UTC', '', 12345n, 1496016000000000n],
    ['Mon 2017-05~07/1 UTC', '', 12345n, 1496016000000000n],
    ['*-*-01/5 04:00:00 UTC', '', 1646010000000000n, 1646107200000000n],
    ['*-01/7-01 04:00:00 UTC', '', 1664607600000000n, 1672545600000000n],
    ['2017-08-06 9..17/2:00 UTC', '', 1502029800000000n, 1502031600000000n],
    ['2016-12-* 3..21/6:00 UTC', '', 1482613200000001n, 1482634800000000n],
    ['2017-09-24 03:30:00 Pacific/Auckland', '', 12345n, 1506177000000000n],
    ['2017-09-24 02:30:00 Pacific/Auckland', '', 12345n, undefined],
    ['2017-04-02 02:30:00 Pacific/Auckland', '', 12345n, 1491053400000000n],
    ['2017-04-02 02:30:00 Pacific/Auckland', '', 1491053400000000n, undefined],
    ['2017-04-02 03:30:00 Pacific/Auckland', '', 12345n, 1491060600000000n],
    ['Sun *-*-* 01:00:00 Europe/Dublin', '', 1616412478000000n, 1617494400000000n],
    ['hourly', 'IST-1GMT-0,M10.5.0/1,M3.5.0/1', 1743292800000000n, 1743296400000000n],
  ])('%s in %s after %d', (text, zone, after, next) => {
    expect(nextElapseUsec(parseCalendar(text, zonesAt(zone))!, after, zonesAt(zone))).toBe(next);
  });

  test('a time that comes only once a day even where the clocks go back', () => {
    const berlin = zonesAt('Europe/Berlin');
    const spec = parseCalendar('*-*-* 02:30', berlin)!;
    let after = Date.UTC(2026, 9, 24, 12);
    const days: string[] = [];
    for (let index = 0; index < 3; index++) {
      after = nextElapse(spec, after, berlin)!;
      days.push(new Date(after).toISOString());
    }
    expect(days).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z', '2026-10-27T01:30:00.000Z']);
  });
});
