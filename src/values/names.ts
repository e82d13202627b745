/**
 * What one value means, wherever it stands: in a unit file, on a command line, in a record of the journal. A file reads its
 * values from text and writes them back as systemd does; undefined is what can't be read. Here are names that have rules
 * of their own.
 *
 *   names.ts             of descriptors, network interfaces, users, hosts, journal namespaces, credentials
 *   signals.ts, exit-status.ts, syslog.ts, capabilities.ts, system-calls.ts, namespaces.ts, address-families.ts,
 *   scheduling.ts, controllers.ts, architectures.ts, emergency-action.ts   words that stand for numbers, or for each other
 *   addresses.ts, socket-bind.ts, cpu-set.ts, limits.ts   values in several parts
 *   shown.ts             how `systemctl show` writes any of them
 *   time/                time spans, moments, calendar events
 *
 * Nothing here knows a directive, a unit or, but for the files of time zones, the machine; plain numbers, quoting and paths
 * are src/text.
 */

import { byteLength, hasControlCharacter, hasInvalidBytes } from '../text/bytes.ts';
import { parseInteger, parseUid } from '../text/numbers.ts';

/** A name of $LISTEN_FDNAMES: printable ASCII without `:`, at most 255 characters. May be empty. */
export function fdNameIsValid(name: string): boolean {
  return name.length <= 255 && /^[ -9;-~]*$/.test(name);
}

export interface InterfaceNameOptions {
  /** Alternative names may have 127 characters, others 15. */
  alternative?: boolean;
  /** An interface's index counts as a name. */
  numeric?: boolean;
}

/** A network interface's name: printable ASCII without `:`, `/`, `%` and spaces. */
export function interfaceNameIsValid(name: string, options: InterfaceNameOptions = {}): boolean {
  if (name === '') return false;
  if ((parseInteger(name) ?? 0) > 0) return options.numeric ?? false;
  if (name.length > (options.alternative ? 127 : 15)) return false;
  if (name === '.' || name === '..' || name === 'all' || name === 'default') return false;
  return /^[!-$&-.0-9;-~]+$/.test(name) && !/^[0-9]+$/.test(name);
}

/**
 * A user's or group's name. `strict` is what systemd gives to users it makes itself; `relaxed` bars only what would
 * break passwd(5). `numeric` accepts ids, too.
 */
export function userNameIsValid(name: string, mode: 'strict' | 'relaxed', numeric = false): boolean {
  if (name === '') return false;
  if (parseUid(name) !== undefined) return numeric;
  if (mode === 'strict') return /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name);
  if (name.startsWith(' ') || name.endsWith(' ') || hasInvalidBytes(name) || hasControlCharacter(name)) return false;
  return !(/[:/]/.test(name) || /^-?[0-9]*$/.test(name) || name === '.' || name === '..');
}

/** A host name of at most 64 letters, digits, hyphens and dots; a trailing dot is not accepted. */
export function hostnameIsValid(name: string): boolean {
  if (name === '' || name.length > 64) return false;
  return name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label));
}

/** A name of LogNamespace=: a file name of at most 222 bytes that a unit could have as its instance. */
export function logNamespaceIsValid(name: string): boolean {
  return name !== '.' && name !== '..' && name.length <= 222 && /^[A-Za-z0-9:_.@-]+$/.test(name);
}

/** A credential's name: a file name of printable ASCII without `:`. */
export function credentialNameIsValid(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    fdNameIsValid(name) &&
    byteLength(name) <= 255
  );
}
