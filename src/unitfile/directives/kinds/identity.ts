/** Who runs a unit's processes: systemd.exec(5) "USER/GROUP IDENTITY". */

import { WordReader } from '../../../text/quoting.ts';
import { userNameIsValid } from '../../../values/names.ts';
import { printable, printableWords } from '../../../values/shown.ts';
import type { Kind } from '../kind.ts';
import { error, expand, notice } from './basic.ts';

const isUserOrGroup = (name: string): boolean => userNameIsValid(name, 'relaxed', true);

export const userName: Kind<string | undefined> = {
  name: 'user or group',
  parse(value, at, current) {
    if (value === '') return undefined;
    const name = expand(at, 'full', value, (t) => `Failed to resolve unit specifiers in ${t}`, error);
    if (name !== undefined && isUserOrGroup(name)) {
      if (name === 'nobody' && at.key.includes('User')) {
        at.report(notice, `Special user ${name} configured, this is not safe!`);
      }
      return name;
    }
    if (name !== undefined) at.report(error, `Invalid user/group name or numeric ID: ${name}`);
    at.fatal();
    return current;
  },
  format: printable,
};

export const userList: Kind<string[]> = {
  name: 'groups',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    const reader = new WordReader(value);
    for (let word = reader.next(); word !== undefined; word = reader.next()) {
      const name = expand(at, 'full', word, (t) => `Failed to resolve unit specifiers in ${t}`, error);
      if (name === undefined || !isUserOrGroup(name)) {
        if (name !== undefined) at.report(error, `Invalid user/group name or numeric ID: ${name}`);
        at.fatal();
        return list;
      }
      list.push(name);
    }
    if (reader.failed) {
      at.report(error, `Invalid syntax: ${value}`);
      at.fatal();
    }
    return list;
  },
  format: printableWords,
};
