/** Scopes: processes of others, with an end that somebody may have to look for. */
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/units/scope.ts';
import { type World, world } from '../../support/world.ts';

/** Scopes have no files of their own. */
function scopeOf(w: World, settings: string): Scope {
  w.manager.units.adopt(w.loader.loadText('a.scope', `[Scope]\nTimeoutStopSec=10\n${settings}`));
  return w.unit('a.scope') as Scope;
}

function make(settings = '', { pidfd = true } = {}) {
  const w = world();
  const { host } = w;
  const unit = scopeOf(w, settings);
  const process = host.addForeign();
  const fd = pidfd ? host.makeFd('pidfd') : undefined;
  unit.attach(process.pid, fd);
  const job = w.up(unit);
  const state = (): string => `${unit.activeState} ${unit.subState} ${unit.result}`;
  const stateAfter = (ms: number): string => {
    host.advance(ms);
    return state();
  };
  const ends = (one = process): void => host.end(one, 'exited', 0);
  // A pidfd says so.
  const end = host.end.bind(host);
  host.end = (one, how, status) => {
    end(one, how, status);
    if (fd !== undefined && one === process && host.openFds().has(fd)) host.makeReadable(fd);
  };
  return { w, host, unit, process, job, state, stateAfter, ends, fd, messages: () => w.messages(unit) };
}

const running = 'active running success';
const dead = 'inactive dead success';

describe('a scope', () => {
  it('lives as long as its process, whose end a pidfd tells', () => {
    const { job, unit, host, ends, stateAfter, fd, messages } = make();
    expect(job.result).toBe('done');
    expect(unit.invocationId).toMatch(/^[0-9a-f]{32}$/);
    expect([unit.canStart, unit.canStop]).toEqual([false, true]);
    expect(stateAfter(60_000)).toBe(running);
    ends();
    expect(stateAfter(0)).toBe(dead);
    expect(host.openFds().has(fd!)).toBe(false);
    unit.processesMayBeGone();
    expect(messages()).toEqual(['Deactivated successfully.']);
    expect(host.pending).toBe(0);
  });

  it('lives as long as what its process has left behind; that is looked at each second', () => {
    const { host, process, ends, stateAfter } = make();
    const child = process.fork();
    ends();
    expect(stateAfter(1)).toBe(running);
    // Outside of a PID namespace of its own the manager is not told of its end.
    child.ppid = 0;
    ends(child);
    expect(stateAfter(990)).toBe(running);
    expect(stateAfter(10)).toBe(dead);
    expect(host.pending).toBe(0);
  });

  it('without a pidfd is looked at each second, and more often when it is to end', () => {
    const { host, ends, stateAfter, w, unit, process } = make('', { pidfd: false });
    expect(stateAfter(60_000)).toBe(running);
    process.ignores.add(15);
    w.stop(unit);
    expect(stateAfter(0)).toBe('deactivating stop-sigterm success');
    ends();
    expect(stateAfter(19)).toBe('deactivating stop-sigterm success');
    expect(stateAfter(1)).toBe(dead);
    expect(host.pending).toBe(0);
    const idle = make('', { pidfd: false });
    idle.stateAfter(5_500);
    idle.ends();
    expect(idle.stateAfter(400)).toBe(running);
    expect(idle.stateAfter(600)).toBe(dead);
  });

  it('has one life', () => {
    const { w, unit, ends, stateAfter } = make();
    ends();
    stateAfter(0);
    const job = w.up(unit);
    expect(job.result).toBe('once');
    expect(unit.onceOnly).toBe(true);
  });

  it('without a process can not be started', () => {
    const w = world();
    const unit = scopeOf(w, '');
    expect(w.up(unit).result).toBe('failed');
    expect(unit.subState).toBe('dead');
  });

  it('that is the manager itself is always there', () => {
    const w = world().boot();
    const unit = w.unit('init.scope');
    expect([unit.activeState, unit.subState]).toEqual(['active', 'running']);
    unit.processesMayBeGone();
    expect(unit.subState).toBe('running');
  });
});

