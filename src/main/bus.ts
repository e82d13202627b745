/** The system bus, as far as the manager has to do with it: it starts what the bus activates. */
import { BusActivation } from '../bus/activation.ts';
import type { Manager } from '../manager/manager.ts';
import { SYSTEMD_VERSION } from '../sys/version.ts';
import { unitNameIsValid } from '../unitfile/language/unit-name.ts';
import { JobError } from '../units/job-types.ts';
import { architectureName } from '../values/architectures.ts';

const socketPath = '/run/dbus/system_bus_socket';

/** Joins the bus whenever dbus.service comes up. */
export function serveBus(manager: Manager): void {
  const activation = new BusActivation(manager.host, {
    path: socketPath,
    start: (name) => startForBus(manager, name),
    properties: (of) => propertiesForBus(manager, of),
    log: (message) => manager.log(6, message),
  });
  manager.onActive = (unit) => {
    if (unit.names.has('dbus.service')) activation.connect();
  };
}

/** What hostnamectl(1) asks for, and the version. */
async function propertiesForBus({ host }: Manager, of: string): Promise<Record<string, string> | undefined> {
  if (of !== '' && of !== 'org.freedesktop.systemd1.Manager') return undefined;
  const { virtualization } = await import('../cli/show/manager.ts');
  return {
    Version: `${SYSTEMD_VERSION}`,
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
