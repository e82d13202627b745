/**
 * systemd-creds(1): shows the credentials that a service was given. What makes and opens encrypted ones is not here: a key
 * would have to come from a TPM, or lie beside them in the container.
 */

import { type Style, styleOf } from '../../program/colors.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { type JsonValue, jsonText } from '../../program/json.ts';
import { fail, flag, nothing, type OptionRow, option, set, showHelp, showVersion } from '../../program/options.ts';
import { Table } from '../../program/table.ts';
import { errorText, reasonOf } from '../../sys/error-text.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { mountOf } from '../../sys/mounts.ts';
import { bytesToText } from '../../text/bytes.ts';
import { formatBytes, formatMode, parseBoolean } from '../../text/numbers.ts';
import { pathIsAbsolute, pathIsNormalized } from '../../text/paths.ts';
import { credentialNameIsValid } from '../../values/names.ts';
import { type JsonOption, jsonOption } from '../common/json-option.ts';
import { tpmReport } from '../common/tpm.ts';
import { helpVerb, type ToolVerb, toolWithVerbs } from '../common/verbs.ts';
import { transcodings } from './transcode.ts';

function defaultOptions() {
  return {
    /** Of the whole system, in place of the service. */
    system: false,
    legend: true,
    json: undefined as JsonOption['json'],
    /** A name of `transcodings`. */
    transcode: undefined as string | undefined,
    /** undefined: where the output is a terminal. */
    newline: undefined as boolean | undefined,
    quiet: false,
  };
}

interface CredsOptions extends ReturnType<typeof defaultOptions> {}

/** Largest credential, as systemd has it. */
const maxBytes = 1024 * 1024;

const options: readonly OptionRow<CredsOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--no-pager', 'Do not pipe output into a pager', nothing),
  option('--no-legend', 'Do not show the headers and footers', set({ legend: false })),
  jsonOption,
  option('--system', 'Show credentials passed to system', flag('system')),
  option('--transcode=base64|unbase64|hex|unhex', 'Transcode credential data', (given, value) => {
    if (!transcodings.has(value) && value !== 'off' && parseBoolean(value) !== false)
      fail(`Failed to parse transcode mode: ${errorText('EINVAL')}`);
    given.transcode = transcodings.has(value) ? value : undefined;
  }),
  option('--newline=auto|yes|no', 'Suffix output with newline', (given, value, { context }) => {
    given.newline = value === '' || value === 'auto' ? undefined : parseBoolean(value);
    if (value !== '' && value !== 'auto' && given.newline === undefined)
      fail(context.host.voice.tools.badNewline(value));
  }),
  option('-q --quiet', "Suppress output for 'has-tpm2' verb", flag('quiet')),
  option('--user', 'Select user-scoped credential encryption', nothing),
  option('--uid=UID', 'Select user for scoped credentials', nothing),
  option('--allow-null', 'Allow decrypting credentials with empty key', nothing),
];

// ---- what there is --------------------------------------------------------------------------------------------------

/** Where credentials are; undefined where none were passed. Ends in a text where that can't be told. */
function directoryOf(
  { env }: ProgramContext,
  { system }: CredsOptions,
  encrypted: boolean,
): string | undefined | Error {
  if (system) return encrypted ? '/run/credentials/@encrypted' : '/run/credentials/@system';
  const path = env[encrypted ? 'ENCRYPTED_CREDENTIALS_DIRECTORY' : 'CREDENTIALS_DIRECTORY'];
  if (path === undefined || (pathIsAbsolute(path) && pathIsNormalized(path))) return path;
  return new Error(`Failed to get credentials directory: ${errorText('EINVAL')}`);
}

/** What is wrong with reading the directory; undefined where there is none and need not be. */
function openFailure(error: unknown, directory: string, { system }: CredsOptions): string | undefined {
  if (!(error instanceof SystemError)) throw error;
  if (system && error.code === 'ENOENT') return undefined;
  return `Failed to open credentials directory '${directory}': ${reasonOf(error)}`;
}

