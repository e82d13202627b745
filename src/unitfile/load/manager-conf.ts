/** system.conf and user.conf with their drop-ins: systemd-system.conf(5). */

import { reasonOf } from '../../sys/error-text.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LogLevel } from '../../text/log-level.ts';
import { limitNames } from '../../values/limits.ts';
import type { ParseContext, SettingsRecord, SpecifierUse } from '../directives/kind.ts';
import type { ManagerSettings } from '../directives/manager.ts';
import type { ManagerDefaults } from '../directives/manager-defaults.ts';
import { managerDefaults } from '../directives/manager-defaults.ts';
import { findDirective, initialSettings } from '../directives/table.ts';
import { isMask } from '../files/mask.ts';
import { isHiddenOrBackup } from '../files/unit-files.ts';
import { parseUnitText, unknownKeyMessage } from '../language/lexer.ts';
import {
  expandSpecifiers,
  type SpecifierContext,
  SpecifierFacts,
  specifierLimits,
  systemAndTmpSpecifiers,
} from '../language/specifiers.ts';
import type { Diagnostic } from './loaded-unit.ts';
import { machineFacts, numberIn, tasksLimit } from './machine-numbers.ts';

/** Bytes that a configuration file may have. */
const fileLimit = 1024 * 1024;

const places = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];

export interface ManagerConfiguration {
  /** What files say are own properties, defaults are inherited. */
  settings: ManagerSettings;
  diagnostics: Diagnostic[];
}

/** Reads the manager's own configuration. Nothing is thrown for what the files hold. */
function readManagerConfiguration(
  host: Host,
  options: { scope: 'system' | 'user'; defaults: ManagerDefaults },
): ManagerConfiguration {
  const { scope, defaults } = options;
  const settings: SettingsRecord = Object.create(
    initialSettings('manager', { type: 'service', manager: defaults }) as unknown as SettingsRecord,
  );
  const reading = new ConfigurationReading(host, scope);
  for (const path of configurationFiles(host, scope)) reading.read(path, settings);
  return { settings: settings as unknown as ManagerSettings, diagnostics: reading.diagnostics };
}

/** Where a user's own configuration of their manager is; undefined where nothing says it. */
function ownPlace({ environment }: Host): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home } = environment;
  if (config?.startsWith('/')) return `${config}/systemd`;
  return home?.startsWith('/') ? `${home}/.config/systemd` : undefined;
}

/**
 * The main file, of which a user's own takes the place of the machine's, then drop-ins by name; of two of one name the one in
 * the more important directory.
 */
function configurationFiles(host: Host, scope: 'system' | 'user'): string[] {
  const { files } = host;
  const own = scope === 'user' ? ownPlace(host) : undefined;
  const ownMain = own === undefined ? undefined : `${own}/user.conf`;
  const hasOwn = ownMain !== undefined && files.tryStat(ownMain) !== undefined;
  const main = hasOwn ? ownMain : `/etc/systemd/${scope}.conf`;
  const byName = new Map<string, string>();
  for (const place of own === undefined ? places : [own, ...places]) {
    let names: string[];
    try {
      names = files.readdir(`${place}/${scope}.conf.d`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      continue;
    }
    for (const name of names) {
      if (!name.endsWith('.conf') || isHiddenOrBackup(name) || byName.has(name)) continue;
      byName.set(name, `${place}/${scope}.conf.d/${name}`);
    }
  }
  const dropIns = [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, path]) => path);
  return [main, ...dropIns].filter((path) => {
    const stat = files.tryStat(path);
    return stat !== undefined && !isMask(stat);
  });
}

/** No unit stands behind these lines: what only units have is refused. */
class ConfigurationReading implements ParseContext {
  readonly diagnostics: Diagnostic[] = [];
  readonly unitName = '';
  readonly type = 'service';
  readonly scope: 'system' | 'user';
  readonly fragmentPath = undefined;
  readonly unitSettings: SettingsRecord = {};
  readonly runtimeDirectory = '/run';
  readonly tellsLegacyPaths = true;
  readonly defaultTasksMax = Number.POSITIVE_INFINITY;
  readonly section = 'Manager';
  key = '';
  reports = 0;
  readonly #host: Host;
  readonly #specifiers: SpecifierContext;
  #file = '';
  #line = 0;

  constructor(host: Host, scope: 'system' | 'user') {
    this.#host = host;
    this.scope = scope;
    this.#specifiers = { facts: new SpecifierFacts(host, { scope }), unit: '' };
  }

