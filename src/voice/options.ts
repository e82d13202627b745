/** What several programs say of the arguments of their options. */
import { row } from './row.ts';

export const optionRows = {
  badBoolean: row({
    252: (option: string, value: string) => `Failed to parse boolean argument to ${option}: ${value}.`,
    262: (option: string, value: string) => `Failed to parse boolean argument to '${option}': ${value}`,
  }),
  /** Of an option that has a third word beside yes and no. */
  badTristate: row({
    252: (option: string, value: string) => `Failed to parse ${option} argument: ${value}`,
    262: (option: string, value: string) => `Failed to parse tristate argument to '${option}': ${value}`,
  }),
  /** Nothing where one of three words is expected is the third. */
  emptyIsThird: row({ 252: false, 257: true }),
  /** What a list without a word is refused with; where it is not, it is empty again. */
  emptyList: row<(option: string, hasHelp: boolean) => string | undefined>({
    252: (option) => `${option} requires arguments.`,
    257: (option, hasHelp) => `${option} requires arguments${hasHelp ? ` (see ${option}help)` : ''}.`,
    262: () => undefined,
  }),
};
