/** A unit beside what is waited for, and what `systemctl show` prints of it as an object. */
import type { SupervisedUnit, UnitState } from './words.ts';

const wantedOf = (state: UnitState): [string, unknown][] =>
  Object.entries(state).filter(([, value]) => value !== undefined);

/** Whether it is what is waited for. */
export const isSo = <State extends UnitState>(unit: Readonly<Required<State>>, state: State): boolean =>
  wantedOf(state).every(([name, value]) => unit[name as keyof State] === value);

/** As in "activeState is active and nRestarts is 1". */
export const wantedText = (state: UnitState): string =>
  wantedOf(state)
    .map(([name, value]) => `${name} is ${String(value)}`)
    .join(' and ');

/** As in "it is active (running), result 'success', nRestarts 0". */
export const stateText = ({ activeState, subState, result, nRestarts }: SupervisedUnit): string =>
  `it is ${activeState} (${subState}), result '${result}', nRestarts ${nRestarts}`;

const kinds = [
  ...['Requires', 'Requisite', 'Wants', 'BindsTo', 'PartOf', 'Upholds', 'Conflicts', 'Before', 'After'],
  ...['RequiredBy', 'RequisiteOf', 'WantedBy', 'BoundBy', 'ConsistsOf', 'UpheldBy', 'ConflictedBy'],
  ...['OnFailure', 'OnFailureOf', 'OnSuccess', 'OnSuccessOf', 'Triggers', 'TriggeredBy', 'JoinsNamespaceOf'],
  ...['PropagatesReloadTo', 'ReloadPropagatedFrom', 'PropagatesStopTo', 'StopPropagatedFrom'],
];

/** Properties by name from lines of `systemctl show`; several of one name become lines of one value. */
export function propertiesOf(shown: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const line of shown.split('\n')) {
    const equals = line.indexOf('=');
    if (equals < 0) continue;
    const name = line.slice(0, equals);
    const value = line.slice(equals + 1);
    const before = properties[name];
    properties[name] = before === undefined ? value : `${before}\n${value}`;
  }
  return properties;
}

/** Names of units by kind of dependency; kinds that it has none of are left out. */
export function dependenciesIn(properties: Readonly<Record<string, string>>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const kind of kinds) {
    const names = (properties[kind] ?? '').split(' ').filter((name) => name !== '');
    if (names.length > 0) found[kind] = names;
  }
  return found;
}
