/** Waiting for the PID file that a daemon writes after its parent has ended. */
import { errorText } from '../sys/error-text.ts';
import { type FileWatch, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { UnitManager } from './unit.ts';
import { logWatchFailure } from './watch-failure.ts';

interface Owner {
  readonly manager: UnitManager;
  log(level: LogLevel, message: string): void;
}

export class PidFileWatch {
  readonly #owner: Owner;
  readonly #changed: () => void;
  readonly #lost: () => void;
  #watch: FileWatch | undefined;
  #path = '';

  /** `changed`: it is time to read it; `lost`: it can't be watched any longer, which has been said. */
  constructor(owner: Owner, changed: () => void, lost: () => void) {
    this.#owner = owner;
    this.#changed = changed;
    this.#lost = lost;
  }

  get active(): boolean {
    return this.#watch !== undefined;
  }

  /** False, and said so, where it can't be watched. */
  open(path: string): boolean {
    try {
      this.#path = path;
      // 'modified' and not 'changed': there are daemons that keep the file open.
      this.#watch = this.#owner.manager.host.watchPath(path, 'modified', {
        changed: this.#changed,
        failed: (error) => {
          this.#failed(error);
          this.close();
          this.#lost();
        },
      });
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#failed(error);
      return false;
    }
  }

  #failed(error: SystemError): void {
    logWatchFailure(this.#owner.manager, error);
    this.#owner.log(3, `Failed to set a watch for PID file ${this.#path}: ${errorText(error.code)}`);
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** After daemon-reload: what is waited for is where PIDFile= says now. */
  moved(path: string | undefined): void {
    if (this.#watch === undefined || path === undefined || path === this.#path) return;
    this.close();
    if (this.open(path)) this.#changed();
    else this.#lost();
  }
}
