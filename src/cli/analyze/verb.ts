import type { Run } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

/** A verb of systemd-analyze; the result is the exit status. */
export type AnalyzeVerb = Run<CliContext, AnalyzeOptions>;
