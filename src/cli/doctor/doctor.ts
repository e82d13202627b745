/** `doctor`: looks at the container and its units. The exit status is 1 where something will fail, 0 where nothing will. */
import { styleOf } from '../../program/colors.ts';
import { jsonText } from '../../program/json.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { mangleUnitName, unitNameKind } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { factsOf } from './container.ts';
import { examine } from './examine.ts';
import type { PidoneOptions } from './options.ts';
import { patientOf } from './patient.ts';
import { documentOf, pageOf, type Report } from './report.ts';

export interface DoctorOptions extends PidoneOptions {
  /** As they were typed. */
  readonly names: readonly string[];
  readonly ownUnits: string;
}

export async function doctor(context: CliContext, options: DoctorOptions): Promise<number> {
  const names: string[] = [];
  for (const given of options.names) {
    const name = mangleUnitName(given);
    const kind = name === undefined ? undefined : unitNameKind(name);
    if (name === undefined || kind === undefined || kind === 'template') {
      const why = kind === 'template' ? 'a template, which has no instance' : 'not the name of a unit';
      context.err(`${given}: ${why}.\n`);
      return 2;
    }
    names.push(name);
  }
  const { all, json, ownUnits } = options;
  const patient = patientOf(context.host);
  const hearsExits = patient.host.onExits;
  try {
    const strict = parseBoolean(context.env.PIDONE_STRICT ?? '') ?? false;
    const found = await examine(patient.host, { names, all, strict, ownUnits }, () => context.turn());
    const report: Report = { ...found, facts: factsOf(patient, found), whole: all || names.length > 0 };
    const style = styleOf(context);
    context.out(json === undefined ? pageOf(report, style) : jsonText(documentOf(report), json, style.colors));
    return found.units.some(({ verdict }) => verdict === 'fails') ? 1 : 0;
  } finally {
    patient.host.onExits = hearsExits;
  }
}
