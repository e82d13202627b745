/** The environment that this process was given. */

/**
 * The front door keeps it from Node and gives each variable another name, for nothing in it may change what Node and its
 * libraries do (native/client/given.h has the same two).
 */
const prefix = 'PIDONE_ENV_';
const mark = 'PIDONE_ENVIRONMENT';

/** The variables of a process, by the names that they were given with. */
export function environmentOf(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const renamed = variables[mark] !== undefined;
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) continue;
    if (!renamed) environment[name] = value;
    else if (name.startsWith(prefix)) environment[name.slice(prefix.length)] = value;
  }
  return environment;
}

/** The same by the names under which Node and its libraries pass over them: what the front door does. */
export function renamedEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const renamed: Record<string, string> = { [mark]: '1' };
  for (const [name, value] of Object.entries(environment)) renamed[`${prefix}${name}`] = value;
  return renamed;
}

let given: Readonly<Record<string, string>> | undefined;

/** Read once: nobody changes it while the process runs. */
export function givenEnvironment(): Readonly<Record<string, string>> {
  given ??= environmentOf(process.env);
  return given;
}
