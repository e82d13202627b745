/** systemd-analyze fdstore: descriptors that the manager keeps for services. */

import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { typeBits } from '../../sys/file-stat.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { Service } from '../../units/service.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { managerOf } from '../common/manager-view.ts';
import { type AlignedInput, emptyCell, numberCell, printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

const columns = ['fdname', 'type', 'devno', 'inode', 'rdevno', 'path', 'flags'];

export async function fdstore(context: CliContext, options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const manager = managerOf(context);
  for await (const arg of inTurns(context, args)) {
    const name = mangleUnitName(arg, { suffix: '.service' });
    if (name === undefined) {
      say(context, 'error', `Failed to mangle name '${arg}': ${errorText('EINVAL')}`);
      return 1;
    }
    const unit = manager.units.find(name);
    const refusal = refusalOf(unit, name);
    if (refusal !== undefined || !(unit instanceof Service)) {
      say(context, 'error', `Failed to call DumpUnitFileDescriptorStore: ${refusal}`);
      return 1;
    }
    const { entries } = unit.fdStore;
    if (entries.length === 0) {
      say(context, 'info', `No file descriptors in fdstore of '${name}'.`);
      continue;
    }
    const rows: AlignedInput[][] = [];
    for await (const entry of inTurns(context, entries)) rows.push([entry.name, ...describe(manager.host, entry.fd)]);
    await printColumns(context, options, columns, rows, new Set([3]));
  }
  return 0;
}

/** Why nothing can be told of it. */
function refusalOf(unit: Unit | undefined, name: string): string | undefined {
  if (unit === undefined) return `Unit ${name} not loaded.`;
  if (!(unit instanceof Service)) return errorText('EOPNOTSUPP');
  if (unit.fdStore.size === 0 && unit.settings.FileDescriptorStoreMax === 0)
    return `File descriptor store not enabled for ${name}.`;
  return undefined;
}

const words: Readonly<Record<string, string>> = {
  file: 'reg',
  directory: 'dir',
  symlink: 'lnk',
  char: 'chr',
  block: 'blk',
  fifo: 'fifo',
  socket: 'sock',
};
const accessWords = ['ro', 'wo', 'rw'] as const;

/** What a descriptor of the manager's is: type, device, inode, device number, path, access. */
function describe({ files }: Host, fd: number): AlignedInput[] {
  const link = `/proc/self/fd/${fd}`;
  const read = (action: () => string): string => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return '';
    }
  };
  const stat = files.tryStat(link);
  const device = (number: number): AlignedInput => {
    const [major, minor] = [Math.floor(number / 256) & 0xfff, number & 0xff];
    return { text: `${major}:${minor}`, json: [major, minor] };
  };
  const flags = Number.parseInt(
    /^flags:\s*(\d+)/m.exec(read(() => files.readText(`/proc/self/fdinfo/${fd}`, 65_536)))?.[1] ?? '0',
    8,
  );
  const isDevice = stat?.type === 'char' || stat?.type === 'block';
  return [
    stat === undefined ? emptyCell : { text: words[stat.type] ?? '-', json: typeBits[stat.type] | stat.mode },
    stat === undefined ? emptyCell : device(stat.dev),
    stat === undefined ? emptyCell : numberCell(stat.ino),
    stat !== undefined && isDevice ? device(stat.rdev) : emptyCell,
    read(() => files.readlink(link)) || emptyCell,
    accessWords[(flags & 3) as 0 | 1 | 2] ?? emptyCell,
  ];
}