interface Credential {
  readonly name: string;
  readonly secure: 'encrypted' | 'insecure' | 'secure' | 'weak';
  readonly size: number;
  readonly path: string;
}

/** The credentials of a directory, in its order. */
function credentialsIn(host: Host, directory: string, encrypted: boolean): Credential[] {
  const found: Credential[] = [];
  for (const { name, type } of host.files.entries(directory)) {
    if (type !== 'file' || !credentialNameIsValid(name)) continue;
    const path = `${directory}/${name}`;
    const stat = host.files.tryLstat(path);
    if (stat?.type !== 'file') continue;
    const secure = encrypted ? 'encrypted' : (stat.mode & 0o377) !== 0 ? 'insecure' : keeping(host, path);
    found.push({ name, secure, size: stat.size, path });
  }
  return found;
}

/** What is in memory only and can't be swapped out is secure: ramfs is, and tmpfs where it was mounted so. */
function keeping(host: Host, path: string): 'secure' | 'weak' {
  const mount = mountOf(host, path);
  if (mount === undefined) return 'weak';
  return mount.fstype === 'ramfs' || (mount.fstype === 'tmpfs' && mount.options.includes('noswap')) ? 'secure' : 'weak';
}

function list(context: ProgramContext, given: CredsOptions): number {
  const found: Credential[] = [];
  let passed = false;
  for (const encrypted of [true, false]) {
    const directory = directoryOf(context, given, encrypted);
    if (directory instanceof Error) return complain(context, directory.message);
    if (directory === undefined) continue;
    try {
      found.push(...credentialsIn(context.host, directory, encrypted));
      passed = true;
    } catch (error) {
      const failure = openFailure(error, directory, given);
      if (failure !== undefined) return complain(context, failure);
    }
  }
  if (!passed)
    return complain(
      context,
      given.system
        ? 'No credentials passed to system.'
        : 'No credentials passed. (i.e. $CREDENTIALS_DIRECTORY not set.)',
    );
  const style = styleOf(context);
  if (given.json !== undefined) {
    const values = found.map(({ name, secure, size, path }) => ({ name, secure, size, path }));
    context.out(jsonText(values, given.json, style.colors));
  } else if (found.length === 0) context.err('No credentials\n');
  else context.out(listText(found, given.legend, style));
  return 0;
}

function listText(found: readonly Credential[], legend: boolean, style: Style): string {
  const { green, red, yellow } = style.colors;
  const colors = { encrypted: green, insecure: red, secure: green, weak: yellow };
  const sizes = found.map(({ size }) => formatBytes(size));
  const width = Math.max(legend ? 'size'.length : 0, ...sizes.map((size) => size.length));
  const table = new Table('name', 'secure', 'size'.padStart(width), 'path');
  for (const [index, { name, secure, path }] of found.entries())
    table.add(name, { text: secure, color: colors[secure] }, sizes[index]!.padStart(width), path);
  return table.render({ header: legend, full: true, style });
}

// ---- what they hold -------------------------------------------------------------------------------------------------

function cat(context: ProgramContext, given: CredsOptions, names: readonly string[]): number {
  let status = 0;
  const directory = directoryOf(context, given, false);
  for (const name of names) {
    if (!credentialNameIsValid(name)) {
      status = complain(context, `Credential name '${name}' is not valid.`);
      continue;
    }
    if (directory instanceof Error) {
      complain(context, directory.message);
      return complain(context, `Failed to open credentials directory: ${errorText('EINVAL')}`);
    }
    const data = directory === undefined ? undefined : read(context, given, directory, name);
    if (data === 'no directory') return 1;
    if (data === undefined) status = complain(context, `Credential '${name}' not set.`);
    else if (!write(context, given, data)) return 1;
  }
  return status;
}

