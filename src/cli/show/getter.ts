/** What gives a property of a unit its value. */
import type { Unit } from '../../units/unit.ts';
import type { ShownValue } from '../../values/shown.ts';
import type { ManagerView } from '../common/manager-view.ts';
import type { PrintOptions } from './print.ts';

/** What a getter may look at. */
export interface ShowContext {
  manager: ManagerView;
  print: PrintOptions;
}

export type Getter<U extends Unit = Unit> = (unit: U, context: ShowContext) => ShownValue;
