import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { UnitLine } from '../../../src/cli/machine/states.ts';
import { Lines } from '../../../src/library/calls.ts';
import { fits, toEntry } from '../../../src/library/entries.ts';
import { Holds, iterate, Listeners } from '../../../src/library/listeners.ts';
import { Ports } from '../../../src/library/ports.ts';
import { changeOf } from '../../../src/library/unit.ts';
import { contains, lineOf } from '../../../src/terms/entries.ts';
import { JobFailed, WaitTimeout } from '../../../src/terms/errors.ts';
import { exitStatusOf, jobFailure } from '../../../src/terms/failure.ts';
import { spanMs } from '../../../src/terms/span.ts';

const line: UnitLine = {
  id: 'a.service',
  loadState: 'loaded',
  activeState: 'failed',
  subState: 'failed',
  result: 'exit-code',
  mainPid: 0,
  nRestarts: 0,
  execMainCode: 'exited',
  execMainStatus: 3,
  statusText: '',
  invocationId: 'x',
  job: null,
  changedMs: 1000,
  sequence: 1,
};

describe('lines', () => {
  it('are cut where they end, wherever the pieces do, also in the middle of a character', () => {
    const lines = new Lines();
    const bytes = Buffer.from('eins\nzwölf\ndrei');
    const found: string[] = [];
    for (const byte of bytes) found.push(...lines.push(Buffer.of(byte)));
    expect(found).toEqual(['eins', 'zwölf']);
    expect(lines.push(Buffer.from('!\n\nvier\n'))).toEqual(['drei!', '', 'vier']);
  });
});

describe('an entry', () => {
  const raw = {
    __CURSOR: 's=1',
    __REALTIME_TIMESTAMP: '1700000000123456',
    MESSAGE: 'recovered',
    PRIORITY: '4',
    SYSLOG_IDENTIFIER: 'worker',
    _PID: '12',
    _SYSTEMD_USER_UNIT: 'worker.service',
    TWICE: ['a', 'b'],
    BYTES: [104, 105, 195, 40],
    NONE: null,
  };

  it('has its fields, bytes and repetitions as texts', () => {
    const entry = toEntry(raw);
    expect(entry).toMatchObject({
      cursor: 's=1',
      message: 'recovered',
      priority: 4,
      identifier: 'worker',
      pid: 12,
      unit: 'worker.service',
      fields: { TWICE: 'a', BYTES: 'hi\ufffd(', NONE: '' },
    });
    expect(entry.time.toISOString()).toBe('2023-11-14T22:13:20.123Z');
    expect(lineOf(entry)).toBe('worker[12]: recovered');
  });

  it('fits what is asked of it', () => {
    const entry = toEntry(raw);
    const said = toEntry({ MESSAGE: 'Started', USER_UNIT: 'worker.service', SYSLOG_IDENTIFIER: 'systemd' });
    expect(fits(entry, { unit: 'worker.service', grep: /re.*d$/g, priority: 4, programsOnly: true })).toBe(true);
    expect(fits(entry, { unit: 'other.service' })).toBe(false);
    expect(fits(entry, { priority: 3 })).toBe(false);
    expect(fits(entry, { since: new Date('2024-01-01') })).toBe(false);
    expect(fits(said, { unit: 'worker.service' })).toBe(true);
    expect(fits(said, { programsOnly: true })).toBe(false);
  });

  it('is looked through from its start, whatever the expression remembers', () => {
    const pattern = /a/g;
    expect([contains('a', pattern), contains('a', pattern)]).toEqual([true, true]);
    expect(contains('a.b', '.')).toBe(true);
    expect(contains('ab', '.')).toBe(false);
  });
});

