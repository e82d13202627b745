export { SimHost } from './sim/host.ts';
export type { SimOptions } from './sim/machine.ts';
export { SimEnded } from './sim/machine.ts';
export { SimProcess } from './sim/processes.ts';