/** What a credential holds; undefined where there is none, or it can't be read. */
function read(
  context: ProgramContext,
  given: CredsOptions,
  directory: string,
  name: string,
): Buffer | undefined | 'no directory' {
  const { files } = context.host;
  try {
    files.openDirectory(directory).close();
  } catch (error) {
    const failure = openFailure(error, directory, given);
    if (failure === undefined) return undefined;
    complain(context, failure);
    complain(context, `Failed to open credentials directory: ${reasonOf(error as SystemError)}`);
    return 'no directory';
  }
  try {
    const path = `${directory}/${name}`;
    const data = files.readFile(path, maxBytes);
    const { mode } = files.stat(path);
    if ((mode & 0o7) !== 0) {
      const shown = formatMode(mode & 0o7777);
      context.err(`${name} has ${shown} mode that is too permissive, please adjust the ownership and access mode.\n`);
    }
    return data;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code !== 'ENOENT') complain(context, `Failed to read credential '${name}': ${errorText(error.code)}`);
    return undefined;
  }
}

/** Writes it as it was asked for; whether that could be done. */
function write(context: ProgramContext, given: CredsOptions, data: Buffer): boolean {
  const { host, terminal } = context;
  if (given.transcode === undefined && given.json !== undefined) return writeJson(context, given.json, data);
  const written = given.transcode === undefined ? data : transcodings.get(given.transcode)!(data);
  if (written === undefined) {
    complain(context, `Failed to transcode data: ${errorText('EINVAL')}`);
    return false;
  }
  const asked = given.newline === true && host.voice.tools.addsNewline;
  const ends = (asked || (given.newline !== false && terminal.stdout)) && written.at(-1) !== 0x0a;
  context.out(bytesToText(written) + (ends ? '\n' : ''));
  return true;
}

function writeJson(context: ProgramContext, mode: NonNullable<CredsOptions['json']>, data: Buffer): boolean {
  if (data.includes(0)) {
    complain(context, `Unable to convert binary string to C string: ${errorText('EINVAL')}`);
    return false;
  }
  try {
    const value = JSON.parse(data.toString()) as JsonValue;
    context.out(jsonText(value, mode, styleOf(context).colors));
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    complain(context, `Failed to parse JSON: ${errorText('EINVAL')}`);
    return false;
  }
}

// ---- verbs ----------------------------------------------------------------------------------------------------------

function complain(context: ProgramContext, text: string): 1 {
  context.err(`${text}\n`);
  return 1;
}

function hasTpm2(context: ProgramContext, { quiet }: CredsOptions): number {
  if (context.host.voice.tools.tpmElsewhere)
    context.err(
      "The 'systemd-creds has-tpm2' command has been replaced by 'systemd-analyze has-tpm2'. Redirecting invocation.\n",
    );
  if (!quiet) context.out(tpmReport.text);
  return tpmReport.status;
}

const notHere =
  (verb: string): ToolVerb<CredsOptions>['run'] =>
  (context) =>
    complain(context, `systemd-creds ${verb}: this pidone neither encrypts nor decrypts credentials.`);

const verbs: readonly ToolVerb<CredsOptions>[] = [
  { synopsis: 'list', help: 'Show list of passed credentials', run: list },
  { synopsis: 'cat CREDENTIAL...', help: 'Show contents of specified credentials', run: cat },
  { synopsis: 'setup', help: undefined, run: notHere('setup') },
  { synopsis: 'encrypt INPUT OUTPUT', help: undefined, run: notHere('encrypt') },
  { synopsis: 'decrypt INPUT [OUTPUT]', help: undefined, run: notHere('decrypt') },
  { synopsis: 'has-tpm2', help: 'Report whether TPM2 support is available', run: hasTpm2 },
];

const commandLine = new CommandLine<CredsOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] COMMAND ...',
    about: 'Display and Process Credentials.',
    highlightAbout: true,
    width: 23,
    manual: 'systemd-creds(1)',
  },
  verbs: [['Commands', [...verbs, helpVerb(undefined)]]],
  options: [['Options', options]],
  errors: 'plain',
  defaults: defaultOptions,
  settle: () => {},
});

export const systemdCreds = toolWithVerbs(commandLine, verbs, 'list');
