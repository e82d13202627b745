/** Who runs a unit's processes: systemd.exec(5) "USER/GROUP IDENTITY". */

import { WordReader } from '../../../text/quoting.ts';
import { userNameIsValid } from '../../../values/names.ts';
import { printable, printableWords } from '../../../values/shown.ts';
import type { Kind, ParseContext } from '../kind.ts';
import { error, expand, notice } from './basic.ts';

/** What is no name of a user or group is refused; what others would not take for one is spoken of. */
function isUserOrGroup(name: string, at: ParseContext): boolean {
  if (!userNameIsValid(name, 'relaxed', true)) return false;
  if (!userNameIsValid(name, 'strict', true)) {
    const message = `Accepting user/group name '${name}', which does not match strict user/group name rules.`;
    at.remark(notice, message, { MESSAGE_ID: unsafeUserName, USER_GROUP_NAME: name });
  }
  return true;
}

/** systemd.journal-fields(7), MESSAGE_ID=. */
const unsafeUserName = 'b61fdac612e94b9182285b998843061f';

export const userName: Kind<string | undefined> = {
  name: 'user or group',
  parse(value, at, current) {
    if (value === '') return undefined;
    const name = expand(at, 'full', value, (t) => `Failed to resolve unit specifiers in ${t}`, error);
    if (name !== undefined && isUserOrGroup(name, at)) {
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
      if (name === undefined || !isUserOrGroup(name, at)) {
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
