/** How the whole system is: is-system-running of systemctl(1). */
import type { Unit } from '../units/unit.ts';

export type SystemState = 'initializing' | 'starting' | 'running' | 'degraded' | 'maintenance' | 'stopping';

export interface StateContext {
  readonly units: { readonly failed: ReadonlySet<Unit>; find(name: string): Unit | undefined };
  readonly startup: { readonly isOver: boolean };
  readonly shutdown: { readonly hasBegun: boolean };
  readonly crashes: { readonly isSafe: boolean };
}

export function systemStateOf({ units, startup, shutdown, crashes }: StateContext): SystemState {
  if (shutdown.hasBegun) return 'stopping';
  if (crashes.isSafe) return 'maintenance';
  if (!startup.isOver) return 'starting';
  for (const name of ['rescue.target', 'emergency.target']) {
    const unit = units.find(name);
    if (unit !== undefined && (unit.activeState === 'active' || unit.job?.type === 'start')) return 'maintenance';
  }
  return units.failed.size > 0 ? 'degraded' : 'running';
}
