/** systemd-analyze syscall-filter: the groups of SystemCallFilter=, and what is in no group. */

import { type Style, styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { syscallGroupsIn } from '../../values/system-calls.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

const descriptions: Readonly<Record<string, string>> = {
  '@default': 'System calls that are always permitted',
  '@aio': 'Asynchronous IO',
  '@basic-io': 'Basic IO',
  '@chown': 'Change ownership of files and directories',
  '@clock': 'Change the system time',
  '@cpu-emulation': 'System calls for CPU emulation functionality',
  '@debug': 'Debugging, performance monitoring and tracing functionality',
  '@file-system': 'File system operations',
  '@io-event': 'Event loop system calls',
  '@ipc': 'SysV IPC, POSIX Message Queues or other IPC',
  '@keyring': 'Kernel keyring access',
  '@memlock': 'Memory locking control',
  '@module': 'Loading and unloading of kernel modules',
  '@mount': 'Mounting and unmounting of file systems',
  '@network-io': 'Network or Unix socket IO, should not be needed if not network facing',
  '@obsolete': 'Unusual, obsolete or unimplemented system calls',
  '@pkey': 'System calls used for memory protection keys',
  '@privileged': 'All system calls which need super-user capabilities',
  '@process': 'Process control, execution, namespacing operations',
  '@raw-io': 'Raw I/O port access',
  '@reboot': 'Reboot and reboot preparation/kexec',
  '@resources': 'Alter resource settings',
  '@sandbox': 'Sandbox functionality',
  '@setuid': 'Operations for changing user/group credentials',
  '@signal': 'Process signal handling',
  '@swap': 'Enable/disable swap devices',
  '@sync': 'Synchronize files and memory to storage',
  '@system-service': 'General system service operations',
  '@timer': 'Schedule operations by time',
  '@known': 'All known syscalls declared in the kernel',
};

function groupText(name: string, members: readonly string[], { colors }: Style): string {
  const lines = members.map(
    (member) => `    ${member.startsWith('@') ? colors.underline : ''}${member}${colors.normal}\n`,
  );
  return `${colors.highlight}${name}${colors.normal}\n    # ${descriptions[name]}\n${lines.join('')}`;
}

/** Names that tracing has for calls that programs know by another. */
const kernelNames: ReadonlySet<string> = new Set(['newuname', 'newfstat', 'newstat', 'newlstat', 'sysctl']);

/** What the kernel itself has, from the list of what can be traced; an errno where nobody may see that. */
function kernelCalls(context: CliContext): Set<string> | string {
  let code = 'ENOENT';
  for (const path of ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']) {
    try {
      const text = context.host.files.readText(`${path}/available_events`);
      const names = [...text.matchAll(/^syscalls:sys_enter_(.+)$/gm)].map(([, name]) => name!);
      return new Set(names.filter((name) => !kernelNames.has(name)));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      code = error.code;
    }
  }
  return code;
}

/** A list of names below a heading; nothing where there are none. */
export function leftOver(title: string, why: string, names: ReadonlySet<string>, { colors }: Style): string {
  if (names.size === 0) return '';
  const lines = [...names].sort().map((name) => `#   ${name}\n`);
  return `\n# ${colors.highlight}${title}${colors.normal} (${why}):\n${lines.join('')}`;
}

/** The groups asked for, or all of them and what they leave out. */
export function syscallFilter(context: CliContext, options: AnalyzeOptions, args: readonly string[]): number {
  const style = styleOf(context);
  const groups = syscallGroupsIn(context.host.voice.systemCalls);
  for (const [index, name] of args.entries()) {
    if (index > 0) context.out('\n');
    const members = groups.get(name);
    if (members === undefined) {
      say(context, 'error', `Filter set "${name}" not found.`);
      return 1;
    }
    context.out(groupText(name, members, style));
  }
  if (args.length > 0) return 0;
  const known = new Set(groups.get('@known'));
  const kernel = options.quiet ? '' : kernelCalls(context);
  let text = '';
  for (const [name, members] of groups) {
    if (text !== '') text += '\n';
    text += groupText(name, members, style);
    for (const member of members) {
      if (typeof kernel !== 'string') kernel.delete(member);
      if (name !== '@known') known.delete(member);
    }
  }
  context.out(text);
  if (options.quiet) return 0;
  context.out(
    leftOver('Ungrouped System Calls', 'known but not included in any of the groups except @known', known, style),
  );
  if (typeof kernel !== 'string') {
    const why = 'supported by the local kernel, but not included in any of the groups listed above';
    context.out(leftOver('Unlisted System Calls', why, kernel, style));
    return 0;
  }
  context.out('\n');
  say(
    context,
    'notice',
    `# Not showing unlisted system calls, couldn't retrieve kernel system call list: ${errorText(kernel)}`,
  );
  return 0;
}
