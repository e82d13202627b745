/** What is said of changes to unit files: by the manager, and by systemctl where it does the work itself. */
import { row } from './row.ts';

/** Why something could not be done with a unit file. */
export interface FileFailure {
  readonly code: string;
  /** What the system says of the code. */
  readonly reason: string;
  readonly path: string;
  readonly source: string | undefined;
}

/** The manager's words, which systemctl prints after its own `Failed to …: `. */
function managersFailure({ code, reason, path, source }: FileFailure): string {
  switch (code) {
    case 'EEXIST':
      return source === undefined
        ? `File ${path} already exists.`
        : `File ${path} already exists and is a symlink to ${source}.`;
    case 'ERFKILL':
      return `Unit file ${path} is masked.`;
    case 'EADDRNOTAVAIL':
      return `Unit ${path} is transient or generated.`;
    case 'ETXTBSY':
      return `File ${path} is under the systemd unit hierarchy already.`;
    case 'EBADSLT':
      return `Invalid specifier in ${path}.`;
    case 'EIDRM':
      return `Destination unit ${path} is a non-template unit.`;
    case 'EUCLEAN':
      return `"${path}" is not a valid unit name.`;
    case 'ELOOP':
      return `Refusing to operate on alias name or linked unit file: ${path}`;
    case 'EXDEV':
      return source === undefined ? `Invalid unit reference ${path}.` : `Cannot alias ${source} as ${path}.`;
    case 'ENOENT':
      return `Unit file ${path} does not exist.`;
    case 'EUNATCH':
      return `Cannot resolve specifiers in ${path}.`;
    default:
      return `File ${path}: ${reason}`;
  }
}

/** systemctl's own words. */
function ownFailure(verb: string, { code, reason, path, source }: FileFailure): string {
  switch (code) {
    case 'EEXIST':
      return source === undefined
        ? `Failed to ${verb} unit, file "${path}" already exists.`
        : `Failed to ${verb} unit, file "${path}" already exists and is a symlink to "${source}".`;
    case 'ERFKILL':
      return `Failed to ${verb} unit, unit ${path} is masked.`;
    case 'EADDRNOTAVAIL':
      return `Failed to ${verb} unit, unit ${path} is transient or generated.`;
    case 'ETXTBSY':
      return `Failed to ${verb} unit, file ${path} is under the systemd unit hierarchy already.`;
    case 'EBADSLT':
      return `Failed to ${verb} unit, invalid specifier in "${path}".`;
    case 'EIDRM':
      return `Failed to ${verb} ${source}, destination unit ${path} is a non-template unit.`;
    case 'EUCLEAN':
      return `Failed to ${verb} unit, "${path}" is not a valid unit name.`;
    case 'ELOOP':
      return `Failed to ${verb} unit, refusing to operate on linked unit file ${path}.`;
    case 'EXDEV':
      return source === undefined
        ? `Failed to ${verb} unit, invalid unit reference "${path}".`
        : `Failed to ${verb} unit, cannot alias ${source} as ${path}.`;
    case 'ENOENT':
      return `Failed to ${verb} unit, unit ${path} does not exist.`;
    case 'EUNATCH':
      return `Failed to ${verb} unit, cannot resolve specifiers in "${path}".`;
    default:
      return `Failed to ${verb} unit, file "${path}": ${reason}`;
  }
}

/** The words that both have in common; undefined for errors without words of their own. */
function commonFailure({ code, path, source }: FileFailure): string | undefined {
  switch (code) {
    case 'EEXIST':
      return `File '${path}' already exists${source === undefined ? '' : ` and is a symlink to ${source}`}`;
    case 'ERFKILL':
      return `Unit ${path} is masked`;
    case 'EADDRNOTAVAIL':
      return `Unit ${path} is transient or generated`;
    case 'ETXTBSY':
      return `File '${path}' is under the systemd unit hierarchy already`;
    case 'EBADSLT':
      return `Invalid specifier in unit ${path}`;
    case 'EIDRM':
      return `Refusing to operate on template unit ${source} when destination unit ${path} is a non-template unit`;
    case 'EUCLEAN':
      return `Invalid unit name ${path}`;
    case 'ELOOP':
      return `Refusing to operate on linked unit file ${path}`;
    case 'EXDEV':
      return source === undefined ? `Invalid unit reference ${path}` : `Cannot alias ${source} as ${path}`;
    case 'ENOENT':
      return `Unit ${path} does not exist`;
    case 'EUNATCH':
      return `Cannot resolve specifiers in unit ${path}`;
    default:
      return undefined;
  }
}

function commonOwnFailure(verb: string, failure: FileFailure): string {
  const text = commonFailure(failure);
  return text === undefined
    ? `Failed to ${verb} unit ${failure.path}: ${failure.reason}`
    : `Failed to ${verb} unit: ${text}`;
}