describe('a stop of a scope', () => {
  it('sends SIGTERM, and is done when nobody is left', () => {
    const { w, unit, stateAfter, process, messages, host } = make();
    const child = process.fork();
    const job = w.stop(unit);
    expect(stateAfter(0)).toBe(dead);
    expect([process.received, child.received]).toEqual([
      [15, 18],
      [15, 18],
    ]);
    expect(job.result).toBe('done');
    expect(messages()).toEqual(['Deactivated successfully.']);
    expect(host.pending).toBe(0);
  });

  it('kills who does not listen, which is a failure', () => {
    const { w, unit, stateAfter, process, messages } = make();
    process.ignores.add(15);
    w.stop(unit);
    expect([stateAfter(9_999), stateAfter(1)]).toEqual(['deactivating stop-sigterm success', 'failed failed timeout']);
    expect(process.received).toEqual([15, 18, 9]);
    expect(messages()).toEqual([
      'Stopping timed out. Killing.',
      `Killing process ${process.pid} (forked) with signal SIGKILL.`,
      "Failed with result 'timeout'.",
    ]);
    expect(w.logged.find(({ message }) => message.includes("'timeout'"))?.priority).toBe(4);
    unit.resetFailed();
    expect([unit.subState, unit.result]).toEqual(['dead', 'success']);
  });

  it('gives up who can not be killed', () => {
    const { w, unit, stateAfter, process, messages, host } = make();
    process.ignores.add(15);
    const kill = host.kill.bind(host);
    host.kill = (pid, signal, startTime) => signal === 9 || kill(pid, signal, startTime);
    w.stop(unit);
    expect([stateAfter(10_000), stateAfter(9_999), stateAfter(1)]).toEqual([
      'deactivating stop-sigkill timeout',
      'deactivating stop-sigkill timeout',
      'failed failed timeout',
    ]);
    expect(messages().at(-2)).toBe('Still around after SIGKILL. Ignoring.');
    expect(host.pending).toBe(0);
  });

  it('leaves alone whom SendSIGKILL=no or KillMode=none spares', () => {
    const spared = make('SendSIGKILL=no\n');
    spared.process.ignores.add(15);
    spared.w.stop(spared.unit);
    expect(spared.stateAfter(10_000)).toBe('failed failed timeout');
    expect(spared.messages()).toEqual(['Stopping timed out. Skipping SIGKILL.', "Failed with result 'timeout'."]);
    expect(spared.process.received).toEqual([15, 18]);
    const none = make('KillMode=none\n');
    none.w.stop(none.unit);
    expect(none.stateAfter(0)).toBe(dead);
    expect(none.process.received).toEqual([]);
  });

  it('that is asked for again changes nothing', () => {
    const { w, unit, process, stateAfter } = make();
    process.ignores.add(15);
    w.stop(unit);
    stateAfter(5_000);
    expect(unit.stop()).toBe('quiet');
    expect(process.received).toEqual([15, 18]);
    expect(stateAfter(5_000)).toBe('failed failed timeout');
  });
});

it('RuntimeMaxSec= is a limit', () => {
  const { stateAfter, process, messages } = make('RuntimeMaxSec=30\n');
  expect([stateAfter(29_999), stateAfter(1)]).toEqual([running, 'failed failed timeout']);
  expect(process.received).toEqual([15, 18]);
  expect(messages()).toEqual(['Scope reached runtime time limit. Stopping.', "Failed with result 'timeout'."]);
});

describe('after daemon-reload', () => {
  it('what is set now counts from when the scope came up, and from when it was stopped', () => {
    const { unit, stateAfter, process } = make('RuntimeMaxSec=1h\n');
    process.ignores.add(15);
    stateAfter(4_000);
    unit.loaded.scope!.RuntimeMaxSec = 8_000;
    unit.reread();
    expect(stateAfter(3_999)).toBe(running);
    expect(stateAfter(1)).toBe('deactivating stop-sigterm timeout');
    stateAfter(2_000);
    unit.loaded.scope!.TimeoutStopSec = 5_000;
    unit.reread();
    expect(stateAfter(2_999)).toBe('deactivating stop-sigterm timeout');
    expect(stateAfter(1)).not.toBe('deactivating stop-sigterm timeout');
  });
});
