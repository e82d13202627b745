/** Options of systemd-mount(1) and systemd-umount(1), and what they come to. */

import type { ProgramContext } from '../../program/context.ts';
import type { Section } from '../../program/help.ts';
import type { JsonMode } from '../../program/json.ts';
import {
  append,
  fail,
  flag,
  nothing,
  type OptionRow,
  option,
  type Parsing,
  set,
  showHelp,
  showVersion,
  takeJson,
  text,
} from '../../program/options.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { isDevicePath, pathJoin } from '../../text/paths.ts';
import { chase } from '../../unitfile/install/places.ts';
import { isOnBlockDevice } from '../../values/mount-types.ts';
import { parseTimeSpanUsec } from '../../values/time/time-span.ts';
import { toHost, toMachine } from '../common/reach.ts';

function defaultOptions() {
  return {
    action: undefined as 'mount' | 'automount' | 'unmount' | 'list' | undefined,
    user: false,
    host: undefined as string | undefined,
    machine: undefined as string | undefined,
    noBlock: false,
    noPager: false,
    legend: true,
    full: false,
    quiet: false,
    json: undefined as JsonMode | undefined,
    canonicalize: true,
    discover: false,
    tmpfs: false,
    type: undefined as string | undefined,
    mountOptions: undefined as string | undefined,
    owner: undefined as { uid: number; gid: number } | undefined,
    fsck: true,
    description: undefined as string | undefined,
    properties: [] as string[],
    automountProperties: [] as string[],
    /** As given: any unit of time. */
    idle: undefined as string | undefined,
    bindDevice: false,
    collect: false,
    /** Of --umount. */
    paths: [] as string[],
    what: '',
    where: undefined as string | undefined,
  };
}

export interface MountOptions extends ReturnType<typeof defaultOptions> {}

export function newDraft(): MountOptions {
  return defaultOptions();
}

const boolean = (name: string, value: string, { context: { host } }: Parsing): boolean =>
  parseBoolean(value) ?? fail(host.voice.options.badBoolean(`--${name}=`, value));

/** systemd 252's own order. */
export const abbreviable =
  'help version no-block no-pager no-legend full no-ask-password quiet user system host machine discover type options ' +
  'owner fsck description property automount timeout-idle-sec automount-property bind-device list umount unmount collect';

const rows: readonly OptionRow<MountOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--no-block', 'Do not wait until operation finished', flag('noBlock')),
  option('--no-pager', 'Do not pipe output into a pager', flag('noPager')),
  option('--no-legend', 'Do not show the headers', set({ legend: false })),
  option('-l --full', 'Do not ellipsize output', flag('full')),
  option('--no-ask-password', 'Do not prompt for password', nothing),
  option('-q --quiet', 'Suppress information messages during runtime', flag('quiet')),
  option('--json=pretty|short|off', 'Generate JSON output', takeJson),
  option('--user', 'Run as user unit', flag('user')),
  option('--system', undefined, set({ user: false })),
  option('-H --host=[USER@]HOST', 'Operate on remote host', toHost),
  option('-M --machine=CONTAINER', 'Operate on local container', toMachine),
  option('--canonicalize=BOOL', undefined, (options, value, parsing) => {
    options.canonicalize = boolean('canonicalize', value, parsing);
  }),
  option('--discover', 'Discover mount device metadata', flag('discover')),
  option('-t --type=TYPE', 'File system type', text('type')),
  option('-o --options=OPTIONS', 'Mount options', text('mountOptions')),
  option('--owner=USER', 'Add uid= and gid= options for USER', (options, value, { context: { host } }) => {
    options.owner = host.lookupUser(value) ?? fail(`Cannot use "${value}" as owner: No such process`);
  }),
  option('--fsck=no', "Don't run file system check before mount", (options, value, parsing) => {
    options.fsck = boolean('fsck', value, parsing);
  }),
  option('--description=TEXT', 'Description for unit', text('description')),
  option('-p --property=NAME=VALUE', 'Set mount unit property', append('properties')),
  option('--automount=BOOL', 'Create an automount point', (options, value, parsing) => {
    options.action = boolean('automount', value, parsing) ? 'automount' : 'mount';
  }),
  option('-A', 'Same as --automount=yes', set({ action: 'automount' })),
  option('--timeout-idle-sec=SEC', 'Specify automount idle timeout', (options, value) => {
    if (typeof parseTimeSpanUsec(value) !== 'bigint') fail(`Failed to parse timeout: ${value}`);
    options.idle = value;
  }),
  option('--automount-property=NAME=VALUE', 'Set automount unit property', append('automountProperties')),
  option('--bind-device', 'Bind automount unit to device', flag('bindDevice')),
  option('--list', 'List mountable block devices', set({ action: 'list' })),
  option('-u --umount, --unmount', ['-u --umount', 'Unmount mount points'], set({ action: 'unmount' })),
  option('-G --collect', 'Unload unit after it stopped, even when failed', flag('collect')),
  option('-T --tmpfs', 'Create a new tmpfs on the mount point', flag('tmpfs')),
];

