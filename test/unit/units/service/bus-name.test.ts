import { describe, expect, it } from 'vitest';
import { MessageKind } from '../../../../src/bus/message.ts';
import { BusNames } from '../../../../src/bus/names.ts';
import { exits, runs, type WorldOptions, world } from '../../../support/world.ts';

const text = 'Type=dbus\nBusName=org.example.A\nTimeoutStartSec=20\nExecStart=/usr/bin/d\n';

/** A service and a bus, of which the test says who owns the name. */
function made(unit: string, options: WorldOptions = {}) {
  const w = world({ programs: { d: runs, fork: exits(0, 10) }, ...options });
  w.put('/etc/systemd/system/dbus.socket', '[Socket]\nListenStream=/run/dbus/system_bus_socket\n');
  w.put('/etc/systemd/system/dbus.service', '[Service]\nExecStart=/usr/bin/d\n');
  const names = new BusNames();
  w.manager.busNames = {
    watch: (name, watcher) => names.watch(name, watcher),
    processOf: (name, told) => names.processOf(name, told),
  };
  const says = (owner: string): void =>
    names.signalled({
      kind: MessageKind.signal,
      serial: 1,
      member: 'NameOwnerChanged',
      args: ['org.example.A', '', owner],
    });
  return { w, service: w.service('a.service', unit), says, names };
}

describe('Type=dbus', () => {
  it('is up once its name is on the bus, and stops when it has lost it', () => {
    const { w, service, says } = made(text);
    const start = w.start(service);
    w.host.advance(1000);
    expect([service.subState, start.result]).toEqual(['start', undefined]);
    says(':1.7');
    w.host.settle();
    expect([service.subState, start.result, service.busName.owned]).toEqual(['running', 'done', true]);
    says(':1.8');
    w.host.settle();
    expect(service.subState).toBe('running');
    says('');
    w.host.advance(100);
    expect([service.subState, service.result]).toEqual(['dead', 'success']);
  });

  it('is told what the bus knew before', () => {
    const { w, service, names } = made(text);
    w.start(service);
    w.host.settle();
    const calls: string[] = [];
    names.joined({
      call: (member, [argument], answered) => {
        calls.push(`${member} ${argument}`.slice(0, 32));
        answered?.({ kind: MessageKind.answer, serial: 9, args: [':1.3'] });
      },
    });
    w.host.settle();
    expect(calls).toEqual(["AddMatch type='signal',sender='o", 'GetNameOwner org.example.A']);
    expect(service.subState).toBe('running');
    w.stop(service);
    w.host.advance(100);
    expect(calls[2]).toMatch(/^RemoveMatch/);
  });

  it('fails where the name never comes, and where the program ends before', () => {
    const { w, service } = made(text);
    w.start(service);
    w.host.advance(20_100);
    expect([service.subState, service.result]).toEqual(['failed', 'timeout']);
    const other = made(text, { programs: { d: exits(0, 10) } });
    const start = other.w.start(other.service);
    other.w.host.advance(100);
    expect([other.service.subState, start.result]).toEqual(['dead', 'done']);
  });

  it('counts as up once its program runs where nobody tells, and says so', () => {
    const { w, service, names } = made(text);
    w.start(service);
    w.host.settle();
    names.refused();
    w.host.settle();
    const warning = 'There is no bus that tells who has BusName=org.example.A, not waiting for it.';
    expect([service.subState, w.messages(service)]).toEqual(['running', [warning]]);
    w.stop(service);
    w.host.advance(100);
    w.manager.busNames = undefined;
    w.start(service);
    w.host.settle();
    expect([service.subState, w.messages(service)]).toEqual([
      'running',
      [warning, 'Deactivated successfully.', warning],
    ]);
  });
});

describe('BusName= of other types', () => {
  it('names the main process, where it is one of the service and none is known', () => {
    const { w, service, names, says } = made(
      'Type=forking\nBusName=org.example.A\nGuessMainPID=no\nExecStart=/usr/bin/fork\n',
      {
        programs: {
          fork: (p) => {
            p.fork();
            p.fork();
            p.exit(0);
          },
        },
      },
    );
    w.start(service);
    w.host.settle();
    expect([service.subState, service.mainPid]).toEqual(['running', 0]);
    const [first] = w.manager.tracker.processesOf('a.service');
    let pid = w.host.pid;
    names.joined({
      call: (_member, _args, answered) => answered?.({ kind: MessageKind.answer, serial: 9, args: [pid] }),
    });
    says(':1.7');
    expect(service.mainPid).toBe(0);
    pid = first!.pid;
    says(':1.7');
    expect(service.mainPid).toBe(pid);
  });
});
