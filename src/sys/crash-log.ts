/** What the program of this process leaves to the next one, should it crash: native/crash.cc. */
import { checked } from './errno.ts';
import type { CrashLog, CrashProgram } from './host.ts';
import type { Native } from './native.ts';

export class RealCrashLog implements CrashLog {
  readonly #native: Native;
  hostChanges = 0;
  /** About as many bytes: what the process writes itself is little. */
  #size = 0;
  #nextSize = 0;
  #arm: (() => void) | undefined;

  /** `waiting`: signals that are blocked in the next program until it takes them. Throws SystemError. */
  constructor(native: Native, { path, argv, env }: CrashProgram, waiting: number[]) {
    this.#native = native;
    const fd = checked(native.openCrashLog(), 'memfd_create');
    this.#arm = () => {
      checked(native.armCrash(path, argv(fd), env, waiting), 'sigaction');
      // An end that nobody has asked for (an error in the handling of errors); without effect once this is closed.
      process.on('exit', () => native.crashNow());
    };
  }

  append(text: string): number {
    checked(this.#native.writeCrashLog(text), 'write');
    this.#size += text.length;
    return this.#size;
  }
  appendNext(text: string, anew: boolean): number {
    checked(this.#native.writeNextCrashLog(text, anew), 'memfd_create');
    this.#nextSize = (anew ? 0 : this.#nextSize) + text.length;
    return this.#nextSize;
  }
  turn(): void {
    checked(this.#native.turnCrashLog(), 'dup3');
    this.#size = this.#nextSize;
    this.#arm?.();
    this.#arm = undefined;
  }
  keep(fds: readonly number[]): void {
    checked(this.#native.keepOverCrash(fds, true), 'mmap');
  }
  release(fds: readonly number[]): void {
    checked(this.#native.keepOverCrash(fds, false), 'mmap');
  }
  moment(): { exits: number; spawned: number } {
    const [exits, spawned] = this.#native.crashMoment();
    return { exits, spawned };
  }
  close(): void {
    this.#native.closeCrashLog();
  }
}
