/**
 * -e NAME=VALUE and -e @FILE: variables that count more than those of a unit's own files. systemctl.py gives them to what
 * the call starts; here they are a drop-in below /run, which is there until the next boot or `systemctl revert`.
 */

import { reasonOf } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { pathJoin } from '../../text/paths.ts';
import { extract, splitWords } from '../../text/quoting.ts';
import { loadEnvironmentFile } from '../../unitfile/language/env-file.ts';
import { envAssignmentIsValid } from '../../unitfile/language/environment.ts';

/** The last of a unit's drop-ins by name, as EnvironmentFile= of a later one would count more. */
const name = 'zz-extra-vars';
const fileLimit = 4 * 1024 * 1024;

export type ExtraVars = { readonly file: string } | { readonly assignments: readonly string[] };

/** One argument: `@FILE`, or assignments in the syntax of Environment=. */
export function parseExtraVars(value: string): ExtraVars | { readonly error: string } {
  if (value.startsWith('@') && value.length > 1) return { file: value.slice(1) };
  const assignments = splitWords(value, extract.unquote | extract.cUnescape) ?? [];
  if (assignments.length === 0 || !assignments.every(envAssignmentIsValid))
    return { error: `-e ${value}: neither NAME=VALUE nor @FILE.` };
  return { assignments };
}

/** All assignments, those of files as they are now. */
export function readExtraVars(
  files: Files,
  values: readonly string[],
  cwd: string,
): { readonly assignments: string[] } | { readonly error: string } {
  const assignments: string[] = [];
  for (const value of values) {
    const vars = parseExtraVars(value);
    if ('error' in vars) return vars;
    if ('assignments' in vars) assignments.push(...vars.assignments);
    else
      try {
        const path = absolutePath(vars.file, cwd);
        const read = loadEnvironmentFile(files.readText(path, fileLimit), path, () => {});
        assignments.push(...read.assignments);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        return { error: `-e @${vars.file}: ${reasonOf(error)}` };
      }
  }
  return { assignments };
}

export const absolutePath = (path: string, cwd: string): string => (path.startsWith('/') ? path : pathJoin(cwd, path));

const quoted = (value: string): string => `"${value.replace(/["\\`$]/g, '\\$&')}"`;

/**
 * Writes the drop-in of a unit, or of all services (`service.d`), in place of the one from before. Only root and the
 * manager's user read the values. Throws SystemError.
 */
export function writeExtraVars(files: Files, directory: string, values: readonly string[], cwd: string): void {
  files.mkdirs(directory, 0o755);
  for (const old of files.readdir(directory).filter((entry) => entry.startsWith(`${name}.`)))
    files.unlink(`${directory}/${old}`);
  const paths: string[] = [];
  for (const [index, value] of values.entries()) {
    const vars = parseExtraVars(value);
    if ('error' in vars) continue;
    if ('file' in vars) {
      paths.push(absolutePath(vars.file, cwd));
      continue;
    }
    const path = `${directory}/${name}.${index}`;
    const lines = vars.assignments.map((assignment) => {
      const equals = assignment.indexOf('=');
      return `${assignment.slice(0, equals)}=${quoted(assignment.slice(equals + 1))}\n`;
    });
    files.writeAtomic(path, lines.join(''), 0o600);
    paths.push(path);
  }
  const settings = paths.map((path) => `EnvironmentFile=${path.replaceAll('%', '%%')}\n`);
  files.writeAtomic(`${directory}/${name}.conf`, `# Of systemctl -e.\n[Service]\n${settings.join('')}`, 0o644);
}
