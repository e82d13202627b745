/** systemd-id128(1): makes and shows 128-bit ids. */

import { styleOf } from '../../program/colors.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { jsonText } from '../../program/json.ts';
import { fail, flag, nothing, type OptionRow, option, set, showHelp, showVersion } from '../../program/options.ts';
import { Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import { hmacSha256 } from '../../sys/hash.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { architectureName, secondaryArchitecture } from '../../values/architectures.ts';
import { partitionTypes, varPartition } from '../../values/gpt-partitions.ts';
import { type JsonOption, jsonOption } from '../common/json-option.ts';
import { helpVerb, type ToolVerb, toolWithVerbs } from '../common/verbs.ts';

function defaultOptions() {
  return {
    form: 'plain' as 'plain' | 'uuid' | 'pretty',
    /** Of the application that an id is for. */
    app: undefined as string | undefined,
    /** Of show: the id alone. */
    value: false,
    legend: true,
    json: undefined as JsonOption['json'],
  };
}

interface IdOptions extends ReturnType<typeof defaultOptions> {}

const uuid = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

/** 32 lower-case hex digits of an id in either form. */
function parseId(text: string): string | undefined {
  const digits = uuid.test(text) ? text.replaceAll('-', '') : text;
  return /^[0-9a-f]{32}$/i.test(digits) ? digits.toLowerCase() : undefined;
}

const uuidOf = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const options: readonly OptionRow<IdOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--no-pager', 'Do not pipe output into a pager', nothing),
  option('--no-legend', 'Do not show the headers and footers', set({ legend: false })),
  jsonOption,
  option('-j', 'Equivalent to --json=pretty (on TTY) or\n--json=short (otherwise)', (given, _value, { context }) => {
    given.json = context.terminal.stdout ? 'json-pretty' : 'json';
  }),
  option('-p --pretty', 'Generate samples of program code', set({ form: 'pretty' })),
  option('-P --value', 'Only print the value', flag('value')),
  option('-a --app-specific=ID', 'Generate app-specific IDs', (given, value, { context }) => {
    given.app = parseId(value);
    const what = context.host.voice.tools.applicationId;
    if (given.app === undefined) fail(`Failed to parse "${value}" as ${what}: ${errorText('EINVAL')}`);
  }),
  option('-u --uuid', 'Output in UUID format', set({ form: 'uuid' })),
];

// ---- ids ------------------------------------------------------------------------------------------------------------

/** A hash of both, with the bits of a random UUID: sd_id128_get_app_specific(3). */
function appSpecific(base: string, app: string): string {
  const id = hmacSha256(Buffer.from(base, 'hex'), Buffer.from(app, 'hex')).subarray(0, 16);
  return random(id);
}

/** RFC 9562, version 4. */
function random(id: Buffer): string {
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id.toString('hex');
}

/** An id, or what is said instead. */
type Found = { id: string } | { error: string };

/** machine-id(5), as it is in the file: who asks for it wants to hear what is wrong there. */
function machineId({ files, voice }: Host): Found {
  let text: string;
  try {
    text = files.readText('/etc/machine-id', 4096);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { error: errorText(error.code) };
  }
  const line = text.replace(/\n$/, '');
  if (line === 'uninitialized') return { error: errorText('ENOPKG') };
  if (text === '' || /^0{32}$/.test(line)) return { error: errorText('ENOMEDIUM') };
  const id = /^[0-9a-f]{32}$/i.test(line) ? line.toLowerCase() : undefined;
  return id === undefined ? { error: errorText(voice.tools.badId) } : { id };
}

/** Of the service that the caller is in. */
function invocationId({ env, host }: ProgramContext): Found {
  const text = env.INVOCATION_ID;
  if (text === undefined) return { error: errorText('ENXIO') };
  const id = parseId(text);
  return id === undefined ? { error: errorText(host.voice.tools.badId) } : { id };
}

// ---- output ---------------------------------------------------------------------------------------------------------

function sample(name: string, id: string): string {
  const bytes = id.match(/../g)!.join(',');
  return [
    'As string:',
    id,
    '',
    'As UUID:',
    uuidOf(id),
    '',
    'As systemd-id128(1) macro:',
    `#define ${name} SD_ID128_MAKE(${bytes})`,
    '',
    'As Python constant:',
    '>>> import uuid',
    `>>> ${name} = uuid.UUID('${id}')`,
    '',
  ].join('\n');
}

function print(context: ProgramContext, { form }: IdOptions, id: string): number {
  context.out(form === 'pretty' ? sample('XYZ', id) : `${form === 'uuid' ? uuidOf(id) : id}\n`);
  return 0;
}

