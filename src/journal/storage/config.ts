/** journald.conf(5), as far as it says something to a journal that lives in the manager. */
import { reasonOf } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { parseBoolean, parseSize, parseUnsigned } from '../../text/numbers.ts';
import type { UnitFileEntry } from '../../unitfile/language/lexer.ts';
import { parseUnitText } from '../../unitfile/language/lexer.ts';
import { parseLogLevel } from '../../values/syslog.ts';
import { parseTimeSpan } from '../../values/time/time-span.ts';

/** Bounds of one directory; bytes. undefined: a share of the file system. */
export interface SpaceLimits {
  maxUse: number | undefined;
  keepFree: number | undefined;
  maxFileSize: number | undefined;
  maxFiles: number;
}

export interface JournalConfig {
  storage: 'volatile' | 'persistent' | 'auto' | 'none';
  /** SplitMode=: whether regular users may read what they have logged. */
  splitMode: 'uid' | 'none';
  system: SpaceLimits;
  runtime: SpaceLimits;
  /** Age at which a segment is closed, and at which it is deleted; milliseconds, 0 for never. */
  maxFileMs: number;
  maxRetentionMs: number;
  /**
   * RateLimitIntervalSec= and RateLimitBurst=. Here they are off unless set: a service that writes faster than the
   * journal can store is slowed down by its own full socket, and nothing is lost.
   */
  rateLimit: { intervalMs: number; burst: number };
  maxLevelStore: number;
  maxLevelConsole: number;
  maxLevelSyslog: number;
  forwardToConsole: boolean;
  forwardToSyslog: boolean;
  lineMax: number;
}

export function defaultConfig(): JournalConfig {
  const limits = (): SpaceLimits => ({
    maxUse: undefined,
    keepFree: undefined,
    maxFileSize: undefined,
    maxFiles: 100,
  });
  return {
    storage: 'auto',
    splitMode: 'uid',
    system: limits(),
    runtime: limits(),
    maxFileMs: 30 * 24 * 3600 * 1000,
    maxRetentionMs: 0,
    rateLimit: { intervalMs: 0, burst: 0 },
    maxLevelStore: 7,
    maxLevelConsole: 6,
    maxLevelSyslog: 7,
    forwardToConsole: false,
    // Debian's default; where no syslog daemon listens it costs nothing.
    forwardToSyslog: true,
    lineMax: 48 * 1024,
  };
}

const directories = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd', '/lib/systemd'];

/** Reads journald.conf and its drop-ins; what cannot be read or parsed leaves the defaults, `warn` says so. */
export function readJournalConfig(files: Files, warn: (message: string) => void): JournalConfig {
  const config = defaultConfig();
  for (const path of configFiles(files)) {
    let entries: UnitFileEntry[];
    try {
      entries = parseUnitText(files.readText(path), path, (_level, line, message) =>
        warn(`${path}:${line}: ${message}`),
      ).entries;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT') warn(`${path}:0: Error while reading configuration file: ${reasonOf(error)}`);
      continue;
    }
    for (const entry of entries) {
      if (entry.section !== 'Journal') continue;
      const setting = settings[entry.key];
      if (setting === undefined || entry.value === '') continue;
      if (!setting(config, entry.value))
        warn(`${path}:${entry.line}: Failed to parse ${entry.key}=, ignoring: ${entry.value}`);
    }
  }
  return config;
}

/** The main file of the first directory that has one, then drop-ins by name; one in an earlier directory hides its namesakes. */
function configFiles(files: Files): string[] {
  const main = directories.map((directory) => `${directory}/journald.conf`).find((path) => files.tryStat(path));
  const dropIns = new Map<string, string>();
  for (const directory of directories) {
    let names: string[];
    try {
      names = files.readdir(`${directory}/journald.conf.d`);
    } catch {
      continue;
    }
    for (const name of names) {
      if (name.endsWith('.conf') && !dropIns.has(name)) dropIns.set(name, `${directory}/journald.conf.d/${name}`);
    }
  }
  const sorted = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return main === undefined ? sorted : [main, ...sorted];
}

type Setting = (config: JournalConfig, value: string) => boolean;

function put<T>(value: T | undefined, store: (value: T) => void): boolean {
  if (value === undefined) return false;
  store(value);
  return true;
}

function spaceSettings(prefix: string, limits: (config: JournalConfig) => SpaceLimits): Record<string, Setting> {
  const size =
    (key: 'maxUse' | 'keepFree' | 'maxFileSize'): Setting =>
    (config, value) =>
      put(parseSize(value), (bytes) => {
        limits(config)[key] = bytes;
      });
  return {
    [`${prefix}MaxUse`]: size('maxUse'),
    [`${prefix}KeepFree`]: size('keepFree'),
    [`${prefix}MaxFileSize`]: size('maxFileSize'),
    [`${prefix}MaxFiles`]: (config, value) =>
      put(parseUnsigned(value), (count) => {
        limits(config).maxFiles = count;
      }),
  };
}

function flag(key: 'forwardToConsole' | 'forwardToSyslog'): Setting {
  return (config, value) =>
    put(parseBoolean(value), (on) => {
      config[key] = on;
    });
}

function level(key: 'maxLevelStore' | 'maxLevelConsole' | 'maxLevelSyslog'): Setting {
  return (config, value) =>
    put(parseLogLevel(value), (number) => {
      config[key] = number;
    });
}

const settings: Readonly<Record<string, Setting>> = {
  Storage: (config, value) => {
    if (value !== 'volatile' && value !== 'persistent' && value !== 'auto' && value !== 'none') return false;
    config.storage = value;
    return true;
  },
  SplitMode: (config, value) => {
    if (value !== 'uid' && value !== 'none') return false;
    config.splitMode = value;
    return true;
  },
  ...spaceSettings('System', (config) => config.system),
  ...spaceSettings('Runtime', (config) => config.runtime),
  MaxFileSec: (config, value) =>
    put(parseTimeSpan(value), (ms) => {
      config.maxFileMs = Number.isFinite(ms) ? ms : 0;
    }),
  MaxRetentionSec: (config, value) =>
    put(parseTimeSpan(value), (ms) => {
      config.maxRetentionMs = Number.isFinite(ms) ? ms : 0;
    }),
  RateLimitIntervalSec: (config, value) =>
    put(parseTimeSpan(value), (ms) => {
      config.rateLimit.intervalMs = ms;
      if (ms > 0 && config.rateLimit.burst === 0) config.rateLimit.burst = 10_000;
    }),
  RateLimitBurst: (config, value) =>
    put(parseUnsigned(value), (count) => {
      config.rateLimit.burst = count;
      if (count > 0 && config.rateLimit.intervalMs === 0) config.rateLimit.intervalMs = 30_000;
    }),
  MaxLevelStore: level('maxLevelStore'),
  MaxLevelConsole: level('maxLevelConsole'),
  MaxLevelSyslog: level('maxLevelSyslog'),
  ForwardToConsole: flag('forwardToConsole'),
  ForwardToSyslog: flag('forwardToSyslog'),
  LineMax: (config, value) =>
    put(parseSize(value), (bytes) => {
      config.lineMax = Math.min(Math.max(bytes, 79), 8 * 1024 * 1024);
    }),
};