describe('a failure', () => {
  it('says why, and how the process ended', () => {
    expect(jobFailure('start', { unit: 'a.service', result: 'failed', state: line }, [])).toBe(
      'Failed to start a.service: exit-code (its main process ended with status 3)',
    );
    const killed: UnitLine = { ...line, result: 'signal', execMainCode: 'killed', execMainStatus: 9 };
    expect(exitStatusOf(killed)).toBe('SIGKILL');
    expect(jobFailure('start', { unit: 'b.service', result: 'dependency' }, [killed])).toBe(
      'Failed to start b.service: a unit that it needs has failed (a.service: signal (its main process was ended by SIGKILL))',
    );
    expect(jobFailure('reload', { unit: 'a.service', error: 'x', message: 'Unit a.service not found.' }, [])).toBe(
      'Failed to reload a.service: Unit a.service not found.',
    );
    const timedOut: UnitLine = { ...line, result: 'timeout', execMainCode: null };
    expect(jobFailure('start', { unit: 'a.service', result: 'failed', state: timedOut }, [])).toBe(
      'Failed to start a.service: timeout',
    );
  });

  it('has the last lines in its message', () => {
    const facts = { unit: 'a.service', result: '', exitStatus: undefined, jobResult: undefined };
    const failed = new JobFailed({ ...facts, what: 'Failed', log: ['one', 'two'] });
    expect(failed.message).toBe('Failed\n    one\n    two');
    expect(failed.name).toBe('JobFailed');
    expect(new WaitTimeout('Waited').message).toBe('Waited');
  });
});

describe('a change', () => {
  it('is one of state, not of what else is told', () => {
    const previous = { ...line, activeState: 'active', subState: 'running' };
    expect(changeOf({ line, previous })).toEqual({
      unit: 'a.service',
      from: 'active',
      to: 'failed',
      subState: 'failed',
      time: new Date(1000),
    });
    expect(changeOf({ line, previous: { ...line, nRestarts: 7 } })).toBeUndefined();
    expect(
      changeOf({ line: { ...line, activeState: 'inactive', subState: 'dead' }, previous: undefined }),
    ).toBeUndefined();
  });
});

describe('a loop over what happens', () => {
  function loop() {
    const listeners = new Listeners<number>();
    const ends = new Listeners<void>();
    const held: boolean[] = [];
    const holds = new Holds({ hold: (on) => void held.push(on) });
    const all = iterate<number>(
      (callback) => listeners.add(callback),
      (callback) => ends.add(callback),
      holds,
    );
    return { listeners, ends, held, all };
  }

  it('has all of it in order, and keeps the process alive while it waits', async () => {
    const { listeners, ends, held, all } = loop();
    listeners.tell(1);
    listeners.tell(2);
    expect([await all.next(), await all.next()].map(({ value }) => value)).toEqual([1, 2]);
    const third = all.next();
    listeners.tell(3);
    expect((await third).value).toBe(3);
    expect(held).toEqual([true, false]);
    const last = all.next();
    ends.tell();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await all.next()).toEqual({ done: true, value: undefined });
  });

  it('hears nothing more once it is left', async () => {
    const { listeners, all } = loop();
    listeners.tell(1);
    for await (const number of all) {
      expect(number).toBe(1);
      break;
    }
    listeners.tell(2);
    expect((await all.next()).done).toBe(true);
  });
});

describe('ports', () => {
  it('are free, each another one, and nobody’s else until they are released', async () => {
    const [mine, others] = [new Ports(), new Ports()];
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const all = [...Object.values(await mine.take(names)), ...Object.values(await others.take(names))];
    expect(new Set(all).size).toBe(40);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(all[0], '127.0.0.1', resolve);
    });
    server.close();
    mine.release();
    others.release();
  });

  it('have names that a variable can have', async () => {
    await expect(new Ports().take(['my-api'])).rejects.toThrow("ports: 'my-api' can't be part of a variable's name");
  });
});

describe('a span', () => {
  it('is a text as systemd has them, or milliseconds', () => {
    expect([spanMs('1min 30s', 'x'), spanMs('2', 'x'), spanMs(250, 'x')]).toEqual([90_000, 2000, 250]);
    for (const wrong of ['soon', '-1s', Number.NaN, 'infinity'])
      expect(() => spanMs(wrong, 'timeout')).toThrow(`timeout: '${wrong}' is no span of time; valid are`);
  });
});
