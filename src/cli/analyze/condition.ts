/** systemd-analyze condition. */

import { trimBlanks } from '../../text/characters.ts';
import { simplifyPathOrWarn } from '../../text/paths.ts';
import { conditionTypes, evaluateCondition } from '../../unitfile/conditions/conditions.ts';
import type { Condition } from '../../unitfile/directives/shapes.ts';
import { pathConditions } from '../../unitfile/directives/unit.ts';
import { lookupPaths } from '../../unitfile/files/load-path.ts';
import {
  expandSpecifiers,
  SpecifierFacts,
  specifierLimits,
  unitFullSpecifiers,
} from '../../unitfile/language/specifiers.ts';
import { createLoader } from '../../unitfile/load/loader.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

type Prefix = 'Condition' | 'Assert';

interface Lists {
  unit: string;
  conditions: Condition[];
  asserts: Condition[];
}

/** One argument, `ConditionX=…`, put in front of its list as systemd does; false where it is none. */
function addArgument(context: CliContext, facts: SpecifierFacts, lists: Lists, line: string): boolean {
  for (const prefix of ['Condition', 'Assert'] as const) {
    for (const type of conditionTypes) {
      const name = prefix + type;
      if (!line.startsWith(name)) continue;
      const rest = trimBlanks(line, name.length);
      if (!rest.startsWith('=')) continue;
      const list = prefix === 'Condition' ? 'conditions' : 'asserts';
      // blanks at the end belong to the value
      const value = line.slice(line.indexOf('=', name.length) + 1).replace(/^[ \t\n\r]+/, '');
      lists[list] = addCondition(context, facts, lists, type, name, value, lists[list]);
      return true;
    }
  }
  context.err(`Cannot parse "${line}".\n`);
  return false;
}

function addCondition(
  context: CliContext,
  facts: SpecifierFacts,
  lists: Lists,
  type: string,
  name: string,
  value: string,
  list: Condition[],
): Condition[] {
  if (value === '') return [];
  const isPath = pathConditions.some((known) => known === type);
  const blanks = isPath ? /^/ : /^[ \t\n\r]*/;
  const trigger = value.startsWith('|');
  const afterTrigger = trigger ? value.slice(1).replace(blanks, '') : value;
  const negate = afterTrigger.startsWith('!');
  const text = negate ? afterTrigger.slice(1).replace(blanks, '') : afterTrigger;
  const limit = isPath ? specifierLimits.path : specifierLimits.full;
  const expanded = expandSpecifiers(text, { facts, unit: lists.unit }, unitFullSpecifiers, limit);
  if (!('text' in expanded)) {
    const shown = isPath ? text : `'${text}'`;
    context.err(`(cmdline): Failed to resolve unit specifiers in ${shown}, ignoring: ${expanded.message}\n`);
    return list;
  }
  const parameter = isPath
    ? simplifyPathOrWarn(expanded.text, { absolute: true }, name, (_level, message) => {
        context.err(`(cmdline): ${message}\n`);
      })
    : expanded.text;
  return parameter === undefined ? list : [{ type, trigger, negate, parameter }, ...list];
}

function tell(context: CliContext, { quiet }: AnalyzeOptions, text: string): void {
  if (!quiet || !context.host.voice.analyze.quietConditions) context.err(`${text}\n`);
}

/** Tests a list and says how each went; conditions after the first that fails are not tested. */
function testList(context: CliContext, options: AnalyzeOptions, lists: Lists, prefix: Prefix): boolean {
  const list = prefix === 'Condition' ? lists.conditions : lists.asserts;
  const environment = Object.entries(context.env).map(([key, value]) => `${key}=${value}`);
  const scope = options.scope === 'user' ? 'user' : 'system';
  let triggered: boolean | undefined;
  for (const condition of list) {
    const { type, trigger, negate } = condition;
    // systemd looks for the lower-case name and says so
    const parameter = type === 'CPUFeature' ? condition.parameter.toLowerCase() : condition.parameter;
    const shown = `${prefix}${context.host.voice.manager.conditionType(type)}=${trigger ? '|' : ''}${negate ? '!' : ''}${parameter}`;
    const result = evaluateCondition(condition, context.host, { scope, environment });
    const { undecided } = context.host.voice.manager;
    if (typeof result === 'string') context.err(`${lists.unit}: ${undecided(shown, result)}\n`);
    else tell(context, options, `${lists.unit}: ${shown} ${result ? 'succeeded' : 'failed'}.`);
    if (!trigger && result !== true) return false;
    if (trigger && triggered !== true) triggered = result === true;
  }
  return triggered !== false;
}

function listsOfUnit(context: CliContext, options: AnalyzeOptions, unit: string): Lists | undefined {
  const scope = options.scope === 'user' ? 'user' : 'system';
  const { host } = context;
  const root =
    options.root === undefined
      ? {}
      : { paths: lookupPaths({ scope, root: options.root, usrLibFirst: host.voice.unitFiles.usrLibFirst }) };
  const loaded = createLoader(host, { scope, ...root }).load(unit);
  if (loaded.loadState !== 'loaded') {
    context.err(`${loaded.loadError?.message ?? `Unit ${unit} not found.`}\n`);
    return undefined;
  }
  return { unit: loaded.id, conditions: loaded.unit.Conditions, asserts: loaded.unit.Asserts };
}

/** Tests the conditions and asserts given as arguments, or those of `--unit=`. */
export function condition(context: CliContext, options: AnalyzeOptions, args: readonly string[]): number {
  let lists: Lists | undefined = { unit: 'test.service', conditions: [], asserts: [] };
  if (options.unit !== undefined) {
    lists = listsOfUnit(context, options, options.unit);
    if (lists === undefined) return 1;
  } else {
    const facts = new SpecifierFacts(context.host, { scope: options.scope });
    for (const line of args) if (!addArgument(context, facts, lists, line)) return 1;
  }
  const asserts = testList(context, options, lists, 'Assert');
  if (lists.asserts.length > 0) tell(context, options, `Asserts ${asserts ? 'succeeded' : 'failed'}.`);
  const conditions = testList(context, options, lists, 'Condition');
  if (lists.conditions.length > 0) tell(context, options, `Conditions ${conditions ? 'succeeded' : 'failed'}.`);
  return asserts && conditions ? 0 : 1;
}
