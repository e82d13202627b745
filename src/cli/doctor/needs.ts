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
  /** The program runs, and does not do what it is there for. */
  readonly runs?: boolean;
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

const unboundConf = ['/etc/unbound/unbound.conf', '/etc/unbound/unbound.conf.d/*.conf'];

/** unbound.conf(5): by default it listens on 127.0.0.1 and ::1, and ends where it can't. */
const listensOnLoopback6: Check = (host) => {
  if (!lacksLoopback6(host)) return undefined;
  const text = textOf(host, unboundConf);
  if (/^[ \t]*do-ip6:[ \t]*no\b/m.test(text)) return undefined;
  const addresses = [...text.matchAll(/^[ \t]*(?:interface|ip-address):[ \t]*(\S+)/gm)].map(([, address]) => address!);
  if (addresses.length > 0 && !addresses.some((address) => /^"?(?:::1|localhost)\b/.test(address))) return undefined;
  return {
    reason: 'unbound listens on ::1, and the container has no such address',
    change:
      '/etc/unbound/unbound.conf.d/ip6.conf: server: do-ip6: no; or run the container with --sysctl net.ipv6.conf.all.disable_ipv6=0',
  };
};

/** unbound ends without its trust anchor, which Debian's unit copies from a package that `--no-install-recommends` leaves out. */
const readsRootKey: Check = (host) => {
  const [, key] = /^[ \t]*auto-trust-anchor-file:[ \t]*"?([^\s"]+)/m.exec(textOf(host, unboundConf)) ?? [];
  const copied = key === '/var/lib/unbound/root.key' ? '/usr/share/dns/root.key' : key;
  if (key === undefined || [key, copied!].some((path) => host.files.access(path, 'exists'))) return undefined;
  return { reason: `unbound reads ${key}, which is not there`, change: 'apt-get install dns-root-data' };
};

const withAddress6 = 'or run the container with --sysctl net.ipv6.conf.all.disable_ipv6=0';

/** A program that ends where it can't listen on ::1, which Debian's configuration of it names. */
const configuredOnLoopback6 =
  (name: string, path: string, line: RegExp, change: string): Check =>
  (host) =>
    lacksLoopback6(host) && line.test(textOf(host, [path]))
      ? {
          reason: `${name} listens on ::1 (${path}), and the container has no such address`,
          change: `${path}: ${change}; ${withAddress6}`,
        }
      : undefined;

/** False where that is not known. */
function lacksNetwork(host: Host): boolean {
  const addresses = [...textOf(host, ['/proc/net/fib_trie']).matchAll(/^[ |+-]*(\S+)\n.*\bhost LOCAL$/gm)];
  return addresses.length > 0 && addresses.every(([, address]) => address!.startsWith('127.'));
}

/** nmbd(8) waits for an interface that it can broadcast on, until the time for its start is over. */
const waitsForInterface: Check = (host) =>
  lacksNetwork(host)
    ? {
        reason: 'nmbd waits for a network, and the container has no address but 127.0.0.1',
        change: 'run the container with a network; or /etc/samba/smb.conf: disable netbios = yes',
      }
    : undefined;

/** Alertmanager ends where it has no address to tell others of its cluster, unless there is to be none. */
const tellsItsAddress: Check = (host, argv) => {
  const settings = '/etc/default/prometheus-alertmanager';
  const words = `${argv.join(' ')} ${textOf(host, [settings])}`;
  if (!lacksNetwork(host) || /--cluster\.(?:listen|advertise)-address=/.test(words)) return undefined;
  return {
    reason: 'alertmanager tells others of its cluster its address, and the container has none but 127.0.0.1',
    change: `run the container with a network; or ${settings}: ARGS="--cluster.listen-address="`,
  };
};

/** What it bans for is in log files, or in files of journald's, which pidone does not write. */
const readsLogs: Check = (host) => {
  const own = ['/etc/fail2ban/jail.d/*.conf', '/etc/fail2ban/jail.local', '/etc/fail2ban/jail.d/*.local'];
  const text = textOf(host, own);
  const change = 'apt-get install rsyslog, and /etc/fail2ban/jail.d/log.local: [sshd] backend = auto';
  const backends = [...text.matchAll(/^[ \t]*(?:\w+_)?backend[ \t]*=[ \t]*(\S+)/gm)];
  if (backends.at(-1)?.[1] === 'systemd')
    return { reason: 'fail2ban reads the files of journald, which are not there: it bans nobody', change, runs: true };
  if (!/^\[sshd\]\s*\n(?:(?!\[).*\n)*?[ \t]*enabled[ \t]*=[ \t]*true/m.test(text)) return undefined;
  if (/^[ \t]*logpath[ \t]*=/m.test(text) || host.files.access('/var/log/auth.log', 'exists')) return undefined;
  return { reason: 'fail2ban watches /var/log/auth.log, which is not there', change: 'apt-get install rsyslog' };
};

const mountsContainers = capability('CAP_SYS_ADMIN', 'mounts the file systems of its containers');
const setsNetworks = capability('CAP_NET_ADMIN', 'sets rules of the network', ['--iptables=false']);

const checks: Readonly<Record<string, Check>> = {
  chronyd: capability('CAP_SYS_TIME', 'sets the clock', ['-x']),
  ntpd: setsClock,
  ntpdate: setsClock,
  unbound: (host, argv) => readsRootKey(host, argv) ?? listensOnLoopback6(host, argv),
  snmpd: configuredOnLoopback6(
    'snmpd',
    '/etc/snmp/snmpd.conf',
    /^[ \t]*agentaddress\b.*\[::1\]/im,
    'agentaddress 127.0.0.1',
  ),
  'systemd-memcached-wrapper': configuredOnLoopback6(
    'memcached',
    '/etc/memcached.conf',
    /^[ \t]*-l[ \t]*::1\b/m,
    'without the line "-l ::1"',
  ),
  nmbd: waitsForInterface,
  'prometheus-alertmanager': tellsItsAddress,
  'fail2ban-server': readsLogs,
  dockerd: (host, argv) => mountsContainers(host, argv) ?? setsNetworks(host, argv),
  nft: setsRules,
  'iptables-restore': setsRules,
  'wg-quick': capability('CAP_NET_ADMIN', 'makes network devices'),
};

/** What a program needs and has not got; `argv` has its words. */
export function needOf(host: Host, path: string, argv: readonly string[]): Need | undefined {
  const name = baseName(path);
  return Object.hasOwn(checks, name) ? checks[name]!(host, argv) : undefined;
}
