/**
 * Units for init scripts that have none: systemd-sysv-generator(8). From the scripts' comments (LSB headers, and what
 * chkconfig knew) and the links in /etc/rc?.d come the texts of units and the links between them.
 */

import { trimBlanks } from '../../text/characters.ts';
import { pathIsAbsolute } from '../../text/paths.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import { escapeSpecifiers } from '../../unitfile/language/specifiers.ts';
import { buildUnitName, mangleUnitName, unitTypeOf } from '../../unitfile/language/unit-name.ts';

export interface SysvScript {
  /** Of the unit: `foo.service`. */
  readonly name: string;
  /** `/etc/init.d/foo` */
  readonly path: string;
  readonly text: string;
  /** Its stop does not find the daemon (unfound-daemons.ts): that of the unit ends all processes. */
  readonly losesDaemon?: boolean;
}

/** A link of a runlevel that starts something. */
export interface SysvLink {
  readonly runlevel: RunlevelDirectory;
  /** `S20foo` */
  readonly name: string;
}

export interface SysvUnits {
  /** Name → text. */
  readonly units: ReadonlyMap<string, string>;
  /** Other names of units (Provides:): alias → unit. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Links in .wants directories: which target wants which unit. */
  readonly wants: readonly { readonly target: string; readonly unit: string }[];
  readonly warnings: readonly string[];
}

/** The runlevels that start something, and the targets that stand for them. */
export const runlevels = [
  ['rc1.d', 'rescue.target'],
  ['rc2.d', 'multi-user.target'],
  ['rc3.d', 'multi-user.target'],
  ['rc4.d', 'multi-user.target'],
  ['rc5.d', 'graphical.target'],
] as const;
export type RunlevelDirectory = (typeof runlevels)[number][0];

/** Facilities of the LSB; without a target they need no ordering. */
const facilities: ReadonlyMap<string, string | undefined> = new Map([
  ['local_fs', undefined],
  ['network', 'network-online.target'],
  ['named', 'nss-lookup.target'],
  ['portmap', 'rpcbind.target'],
  ['remote_fs', 'remote-fs.target'],
  ['syslog', undefined],
  ['time', 'time-sync.target'],
]);

/** The unit that stands for a script's file name; undefined where no name can come of it. */
export function sysvUnitName(file: string): string | undefined {
  return mangleUnitName(file.endsWith('.sh') ? file.slice(0, -3) : file);
}

class Stub {
  readonly script: SysvScript;
  readonly warn: (message: string) => void;
  description = '';
  /** -1: no runlevel starts it. */
  priority = -1;
  pidFile: string | undefined;
  readonly before: string[] = [];
  readonly after: string[] = [];
  readonly wants: string[] = [];
  readonly wantedBy: string[] = [];
  readonly provides: string[] = [];
  hasLsb = false;
  canReload = false;

  constructor(script: SysvScript, warn: (message: string) => void) {
    this.script = script;
    this.warn = warn;
  }
}

/** Scripts are taken in the order given: it decides who gets a name that two provide. */
export function generateSysvUnits(scripts: readonly SysvScript[], links: readonly SysvLink[]): SysvUnits {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const stubs = new Map<string, Stub>();
  for (const script of scripts) if (!stubs.has(script.name)) stubs.set(script.name, new Stub(script, warn));
  applyRunlevels(stubs, links);
  for (const stub of stubs.values()) new HeaderReader(stub).read();

  const aliases = new Map<string, string>();
  const overwritten = new Set<string>();
  for (const [name, { provides }] of stubs)
    for (const alias of provides) {
      // A script always wins over what another one provides.
      if (stubs.has(alias)) overwritten.add(alias);
      else if (!aliases.has(alias)) aliases.set(alias, name);
    }
  for (const alias of overwritten) warn(`Overwriting existing symlink ${alias} with real service.`);
  const units = new Map<string, string>();
  const wants: { target: string; unit: string }[] = [];
  for (const [name, stub] of stubs) {
    orderByPriority(stub, stubs);
    units.set(name, unitText(stub));
    for (const target of new Set(stub.wantedBy)) wants.push({ target, unit: name });
  }
  return { units, aliases, wants, warnings };
}

