/** Environment variables of processes: systemd.exec(5) "ENVIRONMENT". */

import { extract } from '../../../text/quoting.ts';
import { printableWords } from '../../../values/shown.ts';
import { envAssignmentIsValid, envNameIsValid, setAssignment } from '../../language/environment.ts';
import type { Kind } from '../kind.ts';
import type { EnvironmentFileRef } from '../shapes.ts';
import { bareSpecifiers, checkPath, expand, warning, wordsOf } from './basic.ts';

export const environment: Kind<string[]> = {
  name: 'assignments',
  parse(value, at, current) {
    if (value === '') return [];
    let list = current;
    for (const word of wordsOf(at, value, extract.cUnescape | extract.unquote)) {
      const assignment = expand(at, 'env', word, (t) => `Failed to resolve specifiers in ${t}, ignoring`);
      if (assignment === undefined) continue;
      if (envAssignmentIsValid(assignment)) list = setAssignment(list, assignment);
      else at.report(warning, `Invalid environment assignment, ignoring: ${assignment}`);
    }
    return list;
  },
  format: printableWords,
};

export const environmentFiles: Kind<EnvironmentFileRef[]> = {
  name: 'path',
  parse(value, at, current) {
    if (value === '') return [];
    const text = expand(at, 'full', value);
    if (text === undefined) return current;
    const optional = text.startsWith('-');
    const path = checkPath(at, optional ? text.slice(1) : text);
    return path === undefined ? current : [...current, { path, optional }];
  },
  format: (files) => files.map((file) => `${file.path} (ignore_errors=${file.optional ? 'yes' : 'no'})`),
};

function environmentNames(
  flags: number,
  isValid: (text: string) => boolean,
  unresolved: (text: string) => string,
  invalid: (key: string, text: string) => string,
): Kind<string[]> {
  return {
    name: 'variable names',
    parse(value, at, current) {
      if (value === '') return [];
      const list = [...current];
      for (const word of wordsOf(at, value, flags, `Trailing garbage in ${at.key}, ignoring: ${value}`)) {
        const name = expand(at, 'env', word, unresolved);
        if (name === undefined) continue;
        if (!isValid(name)) at.report(warning, invalid(at.key, name));
        else if (!list.includes(name)) list.push(name);
      }
      return list;
    },
    format: printableWords,
  };
}

export const passEnvironment = environmentNames(
  extract.unquote,
  envNameIsValid,
  (t) => `Failed to resolve specifiers in ${t}, ignoring`,
  (key, text) => `Invalid environment name for ${key}, ignoring: ${text}`,
);

export const unsetEnvironment = environmentNames(
  extract.cUnescape | extract.unquote,
  (text) => envNameIsValid(text) || envAssignmentIsValid(text),
  bareSpecifiers,
  (key, text) => `Invalid environment name or assignment ${key}, ignoring: ${text}`,
);