export const options: readonly Section<OptionRow<MountOptions>>[] = [[undefined, rows]];

/** What options and operands mean together. */
export function settleOptions(options: MountOptions, operands: readonly string[], context: ProgramContext): void {
  if (context.program === 'systemd-umount') options.action ??= 'unmount';
  if (options.user && (options.host ?? options.machine) !== undefined)
    fail('Execution in user context is not supported on non-local systems.');
  if (options.action === 'list') {
    if (operands.length > 0) fail('Too many arguments.');
    return;
  }
  if (operands.length === 0) fail('At least one argument required.');
  if (options.action === 'unmount') {
    options.paths = [...operands];
    return;
  }
  if (operands.length > 2) fail(context.host.voice.mount.tooManyArguments);
  if (options.tmpfs) tmpfs(options, operands, context);
  else device(options, operands, context);
  if (options.type === 'auto') options.type = undefined;
  if (options.mountOptions === 'defaults') options.mountOptions = undefined;
  if (options.type !== undefined && !isDevicePath(options.what)) options.fsck = false;
}

/** --tmpfs [NAME] WHERE */
function tmpfs(options: MountOptions, operands: readonly string[], context: ProgramContext): void {
  if (options.type !== undefined && options.type !== 'tmpfs')
    fail(`--tmpfs requested with incompatible --type=, refusing: ${options.type}`);
  const [name, where] = operands.length === 2 ? operands : ['tmpfs', operands[0]];
  options.type = 'tmpfs';
  options.fsck = false;
  options.what = name!;
  options.where = canonical(context, options, where!, { mayBeMissing: true });
  const mode = (0o777 & ~umaskOf(context)).toString(8).padStart(4, '0');
  const given = options.mountOptions === undefined || options.mountOptions === 'defaults' ? [] : [options.mountOptions];
  options.mountOptions = [`mode=${mode}`, ...tmpfsOptions, ...given].join(',');
}

/** As systemd mounts what nobody has said more of. */
const tmpfsOptions = ['nodev', 'nosuid', 'size=10%', 'nr_inodes=400k'];

/** With what mask the caller would make the directory. */
function umaskOf({ host, caller }: ProgramContext): number {
  try {
    const [, mask] = /^Umask:\s*([0-7]+)$/m.exec(host.files.readText(`/proc/${caller.pid}/status`)) ?? [];
    if (mask !== undefined) return Number.parseInt(mask, 8);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return 0o022;
}

/** WHAT [WHERE] */
function device(options: MountOptions, [what, where]: readonly string[], context: ProgramContext): void {
  const isPath = options.type === undefined || isOnBlockDevice(options.type);
  options.what = isPath ? canonical(context, options, deviceNode(what!)) : what!;
  if (where === undefined) options.discover = true;
  else options.where = canonical(context, options, where, { mayBeMissing: true });
}

/** The path without links, as the caller sees it. */
function canonical(
  { host, cwd }: ProgramContext,
  { canonicalize }: MountOptions,
  path: string,
  how: { mayBeMissing?: boolean } = {},
): string {
  const absolute = path.startsWith('/') ? path : pathJoin(cwd, path);
  if (!canonicalize) return absolute;
  const found = chase(host.files, absolute, '', how);
  return 'path' in found ? found.path : fail(host.voice.mount.unresolved(path, errorText(found.error)));
}

/** Where udev puts links to devices by what fstab(5) calls them by. */
const tags: Readonly<Record<string, string>> = {
  LABEL: 'by-label',
  UUID: 'by-uuid',
  PARTUUID: 'by-partuuid',
  PARTLABEL: 'by-partlabel',
};

/** What fstab(5) says, as a path: `LABEL=x` is a link of udev's. */
export function deviceNode(text: string): string {
  const [, tag = '', quoted = ''] = /^([A-Z]+)=(.*)$/.exec(text) ?? [];
  const directory = tags[tag];
  if (directory === undefined) return text;
  const value = /^(["']?)(.*)\1$/.exec(quoted)![2]!;
  const name = value.replace(/[^\w#+\-.:=@\u0080-\uffff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
  return `/dev/disk/${directory}/${name}`;
}