function applyRunlevels(stubs: ReadonlyMap<string, Stub>, links: readonly SysvLink[]): void {
  for (const [directory, target] of runlevels) {
    const started = new Set<Stub>();
    for (const { runlevel, name } of links) {
      const match = /^S([0-9]{2})(.+)$/s.exec(name);
      if (runlevel !== directory || match === null) continue;
      const stub = stubs.get(sysvUnitName(match[2]!) ?? '');
      if (stub === undefined) continue;
      stub.priority = Math.max(stub.priority, Number(match[1]));
      started.add(stub);
    }
    for (const stub of started) {
      stub.before.push(target);
      stub.wantedBy.push(target);
    }
  }
}

/** Numbers of links order scripts of which one has no LSB header. */
function orderByPriority(stub: Stub, stubs: ReadonlyMap<string, Stub>): void {
  if (stub.priority < 0) return;
  for (const [name, other] of stubs) {
    if (other === stub || other.priority < 0 || (stub.hasLsb && other.hasLsb)) continue;
    if (other.priority < stub.priority) stub.after.push(name);
    else if (other.priority > stub.priority) stub.before.push(name);
  }
}

function unitText(stub: Stub): string {
  const { script, description, pidFile } = stub;
  const path = escapeSpecifiers(script.path);
  const lines = [
    '# Automatically generated by systemd-sysv-generator',
    '',
    '[Unit]',
    'Documentation=man:systemd-sysv-generator(8)',
    `SourcePath=${path}`,
    ...(description === '' ? [] : [`Description=${escapeSpecifiers(description)}`]),
    ...stub.before.map((name) => `Before=${name}`),
    ...stub.after.map((name) => `After=${name}`),
    ...stub.wants.map((name) => `Wants=${name}`),
    '',
    '[Service]',
    'Type=forking',
    'Restart=no',
    'TimeoutSec=5min',
    'IgnoreSIGPIPE=no',
    `KillMode=${script.losesDaemon === true ? 'control-group' : 'process'}`,
    'GuessMainPID=no',
    `RemainAfterExit=${pidFile === undefined ? 'yes' : 'no'}`,
    ...(pidFile === undefined ? [] : [`PIDFile=${escapeSpecifiers(pidFile)}`]),
    // "program is not installed" and "is not configured" of the LSB are no failures.
    ...(stub.hasLsb ? ['SuccessExitStatus=5 6'] : []),
    `ExecStart=${path} start`,
    `ExecStop=${path} stop`,
    ...(stub.canReload ? [`ExecReload=${path} reload`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** A usage message that offers reload. */
const offersReload = /\{reload[|}"]|\|reload[|}"]/i;

/** Case does not matter in headers. */
function afterKey(text: string, key: string): string | undefined {
  return text.slice(0, key.length).toLowerCase() === key.toLowerCase() ? text.slice(key.length) : undefined;
}

/** Reads the comments of one script. */
class HeaderReader {
  readonly #stub: Stub;
  #state: 'normal' | 'description' | 'lsb' | 'lsb-description' | 'usage' = 'normal';
  #line = 0;
  #short = '';
  #long = '';
  #chkconfig = '';

  constructor(stub: Stub) {
    this.#stub = stub;
  }

  read(): void {
    const stub = this.#stub;
    for (const line of stub.script.text.split(/(?:\r\n|\n\r|\n|\r)\0?|\0/)) {
      this.#line++;
      const text = trimBlanks(line);
      if (text.startsWith('#')) this.#comment(line, text);
      else this.#code(text);
    }
    const description = this.#short || this.#chkconfig || this.#long;
    if (description !== '') stub.description = `${stub.hasLsb ? 'LSB' : 'SYSV'}: ${description}`;
  }

  #code(text: string): void {
    if (this.#state !== 'usage' && !(this.#state === 'normal' && /usage/i.test(text))) return;
    if (offersReload.test(text)) {
      this.#stub.canReload = true;
      this.#state = 'normal';
    } else this.#state = text.endsWith('\\') ? 'usage' : 'normal';
  }

  #comment(line: string, text: string): void {
    if (this.#state === 'normal' && text === '### BEGIN INIT INFO') {
      this.#state = 'lsb';
      this.#stub.hasLsb = true;
      return;
    }
    const inLsb = this.#state === 'lsb' || this.#state === 'lsb-description';
    if (inLsb && text === '### END INIT INFO') {
      this.#state = 'normal';
      return;
    }
    const content = trimBlanks(text.slice(1));
    if (inLsb) this.#lsb(line, content);
    else if (this.#state === 'normal') this.#redHat(content);
    else if (this.#state === 'description') this.#continueDescription(content);
  }

  #redHat(content: string): void {
    const description = afterKey(content, 'description:');
    if (description !== undefined) {
      const goesOn = content.endsWith('\\');
      if (goesOn) this.#state = 'description';
      this.#chkconfig = trimBlanks(goesOn ? description.slice(0, -1) : description);
      return;
    }
    const pidFile = afterKey(content, 'pidfile:');
    if (pidFile === undefined) return;
    const path = trimBlanks(pidFile);
    if (pathIsAbsolute(path)) this.#stub.pidFile = path;
    else this.#warn('PID file not absolute. Ignoring.');
  }

  #continueDescription(content: string): void {
    const goesOn = content.endsWith('\\');
    if (!goesOn) this.#state = 'normal';
    const more = trimBlanks(goesOn ? content.slice(0, -1) : content);
    if (more !== '') this.#chkconfig = this.#chkconfig === '' ? more : `${this.#chkconfig} ${more}`;
  }

  #lsb(line: string, content: string): void {
    const provides = afterKey(content, 'Provides:');
    const description = afterKey(content, 'Description:');
    const short = afterKey(content, 'Short-Description:');
    if (provides !== undefined) {
      this.#state = 'lsb';
      this.#provide(provides);
    } else if (/^(?:Required-Start|Should-Start|X-Start-Before|X-Start-After):/i.test(content)) {
      this.#state = 'lsb';
      const isBefore = afterKey(content, 'X-Start-Before:') !== undefined;
      this.#depend(isBefore, content.slice(content.indexOf(':') + 1));
    } else if (description !== undefined) {
      this.#state = 'lsb-description';
      this.#long = trimBlanks(description);
    } else if (short !== undefined) {
      this.#state = 'lsb';
      this.#short = trimBlanks(short);
    } else if (this.#state === 'lsb-description') {
      if (!line.startsWith('#\t') && !line.startsWith('#  ')) this.#state = 'lsb';
      else if (content !== '') this.#long = this.#long === '' ? content : `${this.#long} ${content}`;
    }
  }

  #warn(message: string): void {
    this.#stub.warn(`[${this.#stub.script.path}:${this.#line}] ${message}`);
  }

  #words(value: string): string[] {
    const reader = new WordReader(value);
    const found: string[] = [];
    const flags = extract.unquote | extract.relax;
    for (let word = reader.next(flags); word !== undefined; word = reader.next(flags)) found.push(word);
    if (reader.failed) this.#warn('Failed to parse word from provides string: Invalid argument');
    return found;
  }

  /** The unit that a facility stands for; undefined where it means nothing here. */
  #unitOf(facility: string): string | undefined {
    const isSystem = facility.startsWith('$');
    const name = isSystem ? facility.slice(1) : facility;
    if (facilities.has(name)) return facilities.get(name);
    if (isSystem) {
      const target = buildUnitName(name, undefined, '.target');
      if (target === undefined) this.#warn(`Could not build name for facility ${facility}: Invalid argument`);
      return target;
    }
    const file = this.#stub.script.path.slice(this.#stub.script.path.lastIndexOf('/') + 1);
    return name === (file.endsWith('.sh') ? file.slice(0, -3) : file) ? undefined : sysvUnitName(name);
  }

  #provide(value: string): void {
    const { before, wants, provides, warn } = this.#stub;
    for (const word of this.#words(value)) {
      const unit = this.#unitOf(word);
      if (unit === undefined) continue;
      switch (unitTypeOf(unit)) {
        case 'service':
          provides.push(unit);
          break;
        case 'target':
          // A target is pulled in by who provides it, never the other way.
          before.push(unit);
          wants.push(unit);
          if (unit === 'network-online.target') {
            before.push('network.target');
            wants.push('network.target');
          }
          break;
        case undefined:
          warn(`Unit name '${unit}' is invalid`);
          break;
        default:
          warn(`Unknown unit type for unit '${unit}'`);
      }
    }
  }

  #depend(isBefore: boolean, value: string): void {
    const { before, after, wants } = this.#stub;
    for (const word of this.#words(value)) {
      const unit = this.#unitOf(word);
      if (unit === undefined) continue;
      (isBefore ? before : after).push(unit);
      // Nothing else would bring it up.
      if (unit === 'network-online.target' && !isBefore) wants.push(unit);
    }
  }
}
