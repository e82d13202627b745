/** Generators that are part of the manager: units for init scripts, and for /etc/rc.local. */
import { type Host, SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import { isHiddenOrBackup } from '../../unitfile/files/unit-files.ts';
import { InstallContext } from '../../unitfile/install/info.ts';
import { UnitFileSearch } from '../../unitfile/install/search.ts';
import { generateSysvUnits, runlevels, type SysvLink, type SysvScript, type SysvUnits, sysvUnitName } from './sysv.ts';
import { unfoundDaemon } from './unfound-daemons.ts';

export interface BuiltinGenerator {
  readonly host: Host;
  /** The directories of the generators are among its own, but not in its search path. */
  readonly paths: LookupPaths;
  log(level: 3 | 4 | 6 | 7, message: string): void;
}

/** A script is read no further. */
const scriptLimit = 1024 * 1024;

export interface SysvDirectories {
  readonly scripts: string;
  /** Holds rc1.d to rc5.d. */
  readonly runlevels: string;
}

const usualDirectories: SysvDirectories = { scripts: '/etc/init.d', runlevels: '/etc' };

/**
 * systemd-sysv-generator(8): writes a unit into the late directory for each init script that has no unit of its own, with
 * links for its other names and the targets that want it. What can't be written is told in the log.
 */
export function runSysvGenerator(generator: BuiltinGenerator, directories = usualDirectories): void {
  const { host, paths } = generator;
  const late = paths.generatorLate;
  if (late === undefined) return;
  const { scripts, units: made } = readInitScripts(generator, directories);
  if (scripts.length === 0) return;
  for (const warning of made.warnings) generator.log(4, warning);
  const write = (path: string, how: () => void): void => {
    try {
      how();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      generator.log(3, `Failed to create unit file ${path}: ${error.code}`);
    }
  };
  for (const [name, text] of made.units)
    write(`${late}/${name}`, () => host.files.writeAtomic(`${late}/${name}`, text, 0o644));
  for (const [alias, name] of made.aliases)
    write(`${late}/${alias}`, () => host.files.symlink(name, `${late}/${alias}`));
  for (const { target, unit } of made.wants) {
    const directory = `${late}/${target}.wants`;
    write(`${directory}/${unit}`, () => {
      host.files.mkdirs(directory, 0o755);
      host.files.symlink(`../${unit}`, `${directory}/${unit}`);
    });
  }
}

/** Init scripts that have no unit of their own, and what becomes of them; nothing is written. */
export function readInitScripts(
  generator: BuiltinGenerator,
  directories = usualDirectories,
): { scripts: readonly SysvScript[]; units: SysvUnits } {
  const scripts = readScripts(generator, directories.scripts);
  const links = scripts.length === 0 ? [] : readLinks(generator.host, directories.runlevels);
  return { scripts, units: generateSysvUnits(scripts, links) };
}

function namesIn(host: Host, directory: string): string[] {
  try {
    return host.files.readdir(directory).filter((name) => !isHiddenOrBackup(name));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [];
  }
}

function readScripts({ host, paths, log }: BuiltinGenerator, directory: string): SysvScript[] {
  const search = new UnitFileSearch(host, paths);
  const scripts: SysvScript[] = [];
  for (const file of namesIn(host, directory)) {
    const path = `${directory}/${file}`;
    const stat = host.files.tryStat(path);
    if (stat?.type !== 'file' || (stat.mode & 0o100) === 0) continue;
    const name = sysvUnitName(file);
    if (name === undefined || search.exists(new InstallContext(), name) !== false) continue;
    log(7, `SysV service '${path}' lacks a native systemd unit file: generating one.`);
    try {
      const text = bytesToText(host.files.readStart(path, scriptLimit));
      scripts.push({ name, path, text, losesDaemon: unfoundDaemon(host, text) !== undefined });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      log(3, `Failed to open ${path}: ${error.code}`);
    }
  }
  return scripts;
}

function readLinks(host: Host, directory: string): SysvLink[] {
  return runlevels.flatMap(([runlevel]) =>
    namesIn(host, `${directory}/${runlevel}`).map((name) => ({ runlevel, name })),
  );
}

const rcLocal = '/etc/rc.local';
const rcLocalUnit = 'rc-local.service';

/** systemd-rc-local-generator(8): /etc/rc.local is run where it is executable. */
export function runRcLocalGenerator(generator: BuiltinGenerator): void {
  if (generator.host.files.access(rcLocal, 'exec')) linkVendorUnit(generator, 'multi-user.target', rcLocalUnit);
}

/**
 * systemd-fstab-generator(8), where systemd brings it: mounts are the container engine's, and what is left is that options of
 * those that are there shall be as /etc/fstab says.
 */
export function runFstabGenerator(generator: BuiltinGenerator): void {
  if (generator.host.files.access('/usr/lib/systemd/system-generators/systemd-fstab-generator', 'exec'))
    linkVendorUnit(generator, 'local-fs.target', 'systemd-remount-fs.service');
}

/** Lets a target want a unit of the vendor's, where there is one, whatever the administrator has in its place. */
function linkVendorUnit({ host, paths, log }: BuiltinGenerator, target: string, name: string): void {
  const vendor = paths.search.filter((directory) => /^\/(?:usr\/)?(?:local\/)?lib\//.test(directory));
  const unit = vendor.map((directory) => `${directory}/${name}`).find((path) => host.files.tryStat(path));
  if (unit === undefined || paths.generator === undefined) return;
  const directory = `${paths.generator}/${target}.wants`;
  try {
    host.files.mkdirs(directory, 0o755);
    host.files.symlink(unit, `${directory}/${name}`);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log(3, `Failed to create symlink ${directory}/${name}: ${error.code}`);
  }
}
