/** What a shutdown ends in, and how the settings that end in one (FailureAction= and its kin) name it. */
import type { EmergencyAction } from '../values/emergency-action.ts';

export type Objective = 'halt' | 'poweroff' | 'reboot' | 'kexec' | 'exit' | 'soft-reboot';

/**
 * How: units are stopped in order; with `force` what runs is killed at once; with `immediate` nothing is even waited for.
 */
export type Force = 'no' | 'force' | 'immediate';

/** `reboot-force` → reboot by force. */
export function objectiveOf(action: Exclude<EmergencyAction, 'none'>): { objective: Objective; force: Force } {
  const match = /^(.*?)(?:-(force|immediate))?$/.exec(action)!;
  return { objective: match[1] as Objective, force: (match[2] ?? 'no') as Force };
}

/** As the log tells it. */
export const objectiveWords: Readonly<Record<Objective, string>> = {
  reboot: 'Rebooting',
  poweroff: 'Powering off',
  halt: 'Halting',
  exit: 'Exiting',
  kexec: 'Executing kexec',
  'soft-reboot': 'Soft-rebooting',
};
