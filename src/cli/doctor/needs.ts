/**
 * Programs that ask the kernel for what many containers have not got, and end where they do not get it, though no line of
 * their unit says so. A row is a program; what it needs is looked for on this machine, in its words and in its configuration.
 */
import { globAll } from '../../sys/glob.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import { baseName } from '../../text/paths.ts';
import { parseCapability } from '../../values/capabilities.ts';
import { grant } from './changes.ts';

export interface Need {
  readonly reason: string;
  readonly change: string;
}

type Check = (host: Host, argv: readonly string[]) => Need | undefined;

export const hasCapability = (host: Host, name: string): boolean =>
  ((host.capabilities().effective >> BigInt(parseCapability(name)!)) & 1n) === 1n;

/** A right without which the program ends, unless one of its words says that it is not wanted. */
const capability =
  (name: string, what: string, without: readonly string[] = []): Check =>
  (host, argv) =>
    hasCapability(host, name) || argv.some((word) => without.includes(word))
      ? undefined
      : { reason: `${baseName(argv[0] ?? '')} ${what}, and the container has no ${name}`, change: grant(name) };

const setsClock = capability('CAP_SYS_TIME', 'sets the clock');
const setsRules = capability('CAP_NET_ADMIN', 'sets rules of the network');

/** Texts of files, those that are missing left out. */
function textOf({ files }: Host, patterns: readonly string[]): string {
  const texts: string[] = [];
  for (const path of patterns.flatMap((pattern) => globAll(files, pattern)))
    try {
      texts.push(bytesToText(files.readFile(path, 1 << 20)));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  return texts.join('\n');
}

const interfaces = '/proc/net/if_inet6';
const loopback = '0'.repeat(31).concat('1');

/** IPv6 is there, and its loopback address is not: engines switch it off for each interface, and leave it on for the rest. */
export function lacksLoopback6(host: Host): boolean {
  if (!host.files.access(interfaces, 'exists')) return false;
  const text = textOf(host, [interfaces]);
  return !text.split('\n').some((line) => line.startsWith(loopback));
}

/** unbound.conf(5): by default it listens on 127.0.0.1 and ::1, and ends where it can't. */
const listensOnLoopback6: Check = (host) => {
  if (!lacksLoopback6(host)) return undefined;
  const text = textOf(host, ['/etc/unbound/unbound.conf', '/etc/unbound/unbound.conf.d/*.conf']);
  if (/^[ \t]*do-ip6:[ \t]*no\b/m.test(text)) return undefined;
  const addresses = [...text.matchAll(/^[ \t]*(?:interface|ip-address):[ \t]*(\S+)/gm)].map(([, address]) => address!);
  if (addresses.length > 0 && !addresses.some((address) => /^"?(?:::1|localhost)\b/.test(address))) return undefined;
  return {
    reason: 'unbound listens on ::1, and the container has no such address',
    change:
      '/etc/unbound/unbound.conf.d/ip6.conf: server: do-ip6: no; or run the container with --sysctl net.ipv6.conf.all.disable_ipv6=0',
  };
};

const checks: Readonly<Record<string, Check>> = {
  chronyd: capability('CAP_SYS_TIME', 'sets the clock', ['-x']),
  ntpd: setsClock,
  ntpdate: setsClock,
  unbound: listensOnLoopback6,
  nft: setsRules,
  'iptables-restore': setsRules,
  'wg-quick': capability('CAP_NET_ADMIN', 'makes network devices'),
};

/** What a program needs and has not got; `argv` has its words. */
export function needOf(host: Host, path: string, argv: readonly string[]): Need | undefined {
  const name = baseName(path);
  return Object.hasOwn(checks, name) ? checks[name]!(host, argv) : undefined;
}
