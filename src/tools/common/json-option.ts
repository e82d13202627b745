/** --json= of programs that print a table. */

import type { JsonMode } from '../../program/json.ts';
import { fail, type OptionRow, option, showWords } from '../../program/options.ts';

const modes: ReadonlyMap<string, JsonMode | undefined> = new Map([
  ['pretty', 'json-pretty'],
  ['short', 'json'],
  ['off', undefined],
]);

export interface JsonOption {
  json: JsonMode | undefined;
}

export const jsonOption: OptionRow<JsonOption> = option(
  '--json=pretty|short|off',
  'Generate JSON output',
  (options, value) => {
    if (value === 'help') showWords([...modes.keys()]);
    if (!modes.has(value)) fail(`Unknown argument to --json= switch: ${value}`);
    options.json = modes.get(value);
  },
);
