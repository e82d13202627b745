/** What loading a unit gives: its definition, and what was wrong with it. */

import type { LogLevel } from '../../text/log-level.ts';
import type { DependencyName } from '../directives/kind.ts';
import type { SettingsGroups } from '../directives/table.ts';
import type { UnitType } from '../language/unit-name.ts';

/** LoadState of systemctl(1). */
export type LoadState = 'stub' | 'loaded' | 'not-found' | 'bad-setting' | 'error' | 'merged' | 'masked';

/** Something to tell about a unit file: printed as `FILE:LINE: MESSAGE`, logged with UNIT=. */
export interface Diagnostic {
  level: LogLevel;
  unit: string;
  file?: string;
  line?: number;
  message: string;
  /** Of what is said of no unit and at no line. */
  fields?: Record<string, string>;
}

/** A line of a file (or a link in a .wants directory), what a setting implies, or DefaultDependencies=. */
export type DependencyOrigin = 'file' | 'implicit' | 'default';

export interface UnitDependency {
  kind: DependencyName;
  name: string;
  origin: DependencyOrigin;
}

/** A file as it was when it was read. */
export interface FileStamp {
  path: string;
  mtimeMs: number;
}

/**
 * Settings by group. What a file says are own properties of these objects, the defaults are inherited:
 * `Object.hasOwn(service, 'RestartSec')` tells whether a line says it. (Spreading copies only what files say.)
 */
type UnitGroups = Pick<SettingsGroups, 'unit'> & Partial<Omit<SettingsGroups, 'unit' | 'install' | 'manager'>>;

/** A unit's definition. */
export interface LoadedUnit extends UnitGroups {
  /** The name it goes by; aliases are in `names`, which has it too. */
  id: string;
  names: string[];
  type: UnitType;
  loadState: Exclude<LoadState, 'stub' | 'merged'>;
  /** D-Bus error name and text, as `show -p LoadError` has them. */
  loadError?: { name: string; message: string };
  /** '' where nothing says one. */
  description: string;
  fragmentPath?: string;
  dropInPaths: string[];
  sourcePath?: string;
  /** Made by a program for as long as it runs (systemd-run, set-property). */
  transient: boolean;
  /** Cannot be started or stopped: -.slice, system.slice, init.scope, -.mount. */
  perpetual: boolean;
  /** No file stands behind it: a reload keeps it as it is. */
  synthetic: boolean;
  /** What it was made of, where no file holds that. */
  text?: string;
  /** Of the fragment, and of SourcePath=. */
  stamps: FileStamp[];
  /** When the youngest drop-in was changed of those that could be read to their end; 0 where there is none. */
  dropInMtimeMs: number;
  /** Refused only after its mounts had been looked up: it stays ordered after them. */
  mountsTied?: true;
  /** Its files could be read: settings that follow from others are set (Type= of services, Slice=, default limits …). */
  finished: boolean;

  /** In order; may name the same twice, may name the unit itself (to be dropped). Templates are instantiated. */
  dependencies: UnitDependency[];
  /** RequiresMountsFor=, and what other settings imply of it. */
  requiresMountsFor: string[];
  /** WantsMountsFor=, and what other settings imply of it. */
  wantsMountsFor: string[];
  /** Directives that have no effect, or one only where the container permits it: 'Service.PAMName', 'Service.PrivateTmp'. */
  unsure: string[];
  diagnostics: Diagnostic[];
}
