import { describe, expect, it } from 'vitest';
import { planOf } from '../../../src/main/init.ts';

const asRoot = (...argv: string[]) => planOf(argv, {}, 0, true);

describe('the arguments of init', () => {
  it('none: boots the default target and shows how', () => {
    expect(asRoot()).toEqual({
      scope: 'system',
      strict: false,
      units: undefined,
      onDemand: false,
      showStatus: undefined,
      console: 'status',
    });
  });

  it('units: brings up these, with the suffix that start would give them', () => {
    expect(asRoot('nginx', 'a.socket', '--unit=b.target')?.units).toEqual(['nginx.service', 'a.socket', 'b.target']);
  });

  it('a user who is not root gets a manager of their own; PID 1 is the system’s', () => {
    expect(planOf([], {}, 1000, false)?.scope).toBe('user');
    expect(planOf([], {}, 1000, true)?.scope).toBe('system');
    expect(planOf(['--user'], {}, 0, false)?.scope).toBe('user');
  });

  it('the console says what was asked for', () => {
    expect(planOf([], { PIDONE_CONSOLE: 'json' }, 0, true)).toMatchObject({ console: 'json', showStatus: false });
    expect(asRoot('--console=both')).toMatchObject({ console: 'both', showStatus: undefined });
    expect(asRoot('--console=none', '--show-status=yes')).toMatchObject({ console: 'none', showStatus: true });
    expect(() => asRoot('--console=loud')).toThrow('--console=loud: not one of none, status, services, both, json');
  });

  it('is strict where it is asked to be', () => {
    expect(asRoot('--strict')?.strict).toBe(true);
    expect(asRoot('--strict=no')?.strict).toBe(false);
    expect(planOf([], { PIDONE_STRICT: 'yes' }, 0, true)?.strict).toBe(true);
    expect(planOf(['--strict=no'], { PIDONE_STRICT: 'yes' }, 0, true)?.strict).toBe(false);
    expect(() => planOf([], { PIDONE_STRICT: 'much' }, 0, true)).toThrow('$PIDONE_STRICT=much: not a boolean');
    expect(() => asRoot('--strict=much')).toThrow('--strict=much: not a boolean');
  });

  it('says nothing where it was started for one call', () => {
    expect(asRoot('--on-demand')).toMatchObject({ onDemand: true, showStatus: false });
  });

  it('takes the control socket that the front door has made', () => {
    expect(asRoot('--control-fd=3', 'a.service')).toMatchObject({ controlFd: 3, units: ['a.service'] });
    expect(asRoot('--control-fd=3', '--place=/dev/shm/pidone-0')?.place).toBe('/dev/shm/pidone-0');
    expect(() => asRoot('--place=x')).toThrow('--place=x: not a directory or the name of a socket');
    for (const bad of ['--control-fd=x', '--control-fd', '--control-fd=1'])
      expect(() => asRoot(bad)).toThrow(`${bad}: not the number of a descriptor`);
  });

  it('refuses what is no unit, and bad values', () => {
    expect(() => asRoot('--show-status=perhaps')).toThrow('not a boolean');
    expect(() => asRoot('--unit=')).toThrow('not a unit name');
  });

  it('--help asks for no manager', () => {
    expect(asRoot('--help')).toBeUndefined();
  });
});
