/**
 * Which mounts make the view that a unit has of the file system, in the order in which they are made inside its own mount
 * namespace (systemd.exec(5), "SANDBOXING", "PATHS"). Settings in, steps out: nothing is done here.
 */
import type { MountStep } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { PrivateTmp } from './private-tmp.ts';

export type BindMount = ExecSettings['BindPaths'][number];

/** What the mounts are made for, beside the settings. */
export interface MountFacts {
  /** False for commands that are to run outside of the sandbox. */
  apply: boolean;
  privateTmp: PrivateTmp | undefined;
  /** Whether a bind mount that can't be made is of no consequence but that its target is missing. */
  leavesOut(mount: BindMount): boolean;
  /** Directories of the unit's own (StateDirectory= and its siblings): writable whatever else is not. */
  directories: readonly string[];
  /** Those of a dynamic user, behind a directory that only root may enter. */
  privateDirectories: readonly PrivateDirectory[];
  /** See `rootSteps`; none where the unit has no root of its own. */
  rootSteps: readonly MountStep[];
  /** Mount points of the manager's namespace. */
  mountPoints(): string[];
}

/** `real` lies below `guard`; `stage` is an empty directory that holds it while `guard` is covered. */
export interface PrivateDirectory {
  guard: string;
  real: string;
  stage: string;
}

const kernelTunables = [
  ...[
    'acpi',
    'apm',
    'asound',
    'bus',
    'fs',
    'irq',
    'latency_stats',
    'mtrr',
    'scsi',
    'sys',
    'sysrq-trigger',
    'timer_stats',
  ].map((name) => `/proc/${name}`),
  '/sys',
];

/** Stay writable with ProtectSystem=strict. */
const keptWritable = ['/proc', '/sys', '/dev', '/home', '/run/user', '/root'];

/** The steps of one unit. `required`: a unit without them would run in a different world. */
export function mountsOf(exec: ExecSettings, facts: MountFacts): { mounts: MountStep[]; required: boolean } {
  const builder = new Builder(exec, facts);
  const required = builder.addWorld();
  if (facts.apply) builder.addProtection();
  return { mounts: builder.build(), required };
}

const within = (path: string, directory: string): boolean =>
  path === directory || directory === '/' || path.startsWith(`${directory}/`);
const depth = (step: MountStep): number => step.target.split('/').filter((part) => part !== '').length;
const byDepth = (a: MountStep, b: MountStep): number => depth(a) - depth(b);

class Builder {
  readonly #exec: ExecSettings;
  readonly #facts: MountFacts;
  /** What puts something else at a path; then what restricts what is there. Restrictions come last, mount points are made before. */
  readonly #made: MountStep[] = [];
  readonly #restricted: MountStep[] = [];
  /** File systems made here that are read-only once all that is to be mounted in them is. */
  readonly #sealed: MountStep[] = [];

  constructor(exec: ExecSettings, facts: MountFacts) {
    this.#exec = exec;
    this.#facts = facts;
  }

