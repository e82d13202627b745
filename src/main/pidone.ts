/**
 * The bundle's entry: `pidone PROGRAM ARGUMENTS…`. What a program does not need is not loaded.
 *
 *   init.ts             options of `init`; then this process is a manager: manager-process.ts puts its parts together
 *     machine.ts          what a boot finds prepared; leftovers.ts: what the last life of the container takes with it
 *     asked-units.ts      its end where none of the units that were asked for could be started
 *     parent.ts           its end with the process that has started it; signals.ts: what it does at a signal
 *     sweep.ts            what one that was its owner's alone has left when it was killed
 *     crash.ts            what is written down should it crash; after-crash.ts: what its next program makes of it
 *     record.ts           what is written down should it be killed; survivors.ts: what the next one makes of it
 *     tidy.ts, bus.ts     its memory at rest; the system bus
 *   own-process.ts      a program in the caller's own process, with the manager's help (answer.ts is that half), or without:
 *     on-demand.ts        one that is started for the call; resting-manager.ts: one of nothing, that answers from files
 *   programs.ts         which programs there are; access.ts: who may call what, and where it is done
 *   installation.ts     where the package's own files and the manager's directories are
 *
 * Where a manager listens is said in src/control/places.ts, what a program does in src/cli and src/tools.
 */
import { processFacts } from '../sys/stdio.ts';

async function main(): Promise<void> {
  const [program = 'systemctl', ...argv] = processFacts().argv;
  if (program === 'init') {
    const { runInit } = await import('./init.ts');
    await runInit(argv);
  } else {
    const { runProgram } = await import('./own-process.ts');
    await runProgram(program, argv);
  }
}

void main();
