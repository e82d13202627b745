/** systemd-analyze fdstore: descriptors that the manager keeps for services. */

import { styleOf } from '../../program/colors.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import { Service } from '../../units/service.ts';
import type { CliContext } from '../common/context.ts';
import { loadUnit, managerOf } from '../common/manager-view.ts';
import type { AnalyzeOptions } from './options.ts';

export async function fdstore(context: CliContext, _options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  const manager = managerOf(context);
  for await (const arg of inTurns(context, args)) {
    const name = mangleUnitName(arg, { suffix: '.service' });
    if (name === undefined) {
      say(context, 'error', `Failed to mangle name '${arg}': ${errorText('EINVAL')}`);
      return 1;
    }
    const unit = loadUnit(manager, name);
    if (unit instanceof JobError || !(unit instanceof Service)) {
      const reason = unit instanceof JobError ? unit.message : errorText('EOPNOTSUPP');
      say(context, 'error', `Failed to call DumpUnitFileDescriptorStore: ${reason}`);
      return 1;
    }
    const { entries } = unit.fdStore;
    if (entries.length === 0) {
      say(context, 'info', `No file descriptors in fdstore of '${name}'.`);
      continue;
    }
    const table = new Table('fdname', 'type', 'devno', 'inode', 'rdevno', 'path', 'flags');
    for await (const entry of inTurns(context, entries)) table.add(entry.name, ...describe(manager.host, entry.fd));
    context.out(table.render({ header: true, full: true, style: styleOf(context) }));
  }
  return 0;
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
function describe({ files }: Host, fd: number): string[] {
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
  const number = (device: number): string => `${Math.floor(device / 256) & 0xfff}:${device & 0xff}`;
  const flags = Number.parseInt(
    /^flags:\s*(\d+)/m.exec(read(() => files.readText(`/proc/self/fdinfo/${fd}`, 65_536)))?.[1] ?? '0',
    8,
  );
  const isDevice = stat?.type === 'char' || stat?.type === 'block';
  return [
    stat === undefined ? '-' : (words[stat.type] ?? '-'),
    stat === undefined ? '-' : number(stat.dev),
    stat === undefined ? '-' : String(stat.ino),
    stat !== undefined && isDevice ? number(stat.rdev) : '-',
    read(() => files.readlink(link)) || '-',
    accessWords[(flags & 3) as 0 | 1 | 2] ?? '-',
  ];
}
