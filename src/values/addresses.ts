/** IP addresses and prefixes, and the addresses of sockets as systemd.socket(5) writes them. */
import { byteLength } from '../text/bytes.ts';
import { isInteger, type NumberError, parsePort, parseUnsigned } from '../text/numbers.ts';
import { cEscape, WordReader } from '../text/quoting.ts';
import { interfaceNameIsValid } from './names.ts';

export type IpFamily = 'ipv4' | 'ipv6';

export interface IpAddress {
  family: IpFamily;
  /** 4 or 16, network order. */
  bytes: Uint8Array;
}

export interface IpPrefix extends IpAddress {
  prefixLength: number;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let index = 0; index < 4; index++) {
    const part = parts[index]!;
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
  return bytes;
}

/** Longest text an IPv6 address can have, generously. */
const ipv6TextLimit = 64;

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > ipv6TextLimit) return undefined;
  const gap = text.indexOf('::');
  if (gap >= 0 && text.includes('::', gap + 1)) return undefined;
  const read = (part: string, last: boolean): number[] | undefined => {
    const words: number[] = [];
    if (part === '') return words;
    const groups = part.split(':');
    for (let index = 0; index < groups.length; index++) {
      const group = groups[index]!;
      if (last && index === groups.length - 1 && group.includes('.')) {
        const tail = parseIpv4(group);
        if (tail === undefined) return undefined;
        words.push((tail[0]! << 8) | tail[1]!, (tail[2]! << 8) | tail[3]!);
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) words.push(Number.parseInt(group, 16));
      else return undefined;
    }
    return words;
  };
  let words: number[] | undefined;
  if (gap < 0) {
    words = read(text, true);
    if (words?.length !== 8) return undefined;
  } else {
    const head = read(text.slice(0, gap), false);
    const tail = read(text.slice(gap + 2), true);
    if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
    words = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  }
  const bytes = new Uint8Array(16);
  words.forEach((word, index) => {
    bytes[index * 2] = word >> 8;
    bytes[index * 2 + 1] = word & 0xff;
  });
  return bytes;
}

/** An IPv4 or IPv6 address without brackets, port or scope. */
export function parseAddress(text: string): IpAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { family: 'ipv4', bytes: ipv4 };
  const ipv6 = parseIpv6(text);
  return ipv6 === undefined ? undefined : { family: 'ipv6', bytes: ipv6 };
}

/** As inet_ntop(3) writes an address. */
export function formatAddress(address: IpAddress): string {
  const { bytes } = address;
  if (address.family === 'ipv4') return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, index) => (bytes[index * 2]! << 8) | bytes[index * 2 + 1]!);
  let start = -1;
  let length = 1;
  for (let index = 0; index < 8; ) {
    let end = index;
    while (end < 8 && words[end] === 0) end++;
    if (end - index > length) {
      start = index;
      length = end - index;
    }
    index = Math.max(end, index + 1);
  }
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  if (start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))) {
    return `::${length === 5 ? 'ffff:' : ''}${bytes.slice(12).join('.')}`;
  }
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** `10.0.0.0/8`; an address alone is a prefix of its full length. Bits beyond the prefix are kept. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.bytes.length * 8;
  const prefixLength = slash < 0 ? bits : parseUnsigned(text.slice(slash + 1), bits);
  return prefixLength === undefined ? undefined : { ...address, prefixLength };
}

/** The prefix with the bits beyond it cleared. */
export function maskPrefix(prefix: IpPrefix): IpPrefix {
  const bytes = prefix.bytes.map((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefix.prefixLength - index * 8));
    return byte & (0xff00 >> bits) & 0xff;
  });
  return { ...prefix, bytes };
}

export function formatPrefix(prefix: IpPrefix): string {
  return `${formatAddress(prefix)}/${prefix.prefixLength}`;
}

export type SocketAddress =
  /** A path, or `@…` in the abstract namespace. */
  | { family: 'unix'; path: string }
  /** `scope` is an interface's name or index. */
  | { family: IpFamily; address: string; port: number; scope?: string }
  /** `cid` is undefined for any. */
  | { family: 'vsock'; cid: number | undefined; port: number }
  | { family: 'netlink'; protocol: string; group: number };

/** sizeof(sockaddr_un.sun_path), which keeps room for a NUL. */
const unixPathSize = 108;

function parseVsock(text: string): SocketAddress | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  const port = parseUnsigned(text.slice(colon + 1));
  const cid = colon === 0 ? undefined : parseUnsigned(text.slice(0, colon));
  if (port === undefined || (colon > 0 && cid === undefined)) return undefined;
  return { family: 'vsock', cid: cid === 2 ** 32 - 1 ? undefined : cid, port };
}

