import type { JsonMode } from '../../program/json.ts';

export interface PidoneOptions {
  /** Units that are installed and not started by a boot, too. */
  all: boolean;
  json: JsonMode | undefined;
}
