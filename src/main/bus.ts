/** The bus, as far as the manager has to do with it: it starts what the bus activates, and services wait for names on it. */
import { BusActivation } from '../bus/activation.ts';
import { BusNames } from '../bus/names.ts';
import type { Manager } from '../manager/manager.ts';
import { unitNameIsValid } from '../unitfile/language/unit-name.ts';
import { JobError } from '../units/job-types.ts';
import { isActiveOrActivating } from '../units/unit.ts';
import { architectureName } from '../values/architectures.ts';

/** Joins the bus of its scope whenever dbus.service comes up. */
export function serveBus(manager: Manager): void {
  const { scope, directories } = manager;
  const names = new BusNames();
  const activation = new BusActivation(manager.host, {
    scope,
    path: `${directories.runtime}${scope === 'system' ? '/dbus/system_bus_socket' : '/bus'}`,
    names,
    start: (name) => startForBus(manager, name),
    properties: (of) => propertiesForBus(manager, of),
    log: (message) => manager.log(6, message),
  });
  const expected = (): boolean =>
    ['dbus.socket', 'dbus.service'].some((name) => {
      const unit = manager.units.find(name);
      return unit !== undefined && isActiveOrActivating(unit.activeState);
    });
  manager.busNames = {
    watch: (name, watcher) => (expected() ? names.watch(name, watcher) : undefined),
    processOf: (name, told) => names.processOf(name, told),
  };
  manager.onActive = (unit) => {
    if (unit.names.has('dbus.service')) activation.connect();
  };
}

/** What hostnamectl(1) asks for, and the version. */
async function propertiesForBus({ host }: Manager, of: string): Promise<Record<string, string> | undefined> {
  if (of !== '' && of !== 'org.freedesktop.systemd1.Manager') return undefined;
  const { virtualization } = await import('../cli/show/manager.ts');
  return {
    Version: host.voice.systemdVersion,
    Virtualization: virtualization({ host }),
    Architecture: architectureName(host.uname().machine) ?? '',
  };
}

function startForBus(manager: Manager, name: string): { name: string; message: string } | undefined {
  if (!unitNameIsValid(name, 'plain', 'instance'))
    return { name: 'org.freedesktop.DBus.Error.InvalidArgs', message: `Unit name ${name} is not valid.` };
  try {
    const unit = manager.units.load(name);
    const { id, reasonNotRun: reason } = unit;
    if (reason !== undefined)
      return { name: 'org.freedesktop.DBus.Error.ServiceUnknown', message: `${id} does not run here: ${reason}` };
    if (unit.loaded.unit.RefuseManualStart)
      return {
        name: 'org.freedesktop.systemd1.OnlyByDependency',
        message: `Operation refused, ${id} may be requested by dependency only (it is configured to refuse manual start/stop).`,
      };
    manager.jobs.add('start', unit, 'replace');
    return undefined;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    return { name: error.busName, message: error.message };
  }
}
