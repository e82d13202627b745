/** systemd.environment-generator(7): programs that print variables for the manager and what it runs. */

import { parseEnvFile } from '../../unitfile/language/env-file.ts';
import { envNameIsValid, envValueIsValid, setAssignment } from '../../unitfile/language/environment.ts';
import { type GeneratorSupport, programsIn, runProgram } from './run.ts';

const places = ['/run/systemd', '/etc/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];

/**
 * Runs the environment generators one after the other, each with what those before it have set. Resolves to `base` with
 * their variables. What a generator says wrong is told in the log.
 */
export async function runEnvironmentGenerators(support: GeneratorSupport, base: readonly string[]): Promise<string[]> {
  const { host, scope } = support;
  const directories = places.map((place) => `${place}/${scope}-environment-generators`);
  let block = [...base];
  for (const path of programsIn(host, directories)) {
    const env = [...support.environment.ofProcess(), ...block, 'SYSTEMD_EXEC_PID='];
    await runProgram(support, path, [path], env, (text) => {
      block = withAssignments(support, path, text, block);
    });
  }
  return block;
}

function withAssignments(support: GeneratorSupport, path: string, text: string, block: readonly string[]): string[] {
  let result = [...block];
  const { pairs, error } = parseEnvFile(text, path);
  if (error !== undefined) support.log(3, `Failed to read the output of ${path}: ${error.message}`);
  for (const [name, value] of pairs) {
    if (envNameIsValid(name) && envValueIsValid(value)) result = setAssignment(result, `${name}=${value}`);
    else support.log(4, `Invalid variable assignment "${name}=...", ignoring.`);
  }
  return result;
}
