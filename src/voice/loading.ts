/** Loading a unit: what follows from its settings besides what its lines say. */
import { row } from './row.ts';

/** The KillMode= that PAMName= goes with, and what is said of the others. */
interface PamKillModes {
  readonly modes: readonly string[];
  readonly refusal: string;
}

const only = (refusal: string): PamKillModes => ({ modes: ['control-group'], refusal });
const orMixed = (refusal: string): PamKillModes => ({ modes: ['control-group', 'mixed'], refusal });
const pamOfTypes: Readonly<Record<string, PamKillModes>> = {
  service: orMixed("Service has PAM enabled. Kill mode must be set to 'control-group' or 'mixed'. Refusing."),
  socket: only("Unit has PAM enabled. Kill mode must be set to 'control-group'. Refusing."),
  mount: only("Unit has PAM enabled. Kill mode must be set to control-group'. Refusing."),
  swap: only("Unit has PAM enabled. Kill mode must be set to 'control-group'. Refusing to load."),
};
const pamOfUnits = orMixed("Unit has PAM enabled. Kill mode must be set to 'control-group' or 'mixed'. Refusing.");

/** What is said of a value that can't be read. */
interface BadValue {
  /** In the words of a release that has some of its own for each kind of value. */
  readonly own: string;
  readonly key: string;
  readonly value: string;
  /** What becomes of the line: `, ignoring`, or nothing where it makes the unit unusable. */
  readonly outcome: string;
  /** The text of an errno. */
  readonly reason: string;
}

/** What is said of ranges that are none; and whether a bad mask of memory nodes is told once more. */
interface CpuSets {
  readonly bad: (word: string) => string;
  readonly reversed: (word: string, lower: number, upper: number) => string;
  readonly tooLarge: (word: string, cpu: number) => string;
  readonly unbalanced: (key: string, text: string) => string;
  readonly tellsMask: boolean;
}

/** What is said of a command's words, and that its prefix `!!` means nothing any more. */
interface ExecLines {
  readonly unresolved: (word: string) => string;
  readonly ambientIsGone: string | undefined;
}

