/** Every verb of systemd-analyze, one row each: its synopsis, its text in --help, who may call it, and what does it. */

import { query } from '../../program/access.ts';
import type { Help, Section } from '../../program/help.ts';
import { type Access, lazily, type VerbRow, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { settingAccess } from '../common/manager-settings.ts';
import type { AnalyzeOptions } from './options.ts';
import type { AnalyzeVerb } from './verb.ts';

type Row = VerbRow<CliContext, AnalyzeOptions>;

/** A row for a verb that `open` loads the file of. */
function verb<Module>(
  synopsis: string,
  help: Help,
  access: Access<AnalyzeOptions>,
  open: () => Promise<Module>,
  pick: (module: Module) => AnalyzeVerb,
): Row {
  const file = lazily(open);
  return { synopsis, help, access, load: async () => pick(await file()) };
}

const settings = () => import('../common/manager-settings.ts');
const time = () => import('./time.ts');
const unsupported = () => import('./unsupported.ts');
const tpm = () => import('./tpm.ts');

/** Looks at what runs. */
const running = query();
/** Calculates, or reads files that the caller names. */
const onFiles = query({ files: true, own: 'unprivileged' });
/** Makes a manager of its own, and looks from where the caller is. */
const alone = query({ files: true, own: 'always' });

const rows: readonly Row[] = [
  verb('time', ['[time]', 'Print time required to boot the machine'], running, time, (m) => m.time),
  verb('blame', 'Print list of running units ordered by\ntime to init', running, time, (m) => m.blame),
  verb(
    'critical-chain [UNIT...]',
    'Print a tree of the time critical chain\nof units',
    running,
    () => import('./critical-chain.ts'),
    (m) => m.criticalChain,
  ),
  verb(
    'plot',
    'Output SVG graphic showing service\ninitialization',
    running,
    () => import('./plot.ts'),
    (m) => m.plot,
  ),
  verb(
    'dot [UNIT...]',
    (style) => `Output dependency graph in ${style.link('man:dot(1)', 'dot(1)')} format`,
    running,
    () => import('./dot.ts'),
    (m) => m.dot,
  ),
  verb(
    'dump [PATTERN...]',
    'Output state serialization of service\nmanager',
    running,
    () => import('./dump/dump.ts'),
    (m) => m.dump,
  ),
  verb(
    'cat-config NAME|PATH...',
    ['cat-config', 'Show configuration file and drop-ins'],
    onFiles,
    () => import('./cat-config.ts'),
    (m) => m.catConfig,
  ),
  verb(
    'unit-files [PATTERN...]',
    ['unit-files', 'List files and symlinks for units'],
    onFiles,
    () => import('./unit-files.ts'),
    (m) => m.unitFiles,
  ),
  verb(
    'unit-paths',
    'List load directories for units',
    onFiles,
    () => import('./unit-paths.ts'),
    (m) => m.unitPaths,
  ),
  verb(
    'exit-status [STATUS...]',
    'List exit status definitions',
    onFiles,
    () => import('./exit-status.ts'),
    (m) => m.exitStatus,
  ),
  verb(
    'capability [CAP...]',
    'List capability definitions',
    onFiles,
    () => import('./capability.ts'),
    (m) => m.capability,
  ),
  verb(
    'syscall-filter [NAME...]',
    'List syscalls in seccomp filters',
    onFiles,
    () => import('./syscall-filter.ts'),
    (m) => m.syscallFilter,
  ),
  verb(
    'architectures [NAME...]',
    'List known architectures',
    onFiles,
    () => import('./architectures.ts'),
    (m) => m.architectures,
  ),
  verb(
    'fdstore SERVICE...',
    'Show file descriptor store contents of service',
    running,
    () => import('./fdstore.ts'),
    (m) => m.fdstore,
  ),
  verb('has-tpm2', 'Report whether TPM2 support is available', onFiles, tpm, (m) => m.hasTpm2),
  verb('pcrs [PCR...]', 'Show TPM2 PCRs and their names', onFiles, tpm, (m) => m.pcrs),
  verb('srk', ['srk [>FILE]', 'Write TPM2 SRK (to FILE)'], onFiles, tpm, (m) => m.srk),
  verb(
    'smbios11',
    'List strings passed via SMBIOS Type #11',
    onFiles,
    () => import('./smbios.ts'),
    (m) => m.smbios11,
  ),
  verb(
    'filesystems [NAME...]',
    'List known filesystems',
    onFiles,
    () => import('./filesystems.ts'),
    (m) => m.filesystems,
  ),
  // with --unit= there is none
  verb(
    'condition [CONDITION...]',
    ['condition CONDITION...', 'Evaluate conditions and asserts'],
    onFiles,
    () => import('./condition.ts'),
    (m) => m.condition,
  ),
  verb(
    'compare-versions VERSION1 [OP] VERSION2',
    'Compare two version strings',
    onFiles,
    () => import('./compare-versions.ts'),
    (m) => m.compareVersionsVerb,
  ),
  verb(
    'image-policy POLICY',
    ['image-policy POLICY...', 'Analyze image policy string'],
    onFiles,
    () => import('./image-policy.ts'),
    (m) => m.imagePolicy,
  ),
  verb(
    'verify FILE...',
    'Check unit files for correctness',
    alone,
    () => import('./verify.ts'),
    (m) => m.verify,
  ),
  verb(
    'calendar SPEC...',
    'Validate repetitive calendar time\nevents',
    onFiles,
    () => import('./calendar.ts'),
    (m) => m.calendar,
  ),
  verb(
    'timestamp TIMESTAMP...',
    'Validate a timestamp',
    onFiles,
    () => import('./timestamp.ts'),
    (m) => m.timestamp,
  ),
  verb(
    'timespan SPAN...',
    'Validate a time span',
    onFiles,
    () => import('./timespan.ts'),
    (m) => m.timespan,
  ),
  verb(
    'security [UNIT...]',
    'Analyze security of unit',
    (_args, { offline }) => (offline ? alone : running),
    () => import('./security.ts'),
    (m) => m.security,
  ),
  verb('inspect-elf FILE...', 'Parse and print ELF package metadata', onFiles, unsupported, (m) => m.inspectElf),

  // what is systemctl's business today
  verb('log-level [LEVEL]', undefined, settingAccess('log-level'), settings, (m) => m.verbSetting('log-level')),
  verb('set-log-level LEVEL', undefined, settingAccess('log-level'), settings, (m) => m.verbSetting('log-level')),
  verb('get-log-level', undefined, running, settings, (m) => m.verbSetting('log-level')),
  verb('log-target [TARGET]', undefined, settingAccess('log-target'), settings, (m) => m.verbSetting('log-target')),
  verb('set-log-target TARGET', undefined, settingAccess('log-target'), settings, (m) => m.verbSetting('log-target')),
  verb('get-log-target', undefined, running, settings, (m) => m.verbSetting('log-target')),
  verb('service-watchdogs [BOOL]', undefined, settingAccess('service-watchdogs'), settings, (m) =>
    m.verbSetting('service-watchdogs'),
  ),
];

export const verbs: readonly Section<Row>[] = [['Commands', rows]];

/** By name. */
export const verbNamed = verbFinder<Row>(verbs);
