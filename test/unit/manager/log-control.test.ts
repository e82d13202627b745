import { describe, expect, it } from 'vitest';
import { LogControl, located } from '../../../src/manager/log-control.ts';
import { UnitsWorld } from '../../support/units-world.ts';

describe('the level', () => {
  it('is info at first: a message at that level is logged, one below is not', () => {
    const { logControl, messages } = new UnitsWorld();
    logControl.write(6, 'told');
    logControl.write(7, 'not told');
    expect(messages).toEqual([{ message: 'told', priority: 6, fields: {} }]);
    expect(logControl.level).toBe(6);
  });

  it('is what the configuration says until somebody sets it', () => {
    const control = new LogControl({ log: () => {} });
    control.configure(4);
    expect(control.level).toBe(4);
    control.configure(undefined);
    expect(control.level).toBe(4);
    control.configure(7);
    expect(control.level).toBe(7);
    control.level = 3;
    control.configure(7);
    expect(control.level).toBe(3);
  });
});

describe('a message about a unit', () => {
  it('has its name, and the id of its invocation where it has one', () => {
    const world = new UnitsWorld({ 'a.service': '' });
    const unit = world.unit('a.service');
    world.log(5, 'first', unit, { JOB_ID: '1' });
    unit.acquireInvocationId();
    world.log(5, 'second', unit, { JOB_ID: '2' });
    world.log(5, 'third', unit);
    expect(world.messages).toEqual([
      { message: 'first', priority: 5, unit: 'a.service', fields: { JOB_ID: '1' } },
      { message: 'second', priority: 5, unit: 'a.service', fields: { INVOCATION_ID: unit.invocationId, JOB_ID: '2' } },
      { message: 'third', priority: 5, unit: 'a.service', fields: { INVOCATION_ID: unit.invocationId } },
    ]);
  });

  it('has the fields of LogExtraFields= since 257', () => {
    for (const [release, fields] of [
      [252, {}],
      [257, { KIND: 'a=b', OTHER: 'x' }],
    ] as const) {
      const world = new UnitsWorld({ 'a.service': '[Service]\nLogExtraFields=KIND=a=b OTHER=x' }, { release });
      world.log(5, 'told', world.unit('a.service'));
      expect(world.messages).toEqual([{ message: 'told', priority: 5, unit: 'a.service', fields }]);
    }
  });

  it('is held back where it is less important than LogLevelMax=', () => {
    const world = new UnitsWorld({ 'a.service': '[Service]\nLogLevelMax=warning' });
    world.log(5, 'notice', world.unit('a.service'));
    world.log(4, 'warning', world.unit('a.service'));
    world.log(5, 'of nobody');
    expect(world.logged()).toEqual(['warning', 'of nobody']);
  });
});

describe('what is wrong in files', () => {
  it('is told with its place, whatever the level', () => {
    const invalid = 'c772d24e9a884cbeb9ea12625c306c01';
    const { logControl, messages } = new UnitsWorld();
    logControl.level = 0;
    logControl.writeDiagnostics('a.service', [
      { level: 4, unit: 'a.service', file: '/etc/a', line: 3, message: 'bad' },
      { level: 5, unit: 'a.service', file: '/etc/a', message: 'worse' },
      { level: 3, unit: 'a.service', message: 'worst' },
    ]);
    expect(messages).toEqual([
      {
        message: '/etc/a:3: bad',
        priority: 4,
        unit: 'a.service',
        fields: { MESSAGE_ID: invalid, CONFIG_FILE: '/etc/a', CONFIG_LINE: '3' },
      },
      {
        message: '/etc/a: worse',
        priority: 5,
        unit: 'a.service',
        fields: { MESSAGE_ID: invalid, CONFIG_FILE: '/etc/a' },
      },
      { message: 'a.service: worst', priority: 3, unit: 'a.service', fields: {} },
    ]);
  });

  it('of the manager itself has no other name', () => {
    expect(located({ message: 'bad' })).toBe('bad');
    expect(located({ message: 'bad', file: '/etc/x', line: 1 })).toBe('/etc/x:1: bad');
  });
});
