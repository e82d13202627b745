/** Standard streams and terminals: systemd.exec(5) "LOGGING AND STANDARD INPUT/OUTPUT". */

import { errorText } from '../../../sys/error-text.ts';
import { decodeBase64, textToBytes } from '../../../text/bytes.ts';
import { parseUnsigned } from '../../../text/numbers.ts';
import { cUnescape } from '../../../text/quoting.ts';
import { fdNameIsValid } from '../../../values/names.ts';
import type { Kind, ParseContext } from '../kind.ts';
import { plainOutputs, type StdioSetting } from '../shapes.ts';
import { bareSpecifiers, expand, expandedPath, notice, numberErrno, optional, warning } from './basic.ts';

type PlainStdio = Exclude<StdioSetting, { path: string } | { name: string }>['kind'];

const inputs: ReadonlySet<string> = new Set<PlainStdio>(['null', 'tty', 'tty-force', 'tty-fail', 'socket', 'data']);

const outputs: ReadonlySet<string> = new Set(plainOutputs);
const streamName = { StandardInput: 'stdin', StandardOutput: 'stdout', StandardError: 'stderr' } as Record<
  string,
  string
>;

function namedDescriptor(at: ParseContext, text: string, say: (text: string) => string): StdioSetting | undefined {
  const name = expand(at, 'fd', text, say);
  if (name === undefined) return undefined;
  if (name === '') return { kind: 'fd', name: streamName[at.key] ?? at.key };
  if (fdNameIsValid(name)) return { kind: 'fd', name };
  at.report(warning, `Invalid file descriptor name, ignoring: ${name}`);
  return undefined;
}

function streamFile(
  at: ParseContext,
  kind: 'file' | 'append' | 'truncate',
  text: string,
  say?: (text: string) => string,
): StdioSetting | undefined {
  const path = expandedPath(at, text, say, { absolute: true, fatal: true });
  return path === undefined ? undefined : { kind, path };
}

export const stdinSetting: Kind<StdioSetting> = {
  name: 'input',
  parse(value, at, current) {
    const [, scheme, rest = ''] = /^(\w+):(.*)$/s.exec(value) ?? [];
    if (scheme === 'fd')
      return namedDescriptor(at, rest, (t) => `Failed to resolve unit specifiers in '${t}', ignoring`) ?? current;
    if (scheme === 'file') return streamFile(at, 'file', rest) ?? current;
    if (value === 'fd') return current.kind === 'fd' ? current : { kind: 'fd', name: 'stdin' };
    if (inputs.has(value)) return { kind: value as PlainStdio };
    at.report(warning, `Failed to parse input specifier, ignoring: ${value}`);
    return current;
  },
  format: (value) => value.kind,
};

export const stdoutSetting: Kind<StdioSetting> = {
  name: 'output',
  parse(value, at, current) {
    const [, scheme, rest = ''] = /^(\w+):(.*)$/s.exec(value) ?? [];
    if (scheme === 'fd') {
      return namedDescriptor(at, rest, (t) => `Failed to resolve unit specifiers in ${t}`) ?? current;
    }
    if (scheme === 'file' || scheme === 'append' || scheme === 'truncate') {
      return streamFile(at, scheme, rest, bareSpecifiers) ?? current;
    }
    if (value === 'fd') return { kind: 'fd', name: streamName[at.key] ?? at.key };
    const kind = value.replace(/^syslog(?=$|\+console$)/, 'journal');
    if (!outputs.has(kind)) {
      at.report(warning, `Failed to parse output specifier, ignoring: ${value}`);
      return current;
    }
    if (kind !== value) {
      at.report(
        notice,
        `Standard output type ${value} is obsolete, automatically updating to ${kind}. ` +
          'Please update your unit file, and consider removing the setting altogether.',
      );
    }
    return { kind: kind as PlainStdio };
  },
  format: (value) => value.kind,
};

const inputDataMax = 64 * 1024 * 1024;

function appendInput(at: ParseContext, current: Buffer | undefined, more: Buffer): Buffer | undefined {
  const total = (current?.length ?? 0) + more.length;
  if (total > inputDataMax) {
    at.report(warning, `Standard input data too large (${total}), maximum of ${inputDataMax} permitted, ignoring.`);
    return current;
  }
  return current === undefined ? more : Buffer.concat([current, more]);
}

export const inputText: Pick<Kind<Buffer | undefined>, 'name' | 'parse'> = {
  name: 'text',
  parse(value, at, current) {
    if (value === '') return undefined;
    const unescaped = cUnescape(value);
    if (unescaped === undefined) {
      at.report(warning, `Failed to decode C escaped text '${value}', ignoring: ${errorText('EINVAL')}`);
      return current;
    }
    const text = expand(at, 'full', unescaped);
    return text === undefined ? current : appendInput(at, current, textToBytes(`${text}\n`));
  },
};

export const inputData: Kind<Buffer | undefined> = {
  name: 'base64',
  parse(value, at, current) {
    if (value === '') return undefined;
    const data = decodeBase64(value);
    if (data !== undefined) return appendInput(at, current, data);
    at.report(warning, `Failed to decode base64 data, ignoring: ${value}`);
    return current;
  },
  format: (value) => value?.toString('base64') ?? '',
};

export const ttySize: Kind<number | undefined> = optional(
  'unsigned integer',
  'Failed to parse unsigned value',
  (value) => parseUnsigned(value),
  () => '',
  { why: numberErrno },
);
