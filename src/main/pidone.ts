/** The bundle's entry: `pidone PROGRAM ARGUMENTS…`. What a program does not need is not loaded. */
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
