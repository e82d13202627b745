/** Options of all programs; systemd-id128, systemd-path and systemd-creds. */
import { row } from './row.ts';

const paths = [
  'temporary temporary-large system-binaries system-include system-library-private system-library-arch system-shared',
  'system-configuration-factory system-state-factory system-configuration system-runtime system-runtime-logs',
  'system-state-private system-state-logs system-state-cache system-state-spool user-binaries user-library-private',
  'user-library-arch user-shared user-configuration user-runtime user-state-cache user user-documents user-music',
  'user-pictures user-videos user-download user-public user-templates user-desktop search-binaries',
  'search-binaries-default search-library-private search-library-arch search-shared search-configuration-factory',
  'search-state-factory search-configuration systemd-util systemd-system-unit systemd-system-preset',
  'systemd-system-conf systemd-user-unit systemd-user-preset systemd-user-conf systemd-search-system-unit',
  'systemd-search-user-unit systemd-system-generator systemd-user-generator systemd-search-system-generator',
  'systemd-search-user-generator systemd-sleep systemd-shutdown tmpfiles sysusers sysctl binfmt modules-load catalog',
  'systemd-search-network',
].flatMap((line) => line.split(' '));

const environmentGenerators = (
  'systemd-system-environment-generator systemd-user-environment-generator ' +
  'systemd-search-system-environment-generator systemd-search-user-environment-generator'
).split(' ');

const credentialStores = ['system', 'user'].flatMap((whose) =>
  ['', 'search-'].flatMap((kind) => [`${whose}-${kind}credential-store`, `${whose}-${kind}credential-store-encrypted`]),
);

/** What is wrong with an option: getopt_long(3)'s words, or systemd's own. */
export interface OptionErrors {
  /** A letter that is no option, or that wants an argument and has none. */
  unknownLetter(letter: string): string;
  letterWithoutArgument(letter: string): string;
  /** A long name that is none; `text` is what follows `--`, with a value. */
  unknownName(text: string): string;
  /** Long names that an abbreviation may stand for. */
  possibilities(names: readonly string[]): string;
}

const ofGetopt: OptionErrors = {
  unknownLetter: (letter) => `invalid option -- '${letter}'`,
  letterWithoutArgument: (letter) => `option requires an argument -- '${letter}'`,
  unknownName: (text) => `unrecognized option '--${text}'`,
  possibilities: (names) => names.map((name) => ` '--${name}'`).join(''),
};
const ofSystemd: OptionErrors = {
  unknownLetter: (letter) => `unrecognized option '-${letter}'`,
  letterWithoutArgument: (letter) => `option '-${letter}' requires an argument`,
  unknownName: (text) => `unrecognized option '--${text.replace(/=.*/s, '')}'`,
  possibilities: (names) => ` ${names.map((name) => `--${name}`).join(', ')}`,
};

/** Which bus, and how it is reached. */
export interface BusWay {
  readonly scope: 'system' | 'user';
  readonly transport: 'local' | 'machine';
}

export const toolsRows = {
  /** Files for people to read: where one that is a link leads. */
  printsLinks: row({ 252: false, 262: true }),
  optionErrors: row<OptionErrors>({ 252: ofGetopt, 262: ofSystemd }),
  /** What --app-specific= wants. */
  applicationId: row({ 252: 'application-ID', 262: 'application ID' }),
  /** What is wrong with an id that can't be one. */
  badId: row<'EINVAL' | 'EUCLEAN'>({ 252: 'EINVAL', 257: 'EUCLEAN' }),
  /** systemd-id128 show: ids of applications. */
  showsAppSpecific: row({ 252: false, 257: true }),
  /** … types of partitions by the kernel's names of architectures, too. */
  partitionAliases: row({ 252: false, 257: true }),
  /** Options that mean nothing together are an error. */
  refusesIdOptions: row({ 252: false, 262: true }),
  /** What systemd-path lists, in its order. */
  paths: row<readonly string[]>({
    252: paths,
    257: [...paths, ...environmentGenerators, 'user-state-private'],
    262: [
      ...paths,
      ...environmentGenerators,
      ...credentialStores,
      'user-state-private',
      'system-search-configuration',
      'systemd-initrd-preset',
      'user-projects',
    ].sort(),
  }),
  /** Where systemd's own files are: / and /usr were two. */
  rootPrefix: row({ 252: '', 257: '/usr' }),
  /** systemd-creds --newline=: what is wrong with a word that is no boolean. */
  badNewline: row({
    252: (word: string) => `Failed to parse boolean argument to --newline=: ${word}.`,
    262: (word: string) => `Failed to parse tristate argument to '--newline=': ${word}`,
  }),
  /** systemd-cgls, above a tree: cgroup v1, which had one for each controller, is gone. */
  groupTitle: row({
    252: (path: string, controller?: string) =>
      controller === undefined ? `Control group ${path}:` : `Controller ${controller}; Control group ${path}:`,
    256: (path: string) => `CGroup ${path}:`,
  }),
  controllerPassedOver: row<(controller: string) => string | undefined>({
    252: () => undefined,
    262: (controller) => `Legacy cgroup v1 controller '${controller}' was specified, ignoring.`,
  }),
  /** systemd-creds has-tpm2 has become a verb of another program. */
  tpmElsewhere: row({ 252: false, 257: true }),
  /** `--newline=yes` adds one where the output is no terminal, too. */
  addsNewline: row({ 252: false, 262: true }),
  /** Where the bus of a manager can't be reached; `way` is how it would have been. */
  busFailure: row<(way: BusWay, reason: string) => string>({
    252: (_way, reason) => `Failed to connect to bus: ${reason}`,
    257: ({ scope, transport }, reason) =>
      `Failed to connect to ${scope} scope bus via ${transport} transport: ` +
      (reason === 'No medium found'
        ? '$DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined ' +
          '(consider using --machine=<user>@.host --user to connect to bus of other user)'
        : reason),
  }),
};
