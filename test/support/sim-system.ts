import type { Answer, Caller } from '../../src/simulation/call.ts';
import type { SimOptions } from '../../src/simulation/machine/machine.ts';
import { World } from './world.ts';

export type { Answer, Caller } from '../../src/simulation/call.ts';

/** A world that has booted, under the name that tests know it by. */
export class SimSystem extends World {
  constructor(files: Record<string, string> = {}, options: SimOptions = {}) {
    super({ ...options, files: { ...options.files, ...files } });
    this.boot();
  }
  run(line: string | readonly string[], caller?: Caller): Promise<Answer> {
    return this.call('systemd-run', line, caller);
  }
  everyProcessExits(status: number): void {
    this.host.onSpawn = (process) => process.exit(status);
  }
}
