/** What PID 1 does at a signal: systemd(1), "SIGNALS", with what people do to a container: Ctrl-C and `docker stop`. */
import type { Manager } from '../manager/manager.ts';
import type { Objective } from '../manager/objective.ts';
import type { ReceivedSignal } from '../sys/host.ts';
import type { JobMode } from '../units/job-types.ts';
import { JobError } from '../units/job-types.ts';

type Reaction =
  | { kind: 'shutdown'; objective: Objective }
  | { kind: 'immediate'; objective: Objective }
  | { kind: 'start'; unit: string; mode: JobMode }
  | { kind: 'reload' };

const reactions: Readonly<Record<string, Reaction>> = {
  // As PID 1 of a machine systemd takes these for a re-exec and for Ctrl-Alt-Del; of a container they mean stop.
  SIGTERM: { kind: 'shutdown', objective: 'halt' },
  SIGINT: { kind: 'shutdown', objective: 'halt' },
  // What engines send to containers of images that are built on nginx's, say (STOPSIGNAL).
  SIGQUIT: { kind: 'shutdown', objective: 'halt' },
  SIGHUP: { kind: 'reload' },
  SIGPWR: { kind: 'start', unit: 'sigpwr.target', mode: 'replace' },
  'SIGRTMIN+0': { kind: 'start', unit: 'default.target', mode: 'isolate' },
  'SIGRTMIN+1': { kind: 'start', unit: 'rescue.target', mode: 'isolate' },
  'SIGRTMIN+2': { kind: 'start', unit: 'emergency.target', mode: 'isolate' },
  'SIGRTMIN+3': { kind: 'shutdown', objective: 'halt' },
  'SIGRTMIN+4': { kind: 'shutdown', objective: 'poweroff' },
  'SIGRTMIN+5': { kind: 'shutdown', objective: 'reboot' },
  'SIGRTMIN+6': { kind: 'shutdown', objective: 'kexec' },
  'SIGRTMIN+13': { kind: 'immediate', objective: 'halt' },
  'SIGRTMIN+14': { kind: 'immediate', objective: 'poweroff' },
  'SIGRTMIN+15': { kind: 'immediate', objective: 'reboot' },
  'SIGRTMIN+16': { kind: 'immediate', objective: 'kexec' },
  'SIGRTMIN+24': { kind: 'shutdown', objective: 'exit' },
};

/** More than so many SIGINT within two seconds mean now (systemd-system.conf(5), CtrlAltDelBurstAction=). */
const impatience = { count: 7, withinMs: 2000 };

/**
 * Lets the manager hear signals. `end` ends it at once. Until the function that is returned has been called, which is for
 * when the jobs of the boot are made, only an end is begun: what starts a unit would be taken back by them.
 */
export function listenForSignals(manager: Manager, end: (objective: Objective) => void): () => void {
  let begin: () => void = () => {};
  const booting = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let interrupts: number[] = [];
  manager.host.onSignal = ({ signal }: ReceivedSignal) => {
    const reaction = reactions[signal];
    if (reaction === undefined) return;
    if (signal === 'SIGINT') {
      const now = manager.host.monotonic();
      interrupts = [...interrupts.filter((at) => now - at < impatience.withinMs), now];
      if (interrupts.length > impatience.count) {
        const { settings } = manager.loader.configuration;
        if (Object.hasOwn(settings, 'CtrlAltDelBurstAction'))
          manager.shutdown.emergencyAction(
            settings.CtrlAltDelBurstAction,
            'Ctrl-Alt-Del was pressed more than 7 times within 2s',
            undefined,
          );
        else end('halt');
        return;
      }
    }
    manager.log(6, `Received ${signal}.`);
    switch (reaction.kind) {
      case 'shutdown':
        manager.shutdown.request(reaction.objective);
        break;
      case 'immediate':
        end(reaction.objective);
        break;
      case 'reload':
        void booting
          .then(() => manager.reloads.request())
          .catch((error: unknown) => manager.log(3, `Failed to reload: ${String(error)}`));
        break;
      case 'start': {
        const { unit, mode } = reaction;
        void booting.then(() => start(manager, unit, mode));
        break;
      }
    }
  };
  return begin;
}

function start(manager: Manager, unit: string, mode: JobMode): void {
  try {
    manager.jobs.add('start', manager.units.load(unit), mode);
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    manager.log(3, `Failed to start ${unit}: ${error.message}`);
  }
}