  #readOnly(target: string, optional = true): void {
    this.#restricted.push({ kind: 'remount-ro', target, optional, flags: ['recursive'] });
  }
  #readWrite(target: string, optional = true): void {
    this.#restricted.push({ kind: 'remount-rw', target, optional });
  }
  #inaccessible(target: string, optional = true): void {
    this.#made.push({ kind: 'inaccessible', target, optional });
  }
  /** TemporaryFileSystem=: a tenth of the memory at most, unless the options say something else. */
  #tmpfs(target: string, options: string): void {
    const words = options.split(',').filter((word) => word !== '');
    const flags: NonNullable<MountStep['flags']> = words.includes('dev') ? [] : ['nodev'];
    for (const flag of ['nosuid', 'noexec'] as const) if (words.includes(flag)) flags.push(flag);
    const data = words.filter((word) => !/^(?:ro|rw|(?:no)?(?:suid|dev|exec))$/.test(word));
    const source = ['mode=0755', 'size=10%', 'nr_inodes=400k', ...data].join(',');
    this.#made.push({ kind: 'tmpfs', target, source, flags });
    if (words.includes('ro')) this.#sealed.push({ kind: 'remount-ro', target });
  }

  /** Settings that make another world rather than take away from this one; true where there are any. */
  addWorld(): boolean {
    const { BindPaths, BindReadOnlyPaths, TemporaryFileSystem } = this.#exec;
    for (const mount of BindPaths) this.#made.push(bind(mount, false));
    for (const mount of BindReadOnlyPaths) if (!this.#facts.leavesOut(mount)) this.#made.push(bind(mount, true));
    for (const { path, options } of TemporaryFileSystem) this.#tmpfs(path, options);
    const required = this.#made.length > 0;
    for (const step of this.#facts.rootSteps) this.#made.push(step);
    return required;
  }

  addProtection(): void {
    const { exec, facts } = { exec: this.#exec, facts: this.#facts };
    if (facts.privateTmp !== undefined) {
      this.#made.push({ kind: 'bind', source: facts.privateTmp.tmp, target: '/tmp' });
      this.#made.push({ kind: 'bind', source: facts.privateTmp.varTmp, target: '/var/tmp' });
    }
    this.#protectSystem();
    for (const path of ['/home', '/run/user', '/root']) {
      if (exec.ProtectHome === 'yes') this.#inaccessible(path);
      else if (exec.ProtectHome === 'read-only') this.#readOnly(path);
      else if (exec.ProtectHome === 'tmpfs')
        this.#made.push({ kind: 'tmpfs', target: path, source: 'mode=1777', optional: true });
    }
    if (exec.ProtectKernelTunables) for (const path of kernelTunables) this.#readOnly(path);
    const proc = [
      ...(exec.ProtectProc === 'default' ? [] : [`hidepid=${exec.ProtectProc}`]),
      ...(exec.ProcSubset === 'all' ? [] : ['subset=pid']),
    ];
    if (proc.length > 0) this.#made.push({ kind: 'proc', target: '/proc', source: proc.join(','), optional: true });
    if (exec.ProtectControlGroups) this.#readOnly('/sys/fs/cgroup');
    if (exec.ProtectKernelModules) for (const path of ['/lib/modules', '/usr/lib/modules']) this.#inaccessible(path);
    if (exec.ProtectKernelLogs) for (const path of ['/proc/kmsg', '/dev/kmsg']) this.#inaccessible(path);
    if (exec.PrivateDevices) this.#made.push({ kind: 'dev', target: '/dev' });
    // The queues of a name space are seen through a file system of its own.
    if (exec.PrivateIPC || exec.IPCNamespacePath !== undefined)
      this.#made.push({ kind: 'mqueue', target: '/dev/mqueue', optional: true });
    for (const { path, optional } of exec.ReadWritePaths) this.#readWrite(path, optional);
    for (const { path, optional } of exec.ReadOnlyPaths) this.#readOnly(path, optional);
    for (const { path, optional } of exec.InaccessiblePaths) this.#inaccessible(path, optional);
    for (const { path, optional } of exec.NoExecPaths)
      this.#made.push({ kind: 'rbind', source: path, target: path, optional, flags: ['noexec', 'recursive'] });
    for (const { path, optional } of exec.ExecPaths)
      this.#made.push({ kind: 'rbind', source: path, target: path, optional });
  }

  #protectSystem(): void {
    const { ProtectSystem } = this.#exec;
    if (ProtectSystem === 'strict') {
      // Mount by mount: what is kept may itself hold mounts that are read-only, and stay so.
      for (const target of new Set(['/', ...this.#facts.mountPoints()]))
        if (!keptWritable.some((kept) => within(target, kept)) && !this.#isCovered(target))
          this.#restricted.push({ kind: 'remount-ro', target, optional: target !== '/' });
      for (const path of this.#facts.directories) this.#readWrite(path);
    } else if (ProtectSystem !== 'no') {
      for (const path of ['/usr', '/boot', '/efi', '/lib', '/lib64', '/bin', '/sbin']) this.#readOnly(path);
      if (ProtectSystem === 'full') this.#readOnly('/etc');
    }
  }

  /** A mount of the manager's that this namespace has something else in the place of. */
  #isCovered(mountPoint: string): boolean {
    const guards = this.#facts.privateDirectories.map((d) => d.guard);
    return [...this.#made.map((step) => step.target), ...guards].some((target) => within(mountPoint, target));
  }

  build(): MountStep[] {
    const made = [...this.#made.sort(byDepth), ...privateSteps(this.#facts.privateDirectories)];
    // What was mounted below something that becomes read-only with all that is in it stays as it was made.
    const whole = this.#restricted.filter((step) => step.flags?.includes('recursive'));
    for (const { kind, target, flags } of made)
      if (kind !== 'inaccessible' && !flags?.includes('ro') && whole.some((step) => within(target, step.target)))
        this.#readWrite(target);
    return [...made, ...this.#restricted.sort(byDepth), ...this.#sealed];
  }
}

/**
 * systemd.exec(5), DynamicUser=: the guard is covered by one that everybody may enter and that holds nothing but what is
 * the unit's own.
 */
function privateSteps(directories: readonly PrivateDirectory[]): MountStep[] {
  const guards = new Set(directories.map((d) => d.guard));
  return [
    ...directories.map(({ real, stage }): MountStep => ({ kind: 'rbind', source: real, target: stage })),
    ...[...guards].map(
      (target): MountStep => ({ kind: 'tmpfs', target, source: 'mode=0755', flags: ['nosuid', 'nodev'] }),
    ),
    ...directories.map(
      ({ real, stage }): MountStep => ({ kind: 'rbind', source: stage, target: real, flags: ['nosuid'] }),
    ),
  ];
}

function bind(mount: BindMount, readOnly: boolean): MountStep {
  const step: MountStep = {
    kind: mount.recursive ? 'rbind' : 'bind',
    source: mount.source,
    target: mount.target,
    optional: mount.optional,
  };
  return readOnly ? { ...step, flags: ['ro'] } : step;
}

/** Directories that a root of its own must have for `rootSteps`, and that every program looks for. */
export const baseDirectories = ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'usr', 'var'];

/** MountAPIVFS= of systemd.exec(5): what a program in a root of its own finds there besides the files. */
export function rootSteps(directories: readonly string[], sockets: readonly string[]): MountStep[] {
  return [
    { kind: 'proc', target: '/proc' },
    { kind: 'rbind', source: '/sys', target: '/sys' },
    { kind: 'rbind', source: '/dev', target: '/dev' },
    { kind: 'tmpfs', target: '/run', source: 'mode=0755', flags: ['nosuid', 'nodev'] },
    ...directories.map((path): MountStep => ({ kind: 'rbind', source: path, target: path })),
    ...sockets.map((path): MountStep => ({ kind: 'bind', source: path, target: path, optional: true })),
  ];
}