function parseIpSocket(text: string): SocketAddress | undefined {
  if (text.includes('#')) return undefined;
  const percent = text.indexOf('%');
  const scope = percent < 0 ? undefined : text.slice(percent + 1);
  if (scope !== undefined && !interfaceNameIsValid(scope, { alternative: true, numeric: true })) return undefined;
  const address = percent < 0 ? text : text.slice(0, percent);
  const colon = address.lastIndexOf(':');
  if (colon < 0) return undefined;
  const port = parsePort(address.slice(colon + 1));
  if (port === undefined) return undefined;
  if (address.startsWith('[')) {
    if (address[colon - 1] !== ']') return undefined;
    const bytes = parseIpv6(address.slice(1, colon - 1));
    if (bytes === undefined) return undefined;
    const formatted = formatAddress({ family: 'ipv6', bytes });
    return { family: 'ipv6', address: formatted, port, ...(scope === undefined ? {} : { scope }) };
  }
  // without brackets it would be an IPv6 address that has no port
  if (parseIpv6(address) !== undefined) return undefined;
  const bytes = parseIpv4(address.slice(0, colon));
  return bytes === undefined ? undefined : { family: 'ipv4', address: bytes.join('.'), port };
}

/**
 * ListenStream= and its siblings: a path, `@abstract`, `vsock:CID:PORT`, a port, `ADDRESS:PORT` or `[V6]:PORT`.
 * A port alone is `[::]:PORT`, or `0.0.0.0:PORT` where the kernel has no IPv6.
 */
export function parseSocketAddress(text: string, ipv6Supported = true): SocketAddress | undefined {
  if (text.startsWith('/') || text.startsWith('@')) {
    const size = byteLength(text);
    return size >= 2 && size < unixPathSize ? { family: 'unix', path: text } : undefined;
  }
  if (text.startsWith('vsock:')) return parseVsock(text.slice('vsock:'.length));
  const port = parsePort(text);
  if (port === undefined) return parseIpSocket(text);
  return ipv6Supported ? { family: 'ipv6', address: '::', port } : { family: 'ipv4', address: '0.0.0.0', port };
}

/** Why a text is none: a number in it is beyond the bounds, or it has not the form of one. */
export function whyNoSocketAddress(text: string): NumberError {
  if (text.startsWith('/') || text.startsWith('@')) return 'EINVAL';
  if (text.startsWith('vsock:')) return text.split(':', 3).slice(1).some(isBeyondUnsigned) ? 'ERANGE' : 'EINVAL';
  const port = text.replace(/%.*/, '').replace(/^.*:/s, '');
  return isInteger(port) && parseUnsigned(port, 65535) === undefined ? 'ERANGE' : 'EINVAL';
}

function isBeyondUnsigned(text: string): boolean {
  return isInteger(text) && parseUnsigned(text) === undefined;
}

/** As `show` and `list-sockets` print it. */
export function formatSocketAddress(address: SocketAddress): string {
  switch (address.family) {
    case 'unix':
      return cEscape(address.path);
    case 'ipv4':
      return `${address.address}:${address.port}`;
    case 'ipv6':
      return `[${address.address}]:${address.port}${address.scope === undefined ? '' : `%${address.scope}`}`;
    case 'vsock':
      return `vsock:${address.cid ?? ''}:${address.port}`;
    case 'netlink':
      return `${address.protocol} ${address.group}`;
  }
}

const netlinkFamilies: Readonly<Record<string, number>> = {
  route: 0,
  firewall: 3,
  'inet-diag': 4,
  nflog: 5,
  xfrm: 6,
  selinux: 7,
  iscsi: 8,
  audit: 9,
  'fib-lookup': 10,
  connector: 11,
  netfilter: 12,
  'ip6-fw': 13,
  dnrtmsg: 14,
  'kobject-uevent': 15,
  generic: 16,
  scsitransport: 18,
  ecryptfs: 19,
  rdma: 20,
};

/** Number of a netlink family, netlink(7). */
export function netlinkFamilyNumber(protocol: string): number | undefined {
  return Object.hasOwn(netlinkFamilies, protocol) ? netlinkFamilies[protocol] : parseUnsigned(protocol, 2 ** 31 - 1);
}

/** ListenNetlink=: a family, then a group. */
export function parseNetlinkAddress(text: string): SocketAddress | undefined {
  const reader = new WordReader(text);
  const word = reader.next();
  if (word === undefined) return undefined;
  const number = netlinkFamilyNumber(word);
  if (number === undefined) return undefined;
  const rest = reader.rest;
  const group = rest === undefined || rest === '' ? 0 : parseUnsigned(rest);
  if (group === undefined) return undefined;
  const protocol = Object.keys(netlinkFamilies).find((name) => netlinkFamilies[name] === number) ?? String(number);
  return { family: 'netlink', protocol, group };
}

/** As whyNoSocketAddress. */
export function whyNoNetlinkAddress(text: string): NumberError {
  const reader = new WordReader(text);
  const known = netlinkFamilyNumber(reader.next() ?? '') !== undefined;
  return known && isBeyondUnsigned(reader.rest ?? '') ? 'ERANGE' : 'EINVAL';
}
