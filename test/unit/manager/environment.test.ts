import { beforeEach, describe, expect, it } from 'vitest';
import { ManagerEnvironment } from '../../../src/manager/environment.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { ManagerSettings } from '../../../src/unitfile/directives/manager.ts';

const settings = (DefaultEnvironment: string[], own: string[] = []) =>
  ({ DefaultEnvironment, ManagerEnvironment: own }) as unknown as ManagerSettings;

let environment: ManagerEnvironment;
function make(scope: 'system' | 'user', own: Record<string, string> = {}): void {
  environment = new ManagerEnvironment(new SimHost({ environment: own }), scope, ['PATH=/bin', 'LANG=C']);
}
beforeEach(() => make('system'));

describe('what services get', () => {
  it('is what is built in, then DefaultEnvironment=, each variable once, by name', () => {
    environment.configure(settings(['LANG=de', 'A=1', 'A=2']));
    expect(environment.block()).toEqual(['A=2', 'LANG=de', 'PATH=/bin']);
  });

  it('is the latest configuration, not what an earlier one said', () => {
    environment.configure(settings(['A=1']));
    environment.configure(settings(['B=1']));
    expect(environment.block()).toEqual(['B=1', 'LANG=C', 'PATH=/bin']);
  });

  it('is what generators make of it', async () => {
    environment.configure(settings(['A=1']));
    await environment.generate(async (base) => [...base, 'GENERATED=1']);
    expect(environment.block()).toEqual(['A=1', 'LANG=C', 'PATH=/bin', 'GENERATED=1']);
  });

  it('of a user has what the manager has of its own, too', () => {
    make('user');
    environment.configure(settings(['A=1'], ['OWN=1']));
    expect(environment.block()).toEqual(['A=1', 'LANG=C', 'OWN=1', 'PATH=/bin']);
    make('system');
    environment.configure(settings(['A=1'], ['OWN=1']));
    expect(environment.block()).toEqual(['A=1', 'LANG=C', 'PATH=/bin']);
  });
});

describe('what people set', () => {
  beforeEach(() => environment.configure(settings([])));

  it('goes above all else, by name after it, and stays over a change of configuration', () => {
    environment.set(['Z=1', 'LANG=fr', 'B=x=y']);
    environment.configure(settings(['LANG=de', 'C=1']));
    expect(environment.block()).toEqual(['C=1', 'LANG=fr', 'PATH=/bin', 'B=x=y', 'Z=1']);
  });

  it('is taken back by name, by the whole assignment only where it is that', () => {
    environment.set(['A=1', 'B=2']);
    environment.unset(['A=2', 'B']);
    expect(environment.block()).toEqual(['LANG=C', 'PATH=/bin', 'A=1']);
    environment.unset(['A=1', 'LANG']);
    expect(environment.block()).toEqual(['LANG=C', 'PATH=/bin']);
  });
});

describe('what generators get', () => {
  it('is what this process has, but for its notify socket, then what services get', () => {
    make('system', { HOME: '/root', NOTIFY_SOCKET: '/x', LANG: 'en' });
    environment.configure(settings(['A=1'], ['OWN=1']));
    environment.set(['PEOPLE=1']);
    expect(environment.ofProcess()).toEqual([
      'LANG=C.UTF-8',
      'HOME=/root',
      'LANG=en',
      'OWN=1',
      'A=1',
      'LANG=C',
      'PATH=/bin',
    ]);
  });

  it('keeps what ManagerEnvironment= has once set, as the environment of a process does', () => {
    environment.configure(settings([], ['OWN=1', 'EMPTY']));
    environment.configure(settings([], ['OTHER=1']));
    expect(environment.ofProcess()).toEqual(expect.arrayContaining(['OWN=1', 'EMPTY=', 'OTHER=1']));
  });
});
