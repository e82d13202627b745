import type { Run } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import type { PySystemctlOptions } from './options.ts';

/** A verb of systemctl.py; the result is the exit status. */
export type PyVerb = Run<CliContext, PySystemctlOptions>;
