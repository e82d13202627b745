import { beforeEach, describe, expect, it } from 'vitest';
import { type Field, SharedFields } from '../../../../src/journal/entry/entry.ts';
import { Forwarder } from '../../../../src/journal/forward/forwarder.ts';
import { defaultConfig, type JournalConfig } from '../../../../src/journal/storage/config.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { SystemError } from '../../../../src/sys/host.ts';

const socketPath = '/run/systemd/journal/syslog';
const shared = new SharedFields([
  ['SYSLOG_FACILITY', '3'],
  ['SYSLOG_IDENTIFIER', 'foo'],
  ['_PID', '9'],
]);
const own: Field[] = [['MESSAGE', 'a line']];
const times = { realtimeUsec: 1, monotonicUsec: 1 };

let host: SimHost;
let missed: number[];

function make(config: Partial<JournalConfig> = {}): Forwarder {
  const options = { console: 'none', config: { ...defaultConfig(), ...config }, scope: 'system' } as const;
  return new Forwarder(host, options, (count) => missed.push(count));
}

beforeEach(() => {
  host = new SimHost({ now: Date.UTC(2026, 10, 24, 14, 30) });
  missed = [];
});

describe('the console', () => {
  it('gets what the unit or journald.conf sends there, up to MaxLevelConsole=', () => {
    const quiet = make();
    expect(quiet.wants(false)).toBe(false);
    expect(quiet.wants(true)).toBe(true);
    quiet.forward(shared, own, 7, true, times);
    expect(host.consoleText).toBe('foo[9]: a line\n');
    const loud = make({ forwardToConsole: true, maxLevelConsole: 5 });
    expect(loud.wants(false)).toBe(true);
    loud.forward(shared, [['MESSAGE', 'kept back']], 6, false, times);
    loud.forward(shared, [['MESSAGE', 'shown']], 5, false, times);
    expect(host.consoleText).toBe('foo[9]: a line\nfoo[9]: shown\n');
  });
});

it('a console of JSON gets an entry as one object, whoever sends it there', () => {
  const config = { ...defaultConfig(), forwardToConsole: true };
  const json = new Forwarder(host, { console: 'json', config, scope: 'system' }, () => {});
  json.forward(shared, [['MESSAGE', 'two\nlines "quoted" \x1b[31m']], 5, true, times);
  expect(host.consoleText.split('\n')).toHaveLength(2);
  expect(JSON.parse(host.consoleText)).toMatchObject({
    SYSLOG_IDENTIFIER: 'foo',
    MESSAGE: 'two\nlines "quoted" \x1b[31m',
  });
});

describe('a syslog daemon', () => {
  const received: string[] = [];
  const listen = (): void => {
    received.length = 0;
    host.bindDatagram(socketPath, 0o666).onDatagram = ({ data }) => received.push(data.toString());
  };

  it('gets messages as syslog(3) writes them, up to MaxLevelSyslog=', () => {
    listen();
    const forwarder = make({ maxLevelSyslog: 6 });
    expect(forwarder.wants(false)).toBe(true);
    forwarder.forward(shared, own, 6, false, times);
    forwarder.forward(shared, own, 7, false, times);
    host.settle();
    expect(received).toEqual(['<30>Nov 24 14:30:00 foo[9]: a line']);
  });

  it('is looked for every 20 ms while anything is logged', () => {
    const forwarder = make();
    expect(forwarder.wants(false)).toBe(false);
    listen();
    host.advance(19);
    expect(forwarder.wants(false)).toBe(false);
    host.advance(1);
    expect(forwarder.wants(false)).toBe(true);
  });

  it('is not asked for again at once where it is gone', () => {
    listen();
    const forwarder = make();
    host.sendDatagram = () => {
      throw new SystemError('ECONNREFUSED', 111, 'sendto', socketPath);
    };
    expect(forwarder.wants(false)).toBe(true);
    forwarder.forward(shared, own, 6, false, times);
    expect(forwarder.wants(false)).toBe(false);
    host.advance(60_000);
    expect(missed).toEqual([]);
  });

  it('that is too slow is told of once for all that it missed', () => {
    listen();
    const forwarder = make();
    host.sendDatagram = () => {
      throw new SystemError('EAGAIN', 11, 'sendto', socketPath);
    };
    for (let number = 0; number < 5; number++) forwarder.forward(shared, own, 6, false, times);
    host.advance(29_999);
    expect(missed).toEqual([]);
    host.advance(1);
    expect(missed).toEqual([5]);
  });

  it('gets nothing where ForwardToSyslog= says so', () => {
    listen();
    expect(make({ forwardToSyslog: false }).wants(false)).toBe(false);
  });
});
