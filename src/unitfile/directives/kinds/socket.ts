/** Kinds of values of [Socket]. */

import { errorText } from '../../../sys/error-text.ts';
import { parseBoolean, parseInteger, parseUnsigned } from '../../../text/numbers.ts';
import {
  formatSocketAddress,
  parseNetlinkAddress,
  parseSocketAddress,
  type SocketAddress,
  whyNoNetlinkAddress,
  whyNoSocketAddress,
} from '../../../values/addresses.ts';
import { fdNameIsValid, interfaceNameIsValid } from '../../../values/names.ts';
import { printable } from '../../../values/shown.ts';
import { whyNotLoadable } from '../../files/alias.ts';
import type { Kind, LineKind, ParseContext } from '../kind.ts';
import type { ListenEntry } from '../shapes.ts';
import { bareSpecifiers, checkPath, expand, numberErrno, refuse, scalar, warning } from './basic.ts';
import { withoutVarRun } from './service.ts';

export const listenEntries: Kind<ListenEntry[]> = {
  name: 'addresses',
  parse: (_value, _at, current) => current,
  format: (entries) => entries.map((entry) => `${entry.address} (${entry.kind})`),
};

function listenAddress(kind: ListenEntry['kind'], value: string, at: ParseContext): string | undefined {
  let text = expand(at, 'path', value);
  if (text === undefined) return undefined;
  if (kind === 'FIFO' || kind === 'Special' || kind === 'MessageQueue' || kind === 'USBFunction') {
    const path = checkPath(at, text);
    return path !== undefined && kind === 'FIFO' ? withoutVarRun(at, path) : path;
  }
  if (text.startsWith('/')) text = withoutVarRun(at, text);
  const address: SocketAddress | undefined =
    kind === 'Netlink' ? parseNetlinkAddress(text) : parseSocketAddress(text, at.machine.hasIpv6());
  if (address === undefined) {
    const why = errorText(kind === 'Netlink' ? whyNoNetlinkAddress(text) : whyNoSocketAddress(text));
    at.report(warning, `Failed to parse address value in '${text}', ignoring: ${why}`);
    return undefined;
  }
  if (kind === 'SequentialPacket' && address.family !== 'unix') {
    at.report(warning, `Address family not supported, ignoring: ${value}`);
    return undefined;
  }
  return formatSocketAddress(address);
}

/** One Listen*= line. */
export const listenEntry = (kind: ListenEntry['kind']): LineKind<ListenEntry[]> => ({
  name: kind === 'FIFO' || kind === 'Special' ? 'path' : 'address',
  parse(value, at, current) {
    if (value === '') return [];
    const address = listenAddress(kind, value, at);
    return address === undefined ? current : [...current, { kind, address }];
  },
});

const socketProtocols = new Map([
  ['udplite', 136],
  ['sctp', 132],
  ['mptcp', 262],
]);

/** Number of IPPROTO_*. */
export const socketProtocol: Kind<number> = scalar(
  'udplite|sctp|mptcp',
  'Failed to parse socket protocol',
  (value) => {
    const number = socketProtocols.get(value.toLowerCase()) ?? parseInteger(value);
    return [...socketProtocols.values()].find((known) => known === number);
  },
  String,
  { why: (value) => (value === '' || parseUnsigned(value) !== undefined ? 'EPROTONOSUPPORT' : numberErrno(value)) },
);

export const interfaceName: Kind<string | undefined> = {
  name: 'network interface',
  parse(value, at, current) {
    if (value === '' || value === '*') return undefined;
    if (interfaceNameIsValid(value)) return value;
    at.report(warning, `Invalid interface name, ignoring: ${value}`);
    return current;
  },
  format: printable,
};

const ipTosNames: Record<string, number> = { 'low-delay': 16, throughput: 8, reliability: 4, 'low-cost': 2 };

export const ipTos: Kind<number> = {
  name: 'low-delay|throughput|reliability|low-cost or a number',
  parse(value, at, current) {
    if (value === '') return -1;
    const number = Object.hasOwn(ipTosNames, value) ? ipTosNames[value] : parseInteger(value, 0, 0xff);
    if (number !== undefined) return number;
    refuse(at, 'Failed to parse IP TOS value', value);
    return current;
  },
  format: String,
};

const timestampings: Record<string, 'off' | 'us' | 'ns'> = {
  off: 'off',
  us: 'us',
  usec: 'us',
  µs: 'us',
  μs: 'us',
  ns: 'ns',
  nsec: 'ns',
};

export const timestamping: Kind<'off' | 'us' | 'ns'> = scalar(
  'off|us|ns',
  'Failed to parse timestamping precision',
  (value) => {
    if (Object.hasOwn(timestampings, value)) return timestampings[value];
    const truth = parseBoolean(value);
    return truth === undefined ? undefined : truth ? 'ns' : 'off';
  },
  (value) => value,
);

export const fdName: Kind<string | undefined> = {
  name: 'string',
  parse(value, at, current) {
    if (value === '') return undefined;
    const text = expand(at, 'fd', value);
    if (text === undefined) return current;
    if (fdNameIsValid(text)) return text;
    at.report(warning, `Invalid file descriptor name, ignoring: ${text}`);
    return current;
  },
  format: printable,
};

export const socketService: Kind<string | undefined> = {
  name: 'service unit',
  parse(value, at, current) {
    const name = expand(at, 'name', value, bareSpecifiers);
    if (name === undefined) return current;
    if (!name.endsWith('.service')) {
      at.report(warning, `Unit must be of type service, ignoring: ${value}`);
      return current;
    }
    const wrong = whyNotLoadable(name);
    if (wrong === undefined) return name;
    at.report(warning, `Failed to load unit ${value}, ignoring: ${wrong}`);
    return current;
  },
  format: printable,
};
