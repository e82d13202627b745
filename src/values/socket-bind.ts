/** Which addresses sockets may be bound to: SocketBindAllow= of systemd.resource-control(5). */

import { parsePortRange } from '../text/numbers.ts';

/** Undefined parts: any. */
export interface SocketBindRule {
  family: 'ipv4' | 'ipv6' | undefined;
  protocol: 'tcp' | 'udp' | undefined;
  ports: [number, number] | undefined;
}

/** `ipv4:tcp:80-90`, each part of which may be left out; `any` stands for all ports. */
export function parseSocketBind(text: string): SocketBindRule | undefined {
  const tokens = text.split(':');
  const rule: SocketBindRule = { family: undefined, protocol: undefined, ports: undefined };
  if (tokens[0] === 'ipv4' || tokens[0] === 'ipv6') rule.family = tokens.shift() as 'ipv4' | 'ipv6';
  if (tokens[0] === 'tcp' || tokens[0] === 'udp') rule.protocol = tokens.shift() as 'tcp' | 'udp';
  const ports = tokens.shift();
  if (tokens.length > 0) return undefined;
  if (ports === undefined || ports === 'any') return rule;
  rule.ports = parsePortRange(ports);
  return rule.ports === undefined ? undefined : rule;
}

/** `colon` stands between protocol and ports: `systemd-analyze dump` has one there, `show` has none. */
export function formatSocketBind({ family, protocol, ports }: SocketBindRule, colon: '' | ':' = ''): string {
  const range = ports === undefined ? 'any' : ports[0] === ports[1] ? String(ports[0]) : `${ports[0]}-${ports[1]}`;
  const before = protocol === undefined ? '' : `${protocol}${colon}`;
  return `${family === undefined ? '' : `${family}:`}${before}${range}`;
}
