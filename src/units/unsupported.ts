/**
 * Unit types for which a container has no kernel interface: automounts (the autofs device) and swaps (swapon(2)). They
 * load, show their settings and take part in dependencies; a start fails as `unsupported`, as in systemd itself where
 * the kernel lacks them.
 */
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

class UnsupportedUnit extends Unit {
  get activeState(): ActiveState {
    return 'inactive';
  }
  get subState(): string {
    return 'dead';
  }
  override get supported(): boolean {
    return false;
  }
  protected startNow(): OperationResult {
    return 'unsupported';
  }
  protected stopNow(): OperationResult {
    return 'already';
  }
}

export class Automount extends UnsupportedUnit {
  constructor(manager: UnitManager, name: string) {
    super(manager, 'automount', name);
  }
}

export class Swap extends UnsupportedUnit {
  constructor(manager: UnitManager, name: string) {
    super(manager, 'swap', name);
  }
}
