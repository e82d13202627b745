import type { Run } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';

export interface MachineOptions {
  /** Of jobs, as --job-mode= of systemctl. */
  readonly mode: string;
}

/** A verb of pidone-machine; the result is the exit status. */
export type MachineVerb = Run<CliContext, MachineOptions>;