  get voice(): ParseContext['voice'] {
    return this.#host.voice;
  }
  get machine(): ParseContext['machine'] {
    return machineFacts(this.#host);
  }

  expand(text: string, _use: SpecifierUse): { text: string } | { message: string } {
    return expandSpecifiers(text, this.#specifiers, systemAndTmpSpecifiers, specifierLimits.env);
  }

  report(level: LogLevel, message: string): void {
    this.reports++;
    if (level !== 7) this.diagnostics.push({ level, unit: '', file: this.#file, line: this.#line, message });
  }
  reportUnit(level: LogLevel, message: string): void {
    this.report(level, message);
  }
  remark(level: LogLevel, message: string): void {
    this.report(level, message);
  }
  fatal(): void {}
  hasName(): boolean {
    return false;
  }
  addDependency(): void {}
  refuseDependency(): void {}
  hasDependency(): boolean {
    return false;
  }

  read(path: string, settings: SettingsRecord): void {
    this.#file = path;
    this.#line = 0;
    let text: string;
    try {
      text = bytesToText(this.#host.files.readFile(path, fileLimit));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.report(3, `Error while reading configuration file: ${reasonOf(error)}`);
      return;
    }
    const earlier = this.diagnostics.length;
    const report = (level: LogLevel, line: number, message: string): void => {
      this.#line = line;
      this.report(level, message);
    };
    const { entries } = parseUnitText(text, path, report, { sections: new Set(['Manager']) });
    for (const { section, key, value, line } of entries) {
      const found = findDirective(section, key);
      this.#line = line;
      if (found === undefined) {
        if (!key.startsWith('X-')) this.report(4, unknownKeyMessage(section, key));
        continue;
      }
      this.key = key;
      found.row.apply(settings, value, this);
    }
    // The text was split before its values were read; who reads the messages reads them in the order of the lines.
    this.diagnostics.push(...this.diagnostics.splice(earlier).sort((a, b) => a.line! - b.line!));
  }
}

/** What units start from, with what system.conf says of it. */
function configuredDefaults(defaults: ManagerDefaults, settings: ManagerSettings): ManagerDefaults {
  const says = (key: keyof ManagerSettings): boolean => Object.hasOwn(settings, key);
  const limits = { ...defaults.limits };
  for (const name of limitNames) {
    const limit = settings[`DefaultLimit${name}`];
    if (limit !== undefined) limits[name] = limit;
  }
  return {
    scope: defaults.scope,
    umask: defaults.umask,
    // 0 is no timeout here, as in unit files.
    timeoutStartMs: settings.DefaultTimeoutStartSec || Number.POSITIVE_INFINITY,
    timeoutStopMs: settings.DefaultTimeoutStopSec || Number.POSITIVE_INFINITY,
    timeoutAbortMs: settings.DefaultTimeoutAbortSec,
    deviceTimeoutMs: settings.DefaultDeviceTimeoutSec || Number.POSITIVE_INFINITY,
    restartMs: settings.DefaultRestartSec,
    startLimitIntervalMs: settings.DefaultStartLimitIntervalSec,
    startLimitBurst: settings.DefaultStartLimitBurst,
    timerAccuracyMs: settings.DefaultTimerAccuracySec,
    standardOutput: settings.DefaultStandardOutput,
    standardError: settings.DefaultStandardError,
    cpuAccounting: settings.DefaultCPUAccounting ?? defaults.cpuAccounting,
    memoryAccounting: settings.DefaultMemoryAccounting,
    tasksAccounting: settings.DefaultTasksAccounting,
    ioAccounting: settings.DefaultIOAccounting,
    blockIOAccounting: settings.DefaultBlockIOAccounting,
    ipAccounting: settings.DefaultIPAccounting,
    tasksMax: says('DefaultTasksMax') ? settings.DefaultTasksMax : defaults.tasksMax,
    oomPolicy: settings.DefaultOOMPolicy,
    oomScoreAdjust: settings.DefaultOOMScoreAdjust,
    restrictSuidSgid: settings.DefaultRestrictSUIDSGID,
    limits,
  };
}

/** Defaults of a manager on this machine: built in, then what its configuration says. */
export function readDefaults(
  host: Host,
  scope: 'system' | 'user',
): { defaults: ManagerDefaults; configuration: ManagerConfiguration } {
  const builtIn = managerDefaults({
    scope,
    tasksLimit: tasksLimit(host.files),
    limit: (name) => host.limit(name),
    // Of an unprivileged user's manager: a hundred above itself (systemd-system.conf(5), DefaultOOMScoreAdjust=).
    oomScoreAdjust: scope === 'user' && host.uid !== 0 ? Math.min(host.oomScoreAdjust + 100, 1000) : undefined,
    cpuAccounting: host.voice.show.cpuAccounting,
    nrOpen: numberIn(host.files, '/proc/sys/fs/nr_open') ?? 1_048_576,
  });
  const configuration = readManagerConfiguration(host, { scope, defaults: builtIn });
  return { defaults: configuredDefaults(builtIn, configuration.settings), configuration };
}
