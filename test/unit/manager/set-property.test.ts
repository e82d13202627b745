import { beforeEach, describe, expect, it } from 'vitest';
import { Requests } from '../../../src/manager/requests.ts';
import type { PropertySetting } from '../../../src/manager/set-property.ts';
import { SystemError } from '../../../src/sys/host.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let requests: Requests;
beforeEach(() => {
  world = new UnitsWorld({ 'a.service': 'Description=Before', 'a.timer': '[Timer]\nOnActiveSec=1' });
  requests = new Requests(world);
});

const setting = (key: string, value: string, more: Partial<PropertySetting> = {}): PropertySetting => ({
  key,
  property: key,
  text: `[${key === 'Description' ? 'Unit' : 'Service'}]\n${key}=${value}\n`,
  refused: undefined,
  ...more,
});
const set = (name: string, runtime: boolean, ...settings: PropertySetting[]): void =>
  requests.setProperties(world.unit(name), runtime, settings);
const read = (path: string): string | undefined => world.host.files.tryStat(path) && world.host.files.readText(path);

describe('a property', () => {
  it('is a drop-in that outlives a boot, and counts at once', () => {
    set('a.service', false, setting('Description', 'After'), setting('TasksMax', '7'));
    const directory = '/etc/systemd/system.control/a.service.d';
    expect(read(`${directory}/50-Description.conf`)).toBe('[Unit]\nDescription=After\n');
    expect(read(`${directory}/50-TasksMax.conf`)).toBe('[Service]\nTasksMax=7\n');
    expect(world.host.files.stat(directory).mode & 0o777).toBe(0o755);
    expect(world.host.files.stat(`${directory}/50-TasksMax.conf`).mode & 0o777).toBe(0o644);
    expect(world.unit('a.service').description).toBe('After');
    expect(world.unit('a.service').loaded.cgroup?.TasksMax).toBe(7);
  });

  it('with --runtime is one until the next boot', () => {
    set('a.service', true, setting('TasksMax', '7'));
    expect(read('/run/systemd/system.control/a.service.d/50-TasksMax.conf')).toBe('[Service]\nTasksMax=7\n');
    expect(read('/etc/systemd/system.control/a.service.d/50-TasksMax.conf')).toBeUndefined();
  });

  it('of a transient unit is kept as long as that', () => {
    world.units.adopt(world.loader.loadText('made.service', '[Service]\nExecStart=/bin/true\n'));
    set('made.service', false, setting('TasksMax', '7'));
    expect(read('/run/systemd/transient/made.service.d/50-TasksMax.conf')).toBe('[Service]\nTasksMax=7\n');
  });
});

describe('nothing is written', () => {
  const nothing = (): void =>
    expect(read('/etc/systemd/system.control/a.service.d/50-Description.conf')).toBeUndefined();

  it.each(['Nice', 'Odd', 'Slice', 'Delegate', 'BPFProgram', 'IPIngressFilterPath', 'IPEgressFilterPath', 'ExecStart'])(
    'where %s is among the properties: it can not be set',
    (key) => {
      expect(() => set('a.service', false, setting('Description', 'After'), setting(key, '1'))).toThrow(
        expect.objectContaining({
          busName: 'org.freedesktop.DBus.Error.PropertyReadOnly',
          message: `Cannot set property ${key}, or unknown property.`,
        }),
      );
      nothing();
    },
  );

  it('which is told by the name that systemd has for it', () => {
    expect(() => set('a.service', false, setting('RuntimeMaxSec', '5'))).toThrow('Cannot set property RuntimeMaxUSec,');
    expect(() => set('a.timer', false, setting('AccuracySec', '5'))).toThrow('Cannot set property AccuracyUSec,');
  });

  it('where the type has no resources to set', () => {
    expect(() => set('a.timer', false, setting('TasksMax', '7'))).toThrow('Cannot set property TasksMax');
    set('a.timer', false, setting('Description', 'After'));
    expect(world.unit('a.timer').description).toBe('After');
  });

  it('where a value can not be taken', () => {
    const refused = setting('TasksMax', 'x', { refused: 'Invalid value' });
    expect(() => set('a.service', false, setting('Description', 'After'), refused)).toThrow(
      expect.objectContaining({ busName: 'org.freedesktop.DBus.Error.InvalidArgs', message: 'Invalid value' }),
    );
    nothing();
  });

  it('where the directory can not be written: the system says why', () => {
    world.host.files.mkdirs = (path) => {
      throw new SystemError('EROFS', 30, 'mkdir', path);
    };
    expect(() => set('a.service', false, setting('TasksMax', '7'))).toThrow(
      expect.objectContaining({
        busName: 'org.freedesktop.DBus.Error.Failed',
        message: expect.stringContaining('EROFS'),
      }),
    );
  });

  it('by an error of the manager’s own, which is none of the request’s', () => {
    world.host.files.mkdirs = () => {
      throw new TypeError('mistake');
    };
    expect(() => set('a.service', false, setting('TasksMax', '7'))).toThrow(TypeError);
  });

  it('where there is no directory for it', () => {
    const none = { transient: undefined, runtimeControl: undefined, persistentControl: undefined };
    const paths = { ...world.loader.paths, ...none };
    const { units, jobs, touched } = world;
    const without = new Requests({ host: world.host, loader: { paths, refresh: () => {} }, units, jobs, touched });
    expect(() => without.setProperties(world.unit('a.service'), true, [setting('TasksMax', '7')])).toThrow(
      expect.objectContaining({ busName: 'org.freedesktop.DBus.Error.Failed', message: 'No directory for drop-ins.' }),
    );
  });
});