/** After enabling units that have no [Install] section, or an empty one. */
const noInstallConfig =
  (head: string, directories: string) =>
  (bullet: string): string =>
    `${head}${bullet} A unit may be statically enabled by being symlinked from another unit's\n` +
    `  ${directories} directory.\n` +
    `${bullet} A unit's purpose may be to act as a helper for some other unit which has\n` +
    '  a requirement dependency on it.\n' +
    `${bullet} A unit may be started when needed via activation (socket, path, timer,\n` +
    '  D-Bus, udev, scripted systemctl call, ...).\n' +
    `${bullet} In case of template units, the unit is meant to be enabled with some\n` +
    '  instance name specified.';

export const unitFileRows = {
  /** Units of packages lie in /usr/lib: /lib is but a link to it. */
  usrLibFirst: row({ 252: false, 255: true }),
  /** Paths below /var/run are spoken of in every file: Debian's 252 does so only of those in /etc, which are not packages'. */
  tellsLegacyPaths: row({ 252: (file: string) => file.startsWith('/etc/'), 257: (_file: string) => true }),
  created: row({
    252: (path: string, arrow: string, source: string) => `Created symlink ${path} ${arrow} ${source}.`,
    256: (path: string, arrow: string, source: string) => `Created symlink '${path}' ${arrow} '${source}'.`,
  }),
  removed: row({
    252: (path: string) => `Removed "${path}".`,
    256: (path: string) => `Removed '${path}'.`,
  }),
  maskedByGenerator: row({
    252: (path: string) => `Unit ${path} is masked via a generator and cannot be unmasked.`,
    256: (path: string) => `Unit ${path} is masked via a generator and cannot be unmasked, skipping.`,
  }),
  dangling: row({
    252: (path: string) => `Unit ${path} is an alias to a unit that is not present, ignoring.`,
    256: (path: string) => `Unit ${path} is an alias to a non-existent unit, ignoring.`,
  }),
  managersFailure: row({
    252: managersFailure,
    257: (failure: FileFailure) => commonFailure(failure) ?? `File ${failure.path}: ${failure.reason}`,
  }),
  /** Init scripts are looked for before unit files are. */
  scriptsFirst: row({ 252: true, 260: false }),
  presetAllFailed: row({
    252: (reason: string) => `Failed to preset: ${reason}.`,
    257: (reason: string) => `Failed to preset unit: ${reason}.`,
    262: (reason: string) => `Failed to preset all units: ${reason}.`,
  }),
  /** preset passes over units that are masked. */
  presetSkipsMasked: row({ 252: false, 262: true }),
  ownFailure: row({ 252: ownFailure, 257: commonOwnFailure }),
  /** Of an operation as a whole. */
  ownFailureAtAll: row({
    252: (verb: string, reason: string) => `Failed to ${verb}: ${reason}.`,
    257: (verb: string, reason: string) => `Failed to ${verb} unit: ${reason}.`,
    262: (verb: string, reason: string) => `Failed to ${verb} units: ${reason}.`,
  }),
  noInstallConfig: row({
    252: noInstallConfig(
      'The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n' +
        'Alias= settings in the [Install] section, and DefaultInstance= for template\n' +
        'units). This means they are not meant to be enabled using systemctl.\n' +
        ' \n' +
        'Possible reasons for having this kind of units are:\n',
      '.wants/ or .requires/',
    ),
    253: noInstallConfig(
      'The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n' +
        'Alias= settings in the [Install] section, and DefaultInstance= for template\n' +
        'units). This means they are not meant to be enabled or disabled using systemctl.\n' +
        ' \n' +
        'Possible reasons for having these kinds of units are:\n',
      '.wants/ or .requires/',
    ),
    254: noInstallConfig(
      'The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,\n' +
        'Also=, or Alias= settings in the [Install] section, and DefaultInstance= for\n' +
        'template units). This means they are not meant to be enabled or disabled using systemctl.\n' +
        ' \n' +
        'Possible reasons for having these kinds of units are:\n',
      '.wants/, .requires/, or .upholds/',
    ),
  }),
  /** `disable` of units without installation config says the above, too. */
  disableTellsOfNoInstallConfig: row({ 252: false, 253: true }),
  /** `--user disable` tells of units that are enabled for all users. */
  disableTellsOfGlobal: row({ 252: false, 253: true }),
  relativeLink: row({
    252: (name: string) => `If you intended to link a file in the current directory, try ./${name} instead.`,
    254: (name: string) => `If you intended to link a file in the current directory, try './${name}' instead.`,
  }),
  relativeLinkBelowRoot: row({
    252: (name: string) => `Non-absolute paths are not allowed when --root is used: ${name}`,
    254: (name: string) => `Non-absolute paths are not allowed when --root= is used: ${name}`,
  }),
};
