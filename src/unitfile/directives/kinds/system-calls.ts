/** Which system calls processes may make: systemd.exec(5) "SYSTEM CALL FILTERING". */

import { errorText } from '../../../sys/error-text.ts';
import { extract } from '../../../text/quoting.ts';
import { parseErrno } from '../../../values/errno.ts';
import { printableWords } from '../../../values/shown.ts';
import { syscallKill } from '../../../values/system-calls.ts';
import type { Kind } from '../kind.ts';
import type { SyscallFilter, SyscallWord } from '../shapes.ts';
import { addSyscalls, shownSyscallFilter } from '../syscall-filter.ts';
import { warning, wordsOf } from './basic.ts';

/** `errnos`: SystemCallFilter=, where `call:errno` may stand and an allow list begins with @default. */
function filterOfSyscalls(errnos: boolean): Kind<SyscallFilter | undefined> {
  return {
    name: 'system calls',
    parse(value, at, current) {
      if (value === '') return undefined;
      const invert = value.startsWith('~');
      const allow = current === undefined ? !invert : current.allow;
      const calls = new Map(current?.calls);
      const said = [...(current?.said ?? [])];
      const add = (word: SyscallWord): void => {
        addSyscalls(calls, word, allow, (what, unknown) => {
          const { unknownSystemCall } = at.voice.loading;
          const message =
            what === 'call' ? unknownSystemCall(unknown) : `Unknown system call group, ignoring: ${unknown}`;
          at.report(warning, message);
        });
        said.push(word);
      };
      if (errnos && current === undefined && allow) add({ name: '@default', errno: undefined, invert: false });
      for (const word of wordsOf(
        at,
        invert ? value.slice(1) : value,
        0,
        `Invalid syntax, ignoring: ${value.slice(invert ? 1 : 0)}`,
      )) {
        const colon = errnos ? word.indexOf(':') : -1;
        const name = colon < 0 ? word : word.slice(0, colon);
        const action = colon < 0 ? undefined : word.slice(colon + 1);
        const errno = action === undefined ? undefined : action === 'kill' ? syscallKill : parseErrno(action);
        if (name === '' || (action !== undefined && errno === undefined)) {
          at.report(warning, `Failed to parse syscall:errno, ignoring: ${word}`);
          continue;
        }
        if (!invert && errno !== undefined) {
          at.report(warning, `Allow-listed system calls cannot take error number, ignoring: ${word}`);
          continue;
        }
        add({ name, errno, invert });
      }
      return { allow, calls, said };
    },
    format: (value) => shownSyscallFilter(value),
  };
}

export const syscallFilter = filterOfSyscalls(true);

export const syscallLog = filterOfSyscalls(false);

export const syscallErrno: Kind<number> = {
  name: 'errno',
  parse(value, at, current) {
    if (value === '' || value === 'kill') return syscallKill;
    const number = parseErrno(value);
    if (number === undefined) at.report(warning, `Failed to parse error number, ignoring: ${value}`);
    else if (number === 0) at.report(warning, `Invalid error number, ignoring: ${value}`);
    else return number;
    return current;
  },
  format: String,
};

const architectures: ReadonlySet<string> = new Set(
  (
    'native x86 x86-64 x32 arm arm64 mips mips64 mips64-n32 mips-le mips64-le mips64-le-n32 parisc parisc64 ' +
    'ppc ppc64 ppc64-le riscv64 s390 s390x'
  ).split(' '),
);

export const syscallArchitectures: Kind<string[]> = {
  name: 'architectures',
  parse(value, at, current) {
    if (value === '') return [];
    const list = [...current];
    for (const word of wordsOf(at, value, extract.unquote)) {
      if (!architectures.has(word)) {
        at.report(warning, `Failed to parse system call architecture "${word}", ignoring: ${errorText('EINVAL')}`);
      } else if (!list.includes(word)) list.push(word);
    }
    return list;
  },
  format: (list) => printableWords([...list].sort()),
};
