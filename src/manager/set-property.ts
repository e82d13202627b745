/** `systemctl set-property`: settings of a running unit, kept as drop-ins (systemctl(1), set-property). */
import { SystemError } from '../sys/host.ts';
import { findDirective, sectionOf } from '../unitfile/directives/table.ts';
import type { LookupPaths } from '../unitfile/files/load-path.ts';
import { JobError } from '../units/job-types.ts';
import type { Unit } from '../units/unit.ts';

/** One property and the drop-in that sets it. */
export interface PropertySetting {
  readonly key: string;
  /** What it is called where its value has this form: the drop-in is 50-PROPERTY.conf. */
  readonly property: string;
  readonly text: string;
  /** Why the value can't be taken. */
  readonly refused: string | undefined;
}

/** Settings of resources that only a unit file may have. */
const fixed: ReadonlySet<string> = new Set([
  'BPFProgram',
  'Delegate',
  'IPEgressFilterPath',
  'IPIngressFilterPath',
  'Slice',
]);

/** Description= and the resource settings of its type's section may be set while a unit runs. */
function maySet(unit: Unit, key: string): boolean {
  if (key === 'Description') return true;
  const section = sectionOf(unit.type);
  return section !== undefined && findDirective(section, key)?.group === 'cgroup' && !fixed.has(key);
}

/** What systemd's interface calls a setting: times are told in microseconds there. */
function shownName(unit: Unit, { key, property }: PropertySetting): string {
  const section = sectionOf(unit.type);
  const row = section === undefined ? undefined : findDirective(section, key)?.row;
  return row !== undefined && 'kind' in row && row.kind.timeSpan ? key.replace(/Sec$/, 'USec') : property;
}

/** Writes a drop-in for each setting, or none. Throws JobError where one is no property that can be set. */
export function writeProperties(
  unit: Unit,
  paths: LookupPaths,
  runtime: boolean,
  settings: readonly PropertySetting[],
): void {
  for (const setting of settings) {
    const { key, refused } = setting;
    if (!maySet(unit, key))
      throw new JobError(
        'org.freedesktop.DBus.Error.PropertyReadOnly',
        `Cannot set property ${shownName(unit, setting)}, or unknown property.`,
      );
    if (refused !== undefined) throw new JobError('org.freedesktop.DBus.Error.InvalidArgs', refused);
  }
  const { transient, runtimeControl, persistentControl } = paths;
  const directory = unit.loaded.transient ? transient : runtime ? runtimeControl : persistentControl;
  if (directory === undefined) throw new JobError('org.freedesktop.DBus.Error.Failed', 'No directory for drop-ins.');
  const { files } = unit.manager.host;
  try {
    files.mkdirs(`${directory}/${unit.id}.d`, 0o755);
    for (const { property, text } of settings)
      files.writeAtomic(`${directory}/${unit.id}.d/50-${property}.conf`, text, 0o644);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new JobError('org.freedesktop.DBus.Error.Failed', error.message);
  }
}
