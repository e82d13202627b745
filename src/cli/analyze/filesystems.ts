/** systemd-analyze filesystems: the groups of RestrictFileSystems=, and what is in no group. */

import { type Style, styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { fileSystemGroups, fileSystemMagic } from '../../values/file-systems.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';
import { leftOver } from './syscall-filter.ts';

type Group = ReturnType<typeof fileSystemGroups>[number];

function groupText({ name, about, members }: Group, { colors }: Style): string {
  const lines = members.map(
    (member) => `    ${member} ${colors.grey}(magic: ${fileSystemMagic(member)})${colors.normal}\n`,
  );
  return `${colors.highlight}${name}${colors.normal}\n    # ${about}\n${lines.join('')}`;
}

/** The file systems that the kernel has now; an errno where it does not say. */
function kernelFileSystems({ host }: CliContext): Set<string> | string {
  try {
    const lines = host.files.readText('/proc/filesystems').split('\n');
    return new Set(lines.map((line) => line.slice(line.indexOf('\t') + 1)).filter((name) => name !== ''));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code;
  }
}

/** The groups asked for, or all of them and what they leave out. */
export function filesystems(context: CliContext, options: AnalyzeOptions, args: readonly string[]): number {
  const unknown = context.host.voice.analyze.fileSystemsUnknown;
  if (unknown === undefined) {
    // Debian's build of that release has no libbpf, for which the groups are.
    say(context, 'error', 'Not compiled with libbpf support, sorry.');
    return args.length === 0 ? 0 : 1;
  }
  const style = styleOf(context);
  const groups = fileSystemGroups(unknown);
  if (args.length === 0) return all(context, options, groups, style);
  for (const [index, name] of args.entries()) {
    if (index > 0) context.out('\n');
    const group = groups.find((each) => each.name === name);
    if (group === undefined) {
      say(context, 'error', `Filesystem set "${name}" not found.`);
      return 1;
    }
    context.out(groupText(group, style));
  }
  return 0;
}

function all(context: CliContext, { quiet }: AnalyzeOptions, groups: readonly Group[], style: Style): number {
  context.out(groups.map((group) => groupText(group, style)).join('\n'));
  if (quiet) return 0;
  const grouped = new Set(groups.slice(0, -1).flatMap(({ members }) => members));
  const known = groups.at(-1)!.members;
  const ungrouped = new Set(known.filter((name) => !grouped.has(name)));
  context.out(
    leftOver('Ungrouped filesystems', 'known but not included in any of the groups except @known', ungrouped, style),
  );
  const kernel = kernelFileSystems(context);
  if (typeof kernel === 'string') {
    context.out('\n');
    const text = "# Not showing unlisted filesystems, couldn't retrieve kernel filesystem list";
    say(context, 'notice', `${text}: ${errorText(kernel)}`);
    return 0;
  }
  for (const name of known) kernel.delete(name);
  const why = 'available to the local kernel, but not included in any of the groups listed above';
  context.out(leftOver('Unlisted filesystems', why, kernel, style));
  return 0;
}
