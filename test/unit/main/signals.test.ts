import { describe, expect, it } from 'vitest';
import { listenForSignals } from '../../../src/main/signals.ts';
import type { Objective } from '../../../src/manager/objective.ts';
import { world } from '../../support/world.ts';

const target = '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n';
const names = ['sigpwr', 'rescue', 'halt', 'poweroff'];

function machine() {
  const system = world({
    files: Object.fromEntries(names.map((name) => [`/etc/systemd/system/${name}.target`, target])),
  }).boot();
  const ended: Objective[] = [];
  const begin = listenForSignals(system.manager, (objective) => void ended.push(objective));
  /** What of the targets has been reached once the signal has done what it does. */
  const send = async (signal: string): Promise<string[]> => {
    system.host.onSignal({ signal, pid: 0, value: 0 });
    return reached();
  };
  const reached = async (): Promise<string[]> => {
    await new Promise((next) => setImmediate(next));
    system.host.settle();
    return names.filter((name) => system.manager.units.find(`${name}.target`)?.activeState === 'active');
  };
  return { system, begin, send, reached, ended };
}

describe('a signal to the manager', () => {
  it('starts its target', async () => {
    const { begin, send } = machine();
    begin();
    expect(await send('SIGPWR')).toEqual(['sigpwr']);
    expect(await send('SIGRTMIN+1')).toEqual(['rescue']);
  });

  it('that would start something waits for the jobs of the boot', async () => {
    const { begin, send, reached } = machine();
    expect(await send('SIGPWR')).toEqual([]);
    begin();
    expect(await reached()).toEqual(['sigpwr']);
  });

  it('ends it before that, too', async () => {
    const { system, send, ended } = machine();
    expect(await send('SIGRTMIN+4')).toEqual(['poweroff']);
    expect(system.manager.shutdown.hasBegun).toBe(true);
    await send('SIGRTMIN+13');
    expect(ended).toEqual(['halt']);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGRTMIN+3'])(
    'with which engines stop a container halts it: %s',
    async (signal) => {
      const { send } = machine();
      expect(await send(signal)).toEqual(['halt']);
    },
  );

  it('means now where it is SIGINT more than seven times in two seconds', async () => {
    const { send, ended } = machine();
    for (let i = 0; i < 7; i++) await send('SIGINT');
    expect(ended).toEqual([]);
    await send('SIGINT');
    expect(ended).toEqual(['halt']);
  });
});
