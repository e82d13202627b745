/** A service that a test takes from one state to another, by what can happen to it. */
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { type World, type WorldOptions, world } from '../../../support/world.ts';

/** Commands of each phase, named after it; each runs until the test says how it ends. */
export const allCommands = `ExecCondition=/usr/bin/condition
ExecStartPre=/usr/bin/pre
ExecStart=/usr/bin/main
ExecStartPost=/usr/bin/post
ExecReload=/usr/bin/reload
ExecReloadPost=/usr/bin/reloaded
ExecStop=/usr/bin/stop
ExecStopPost=/usr/bin/late
`;

/** Nothing but SIGKILL ends it. */
export function stubborn(process: SimProcess): void {
  for (const signal of [1, 2, 6, 10, 12, 15]) process.ignores.add(signal);
}

/** a.service; its processes do nothing of themselves where `script` does not say otherwise. */
export function player(text: string, script: (process: SimProcess) => void = () => {}, options: WorldOptions = {}) {
  const w: World = world(options);
  const { host } = w;
  const service = w.service('a.service', text.includes('ExecStart=') ? text : `ExecStart=/usr/bin/main\n${text}`);
  for (const kind of ['condition', 'pre', 'main', 'post', 'reload', 'reloaded', 'stop', 'late'])
    w.put(`/usr/bin/${kind}`, '');
  host.onSpawn = script;
  const kill = host.kill.bind(host);
  const main = (): SimProcess => host.table.get(service.mainPid)!;
  const control = (): SimProcess => host.table.get(service.controlPid)!;
  const happens: Record<string, () => void> = {
    start: () => void w.start(service),
    stop: () => void w.stop(service),
    reload: () => void w.reload(service),
    restart: () => void w.restart(service),
    unkillable: () => {
      host.kill = (pid, signal, startTime) => signal === 9 || kill(pid, signal, startTime);
    },
    killable: () => {
      host.kill = kill;
    },
  };
  /** `main 1`, `control TERM`: how one ends; `READY=1` …: what the main process says; `10000 ms` pass; others by name. */
  const event = (name: string): void => {
    const [who, how] = name.split(' ');
    if (/^[A-Z_]+=/.test(name)) main().notify(name);
    else if (how === 'ms') host.advance(Number(who));
    else if (who === 'main' || who === 'control') {
      const process = who === 'main' ? main() : control();
      if (how === 'TERM') process.die(15);
      else if (how === 'KILL') process.die(9);
      else if (how === 'SEGV') process.die(11);
      else process.exit(Number(how));
    } else happens[name]!();
    host.settle();
  };
  const state = (): string => `${service.subState} ${service.result}`;
  /** The states after each event. */
  const play = (...names: string[]): string[] =>
    names.map((name) => {
      event(name);
      return state();
    });
  /** What was said, with its level. */
  const told = (): string[] =>
    w.logged
      .filter(({ unit, priority, fields }) => unit === service.id && priority <= 6 && fields?.JOB_ID === undefined)
      .map(({ priority, message }) => `${priority} ${message.replace(/^a\.service: /, '')}`);
  return { w, host, service, main, control, play, state, told, messages: () => w.messages(service) };
}
