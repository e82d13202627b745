import type { Run } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import type { SystemctlOptions } from './options.ts';

/** A verb of systemctl; the result is the exit status. */
export type Verb = Run<CliContext, SystemctlOptions>;
