/** `systemctl set-property`: settings of a running unit, kept as drop-ins (systemctl(1), set-property). */
import { SystemError } from '../sys/host.ts';
import { findDirective, sectionOf } from '../unitfile/directives/table.ts';
import type { LookupPaths } from '../unitfile/load-path.ts';
import { JobError } from '../units/manager.ts';
import type { Unit } from '../units/unit.ts';

const header = `# This is a drop-in unit file extension, created via "systemctl set-property"
# or an equivalent operation. Do not edit.
`;

/** Properties of [Unit] that may be set while a unit runs; of its type's section the resource settings. */
const unitProperties = new Set(['Description', 'CollectMode']);

/** Writes a drop-in for each `Key=Value`. Throws JobError where one is no property that can be set. */
export function writeProperties(
  unit: Unit,
  paths: LookupPaths,
  runtime: boolean,
  assignments: readonly string[],
): void {
  const directory = runtime ? paths.runtimeControl : paths.persistentControl;
  const texts = assignments.map((assignment): [string, string] => {
    const at = assignment.indexOf('=');
    const key = assignment.slice(0, at);
    const section = unitProperties.has(key) ? 'Unit' : sectionOf(unit.type);
    const row = section === undefined ? undefined : findDirective(section, key);
    if (at <= 0 || row === undefined || !(unitProperties.has(key) || row.group === 'cgroup'))
      throw new JobError(
        'org.freedesktop.DBus.Error.PropertyReadOnly',
        `Cannot set property ${at < 0 ? assignment : key}, or unknown property.`,
      );
    return [key, `${header}[${section}]\n${key}=${assignment.slice(at + 1)}\n`];
  });
  if (directory === undefined) throw new JobError('org.freedesktop.DBus.Error.Failed', 'No directory for drop-ins.');
  const { files } = unit.manager.host;
  try {
    files.mkdirs(`${directory}/${unit.id}.d`, 0o755);
    for (const [key, text] of texts) files.writeAtomic(`${directory}/${unit.id}.d/50-${key}.conf`, text, 0o644);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new JobError('org.freedesktop.DBus.Error.Failed', error.message);
  }
}
