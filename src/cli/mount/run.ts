/** What systemd-mount does: a transient mount, or one behind an automount point; and mounts that are taken away. */
import { styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import { type FileStat, SystemError } from '../../sys/host.ts';
import {
  baseName,
  filenameIsValid,
  isDevicePath,
  pathEquals,
  pathIsNormalized,
  pathJoin,
  pathSimplify,
} from '../../text/paths.ts';
import { cEscape } from '../../text/quoting.ts';
import { chase } from '../../unitfile/install/places.ts';
import { buildUnitName, escapeUnitPath, unitNameFromPath } from '../../unitfile/language/unit-name.ts';
import { takesOwner } from '../../values/mount-types.ts';
import type { Voice } from '../../voice/voice.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, isBusError, noSuchUnit, statusOf, VerbFailed } from '../common/failure.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { describeTransient, startTransient, waitForJob } from '../common/transient.ts';
import { UnitText } from '../common/unit-text.ts';
import { deviceNode, type MountOptions } from './options.ts';

export async function runMount(context: CliContext, options: MountOptions): Promise<number> {
  if (options.action === 'list') return listDevices(context, options);
  const run = new Run(context, options);
  return statusOf(() => (options.action === 'unmount' ? run.unmountAll() : run.mount()));
}

/** Devices are those that udev says have a file system. */
function listDevices(context: CliContext, { json, legend, full }: MountOptions): number {
  const table = new Table('node', 'path', 'model', 'wwn', 'type', 'label', 'uuid');
  const style = styleOf(context);
  const pieces = json === undefined ? table.pieces({ header: legend, full, style }) : table.jsonPieces(json, style);
  for (const piece of pieces) context.out(piece);
  return 0;
}

/** Where the kernel lists devices that stand for files. */
const blockDevices = '/sys/devices/virtual/block';
/** Where systemd mounts what is not told where. */
const mediaDirectory = '/run/media/system';

class Run {
  readonly #context: CliContext;
  readonly #options: MountOptions;
  readonly #manager: ManagerView;

  constructor(context: CliContext, options: MountOptions) {
    this.#context = context;
    this.#options = options;
    this.#manager = managerOf(context);
  }

  // ---- mounting ---------------------------------------------------------------------------------------------------

  async mount(): Promise<number> {
    const { what, type, owner, action, noBlock, tmpfs } = this.#options;
    if (isDevicePath(what) || what.startsWith('/')) this.#needNormalized(what);
    const where = this.#where();
    if (pathEquals(where, '/')) this.#fail('Refusing to operate on root directory.');
    this.#needNormalized(where);
    const ownable = (tmpfs && this.#voice.tmpfsTakesOwner) || type === undefined || takesOwner(type);
    if (owner !== undefined && !ownable)
      this.#fail(`File system type ${type} is not known to support uid=/gid=, refusing.`);
    const kind = action === 'automount' ? 'automount' : 'mount';
    const name = this.#name(where, kind);
    const mount = this.#describe(kind, () => this.#mountText(this.#name(where, 'mount')));
    const job = startTransient(
      this.#context,
      this.#manager,
      kind,
      kind === 'mount' ? [mount] : [this.#describe(kind, () => this.#automountText(name)), mount],
    );
    if (!noBlock) await waitForJob(this.#context, this.#options, job);
    this.#inform(`Started unit ${name} for mount point: ${where}`);
    return 0;
  }

  /** The mount point: the one that is given, or one for what is mounted. */
  #where(): string {
    const { what, where, discover } = this.#options;
    if (!discover) return where!;
    const { type } = this.#stat(what, `Can't stat ${what}`);
    if (type === 'block') return this.#fail(`${what} does not contain a known file system.`);
    if (type !== 'file') return this.#fail(this.#voice.undiscoverable(what));
    const loop = this.#loopDevice(what);
    if (loop !== undefined) return this.#fail(`${baseName(loop)}: ${what} does not contain a known file system.`);
    if (where !== undefined) return where;
    const escaped = cEscape(baseName(what));
    if (!filenameIsValid(escaped)) return this.#fail(`Escaped name ${escaped} is not a valid filename.`);
    return pathJoin(mediaDirectory, escaped);
  }

  #mountText(name: string): UnitText {
    const { what, type, mountOptions, owner, properties, tmpfs } = this.#options;
    const text = this.#head(name, properties);
    const settings = [['What', what] as const, ...(type === undefined ? [] : [['Type', type] as const])];
    for (const [name, value] of tmpfs && this.#voice.tmpfsTypeFirst ? settings.reverse() : settings)
      text.set(name, value);
    const all = [owner === undefined ? undefined : `uid=${owner.uid},gid=${owner.gid}`, mountOptions];
    const given = all.filter((part) => part !== undefined).join(',');
    if (given !== '') text.set('Options', given);
    const check = this.#check();
    if (check !== undefined) for (const dependency of ['Requires', 'After']) text.set(dependency, check);
    return text;
  }

  /** The service that checks the file system before it is mounted; undefined where none is to, or none can. */
  #check(): string | undefined {
    const { fsck, what } = this.#options;
    const path = fsck && isDevicePath(what) ? escapeUnitPath(what) : undefined;
    const name = path === undefined ? undefined : buildUnitName('systemd-fsck', path, '.service');
    // The template comes with the systemd package.
    return name !== undefined && this.#manager.loader.load(name).loadState === 'loaded' ? name : undefined;
  }

  #automountText(name: string): UnitText {
    const { automountProperties, idle } = this.#options;
    const text = this.#head(name, automountProperties);
    if (idle !== undefined) text.set('TimeoutIdleSec', idle);
    return text;
  }

  /** What both kinds of units have. */
  #head(name: string, properties: readonly string[]): UnitText {
    const { description, bindDevice, what, collect } = this.#options;
    const text = new UnitText(this.#manager, name);
    if (description !== undefined && description !== '') text.setDescription(description);
    if (bindDevice && isDevicePath(what))
      for (const dependency of ['After', 'BindsTo']) text.set(dependency, this.#name(what, 'device'));
    if (collect) text.set('CollectMode', 'inactive-or-failed');
    for (const property of properties) text.assign(property);
    return text;
  }

  // ---- unmounting -------------------------------------------------------------------------------------------------

  /** Each of the paths; the exit status says whether all went well. */
  async unmountAll(): Promise<number> {
    let status = 0;
    for (const path of this.#options.paths) {
      try {
        await this.#unmount(path);
      } catch (error) {
        if (!(error instanceof VerbFailed)) throw error;
        status = error.status;
      }
    }
    return status;
  }

  /** A mount point, a device, or a file that is mounted. */
  async #unmount(path: string): Promise<void> {
    const { host, cwd } = this.#context;
    const node = deviceNode(path);
    const found = chase(host.files, node.startsWith('/') ? node : pathJoin(cwd, node), '');
    if ('error' in found) return this.#fail(this.#voice.unresolved(path, errorText(found.error)));
    const { type } = this.#stat(found.path, `Can't stat ${found.path} (from ${path})`);
    if (type === 'directory') return this.#stop(found.path);
    if (type === 'block') return this.#unmountDevice(found.path);
    if (type !== 'file') return this.#fail(`Invalid file type: ${found.path} (from ${path})`);
    const loop = this.#loopDevice(found.path);
    return loop === undefined ? this.#fail(`File ${found.path} is not mounted.`) : this.#unmountDevice(loop);
  }

  async #unmountDevice(device: string): Promise<void> {
    const points = this.#context.host.mountTable().filter(({ source }) => pathEquals(source, device));
    if (points.length === 0) this.#fail(`${device} is not mounted.`);
    for (const { target } of points) await this.#stop(target);
  }

  /** The mount, and the automount point where there is one. */
  async #stop(where: string): Promise<void> {
    if (pathEquals(where, '/')) this.#fail(this.#voice.rootStays(where));
    this.#needNormalized(where);
    for (const kind of ['mount', 'automount'] as const) {
      const name = this.#name(where, kind);
      try {
        const job = this.#manager.requests.job('stop', name, 'fail');
        if (!this.#options.noBlock) await waitForJob(this.#context, this.#options, job);
      } catch (error) {
        if (!isBusError(error)) throw error;
        if (kind === 'automount' && error.busName === noSuchUnit) return;
        this.#fail(`Failed to stop ${kind} unit: ${error.message}`);
      }
      this.#inform(`Stopped unit ${name} for mount point: ${where}`);
    }
  }

  // ---- what they share --------------------------------------------------------------------------------------------

  get #voice(): Voice['mount'] {
    return this.#context.host.voice.mount;
  }

  #fail(text: string): never {
    return failVerb(this.#context, text);
  }

  #inform(text: string): void {
    if (!this.#options.quiet) say(this.#context, 'info', text);
  }

  #describe(kind: string, make: () => UnitText): ReturnType<typeof describeTransient> {
    return describeTransient(this.#context, kind, make, { also: 'Failed to create bus message: Invalid argument' });
  }

  #name(path: string, type: 'mount' | 'automount' | 'device'): string {
    return unitNameFromPath(path, `.${type}`) ?? this.#fail(`Failed to make ${type} unit name: Invalid argument`);
  }

  #needNormalized(path: string): void {
    if (!pathIsNormalized(path)) this.#fail(`Path contains non-normalized components: ${path}`);
  }

  #stat(path: string, what: string): FileStat {
    try {
      return this.#context.host.files.stat(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return this.#fail(`${what}: ${errorText(error.code)}`);
    }
  }

  /** The device that stands for a file. */
  #loopDevice(file: string): string | undefined {
    const { files } = this.#context.host;
    let names: string[];
    try {
      names = files.readdir(blockDevices).filter((name) => name.startsWith('loop'));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return this.#fail(`Can't get loop device for ${file}: ${errorText(error.code)}`);
    }
    const { dev, ino } = this.#stat(file, `Can't stat ${file}`);
    const name = names.find((name) => {
      try {
        const backing = files.stat(files.readText(`${blockDevices}/${name}/loop/backing_file`).trimEnd());
        return backing.dev === dev && backing.ino === ino;
      } catch {
        return false;
      }
    });
    return name === undefined ? undefined : pathSimplify(`/dev/${name}`);
  }
}