function complain(context: ProgramContext, text: string): number {
  context.err(`${text}\n`);
  return 1;
}

const notWithApp = (verb: string): string => `Verb "${verb}" cannot be combined with --app-specific=.`;

/** Prints the id, or the one of the application that is named, made from it. */
function printFor(context: ProgramContext, given: IdOptions, what: string, found: Found): number {
  const { app } = given;
  if ('error' in found) return complain(context, `Failed to get ${app ? 'app-specific ' : ''}${what}: ${found.error}`);
  return print(context, given, app === undefined ? found.id : appSpecific(found.id, app));
}

function show(context: ProgramContext, given: IdOptions, args: readonly string[]): number {
  const { host } = context;
  const { voice } = host;
  const native = architectureName(host.uname().machine) ?? '';
  const types = partitionTypes(voice.tools.partitionAliases, native, secondaryArchitecture[native]);
  const named: { name: string; id: string }[] = [];
  for (const text of args) {
    const id = parseId(text);
    const found = types.find((type) => (id === undefined ? type.name === text : type.id === id));
    if (found === undefined && id === undefined) return complain(context, `Unknown identifier "${text}".`);
    named.push(found ?? { name: 'XYZ', id: id! });
  }
  const shown = (args.length === 0 ? types : named).map(({ name, id }) => ({
    name,
    id: given.app === undefined || !voice.tools.showsAppSpecific ? id : appSpecific(id, given.app),
  }));
  if (given.form === 'pretty') {
    const samples = shown.map(({ name, id }) => sample(name.replaceAll('-', '_').toUpperCase(), id));
    context.out(samples.map((text, index) => (index === 0 ? text : `${text}\n`)).join(''));
    return 0;
  }
  const style = styleOf(context);
  const written = shown.map(({ name, id }) => ({ name, id: given.form === 'uuid' ? uuidOf(id) : id }));
  if (given.json !== undefined) {
    const values = given.value ? written.map(({ id }) => ({ id })) : written;
    context.out(jsonText(values, given.json, style.colors));
  } else if (given.value) context.out(written.map(({ id }) => `${id}\n`).join(''));
  else {
    const table = new Table('name', 'id');
    for (const { name, id } of written) table.add(name, id);
    context.out(table.render({ header: given.legend, full: true, style }));
  }
  return 0;
}

const verbs: readonly ToolVerb<IdOptions>[] = [
  {
    synopsis: 'new',
    help: 'Generate a new ID',
    run: (context, given) => print(context, given, random(context.host.randomBytes(16))),
  },
  {
    synopsis: 'machine-id',
    help: 'Print the ID of current machine',
    run: (context, given) => printFor(context, given, 'machine-ID', machineId(context.host)),
  },
  {
    synopsis: 'boot-id',
    help: 'Print the ID of current boot',
    run: (context, given) => printFor(context, given, 'boot-ID', { id: context.host.bootId }),
  },
  {
    synopsis: 'invocation-id',
    help: 'Print the ID of current invocation',
    run: (context, given) => {
      if (given.app !== undefined) return complain(context, notWithApp('invocation-id'));
      return printFor(context, given, 'invocation-ID', invocationId(context));
    },
  },
  {
    synopsis: 'var-partition-uuid',
    help: 'Print the UUID for the /var/ partition',
    run: (context, given) => {
      if (given.app !== undefined) return complain(context, notWithApp('var-partition-uuid'));
      const found = machineId(context.host);
      if ('error' in found) return complain(context, `Failed to generate machine-specific /var/ UUID: ${found.error}`);
      return print(context, given, appSpecific(found.id, varPartition));
    },
  },
  { synopsis: 'show [NAME|UUID]...', help: ['show [NAME|UUID]', 'Print one or more UUIDs'], run: show },
];

const commandLine = new CommandLine<IdOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] COMMAND',
    about: 'Generate and print 128-bit identifiers.',
    highlightAbout: true,
    width: 23,
    manual: 'systemd-id128(1)',
  },
  verbs: [['Commands', [...verbs, helpVerb('Show this help')]]],
  options: [['Options', options]],
  errors: 'plain',
  defaults: defaultOptions,
  settle: ({ form, json, app }, [verb], { host }) => {
    if (!host.voice.tools.refusesIdOptions) return;
    if (form === 'pretty' && json !== undefined) fail('--pretty cannot be combined with --json=.');
    if (verb === 'new' && app !== undefined) fail(notWithApp('new'));
  },
});

export const systemdId128 = toolWithVerbs(commandLine, verbs, undefined);
