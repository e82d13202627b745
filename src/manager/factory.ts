/** A unit object for each unit type. */
import type { UnitType } from '../unitfile/language/unit-name.ts';
import { Device } from '../units/device.ts';
import { Mount } from '../units/mount.ts';
import { PathUnit } from '../units/path.ts';
import { Scope } from '../units/scope.ts';
import { Service } from '../units/service.ts';
import { Slice } from '../units/slice.ts';
import { Socket } from '../units/socket.ts';
import { Target } from '../units/target.ts';
import { TimerUnit } from '../units/timer.ts';
import type { Unit, UnitManager } from '../units/unit.ts';
import { Automount, Swap } from '../units/unsupported.ts';

const classes: Record<UnitType, new (manager: UnitManager, name: string) => Unit> = {
  service: Service,
  socket: Socket,
  target: Target,
  device: Device,
  mount: Mount,
  automount: Automount,
  swap: Swap,
  timer: TimerUnit,
  path: PathUnit,
  slice: Slice,
  scope: Scope,
};

export function createUnit(manager: UnitManager, type: UnitType, name: string): Unit {
  return new classes[type](manager, name);
}