export const loadingRows = {
  /** A unit that was refused and has drop-ins is to be read again for ever. */
  refusedNeedReload: row({ 252: true, 257: false }),
  /** Drop-ins of a masked unit are read. */
  masksKeepDropIns: row({ 252: true, 257: false }),
  /** Of an encrypted credential in a unit file. */
  badBase64: row({
    252: 'Encrypted credential data not valid Base64 data, ignoring.',
    257: 'Encrypted credential data not valid Base64 data, ignoring: Invalid argument',
  }),
  /** The same where its end is missing. */
  shortBase64: row({
    252: 'Encrypted credential data not valid Base64 data, ignoring.',
    257: 'Encrypted credential data not valid Base64 data, ignoring: Broken pipe',
  }),
  /** Of the kinds of values that one macro of systemd's reads. */
  badValue: row<(bad: BadValue) => string>({
    252: ({ own }) => own,
    257: ({ key, value, outcome, reason }) => `Failed to parse ${key}=${value}${outcome}: ${reason}`,
  }),
  /** Options of former releases that do nothing any more. */
  dropped: row<ReadonlySet<string>>({
    252: new Set(),
    258: new Set(
      (
        'CPUAccounting CPUShares StartupCPUShares DefaultMemoryMin DefaultMemoryLow DefaultStartupMemoryLow MemoryLimit ' +
        'BlockIOAccounting BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth ' +
        'BlockIOWriteBandwidth'
      ).split(' '),
    ),
  }),
  /** Sets of processors and of memory nodes. */
  cpuSets: row<CpuSets>({
    252: {
      bad: (word) => `Failed to parse CPU affinity '${word}'`,
      reversed: (word, lower, upper) => `Range '${word}' is invalid, ${lower} > ${upper}, ignoring.`,
      tooLarge: (_word, cpu) => `Cannot add CPU ${cpu} to set: Numerical result out of range`,
      unbalanced: (key, text) => `Invalid value for ${key}: ${text}`,
      tellsMask: true,
    },
    262: {
      bad: (word) => `Failed to parse CPU range, ignoring assignment: ${word}`,
      reversed: (word, lower, upper) => `Invalid CPU range (${lower} > ${upper}), ignoring assignment: ${word}`,
      tooLarge: (word) => `Failed to set CPU(s), ignoring assignment: ${word}`,
      unbalanced: (key, text) => `Failed to parse ${key}= setting, ignoring assignment: ${text}`,
      tellsMask: false,
    },
  }),
  /** Lines of commands, by the key that they are of. */
  execLines: row<(key: string) => ExecLines>({
    252: () => ({ unresolved: (word) => word, ambientIsGone: undefined }),
    257: () => ({ unresolved: (word) => `'${word}'`, ambientIsGone: undefined }),
    258: (key) => ({
      unresolved: (word) => `'${word}'`,
      ambientIsGone: `The !! modifier for ${key}= lines is no longer supported and is now ignored. Please update your unit files and remove the modifier.`,
    }),
  }),
  /** A word of a filter that no call has for its name. */
  unknownSystemCall: row<(name: string) => string>({
    252: (name) => `Failed to parse system call, ignoring: ${name}`,
    257: (name) => `System call ${name} is not known, ignoring.`,
  }),
  /** IPAddressAllow= and its kin: a word that is no address. */
  badAddressPrefix: row<(section: string, key: string, word: string) => string>({
    252: (_section, _key, word) => `Address prefix is invalid, ignoring assignment: ${word}`,
    257: (section, key, word) =>
      `Invalid address prefix is specified in [${section}] ${key}=, ignoring assignment: ${word}`,
  }),
  /** Personality=: a word that no machine's instructions have for their name. */
  badPersonality: row<(value: string) => string>({
    252: (value) => `Failed to parse personality, ignoring: ${value}`,
    257: (value) => `Failed to parse Personality=${value}, ignoring.`,
  }),
  /** EnvironmentFile=: a comment that ends in a backslash has the next line, too. */
  commentsGoOn: row({ 252: true, 254: false }),
  /** By type of unit. */
  pamKillModes: row<(type: string) => PamKillModes | undefined>({
    252: (type) => pamOfTypes[type],
    257: () => pamOfUnits,
  }),
  /** A service whose later commands may run before its first one has its credentials is warned of. */
  warnsOfCredentialRaces: row({ 252: false, 257: true }),
  /** PrivateTmp=, a root of its own and an optional working directory want mounts and do not require them. */
  wantsMounts: row({ 252: false, 256: true }),
  /** /tmp and /var/tmp of a service with DynamicUser= that does not say PrivateTmp=. */
  dynamicUserTmp: row<'yes' | 'disconnected'>({ 252: 'yes', 257: 'disconnected' }),
  /** PrivateTmp=disconnected wants the mount of /var. */
  disconnectedWantsVar: row({ 252: false, 258: true }),
  /** RestartForceExitStatus= of Type=oneshot makes no unit. */
  refusesForcedOneshots: row({ 252: true, 254: false }),
  /** Type= of a service with credentials that does not say it. */
  credentialsImplyExec: row({ 252: false, 257: true }),
  /** The device that encrypted credentials ask for. */
  tpmDevice: row<string | null>({ 252: '/dev/tpmrm0', 257: 'char-tpm', 262: null }),
  /** Units of a journal of its own (LogNamespace=): what the instance is of, and its type. */
  journalUnits: row<readonly (readonly [prefix: string, suffix: string])[]>({
    252: [
      ['systemd-journald', '.socket'],
      ['systemd-journald-varlink', '.socket'],
    ],
    257: [
      ['systemd-journald', '.socket'],
      ['systemd-journald-varlink', '.socket'],
      ['systemd-journald-sync', '.service'],
    ],
  }),
};
