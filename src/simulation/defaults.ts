/** What a program without a script does: what its unit expects of it. docs/simulation.md says the same to users. */
import { Service } from '../units/service.ts';
import type { Unit } from '../units/unit.ts';
import type { Program } from './api.ts';
import type { SimHost } from './machine/host.ts';

/** Starts it off; where nothing is left to do it runs until it is killed. */
export function doAsExpected(program: Program, unit: Unit | undefined, host: SimHost): void {
  if (!(unit instanceof Service)) {
    if (unit?.type === 'mount') mountOrUnmount(program, host);
    program.exit(0);
    return;
  }
  const { Type, PIDFile, BusName, ReloadSignal } = unit.settings;
  if (!program.isMain) {
    // The daemon is its unit's main process, and does all that one does.
    if (Type === 'forking' && unit.state === 'start') {
      const daemon = program.daemonize(undefined, PIDFile === undefined ? {} : { pidFile: PIDFile });
      watchdog(daemon);
    }
    program.exit(0);
    return;
  }
  if (Type === 'oneshot') {
    program.exit(0);
    return;
  }
  if (Type === 'notify' || Type === 'notify-reload') program.ready();
  if (Type === 'notify-reload')
    program.on(String(ReloadSignal), () => {
      const usec = Math.round(host.monotonic() * 1000);
      program.notify(`RELOADING=1\nMONOTONIC_USEC=${usec}`);
      program.ready();
    });
  if (BusName !== undefined) program.ownName(BusName);
  watchdog(program);
}

/** sd_watchdog_enabled(3): a sign of life at half of the time. */
function watchdog(program: Program): void {
  const usec = Number(program.env.WATCHDOG_USEC ?? 0);
  if (usec > 0) program.every(usec / 2000, () => program.notify('WATCHDOG=1'));
}

/** `mount WHAT WHERE …` and `umount WHERE …`, as mount units call them. */
function mountOrUnmount({ path, args }: Program, host: SimHost): void {
  const [first = '', second = ''] = args;
  if (path.endsWith('/umount')) host.unmount(first);
  else if (!host.mountTable().some(({ target }) => target === second)) host.mount(second);
}
