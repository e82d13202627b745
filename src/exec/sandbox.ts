/**
 * Mounts inside a unit's own mount namespace (systemd.exec(5), "SANDBOXING"). Where the manager lacks CAP_SYS_ADMIN, as in
 * most containers, settings that only take away are ignored, as systemd does there; those that make another file system
 * (RootDirectory=, BindPaths=, TemporaryFileSystem=) are not.
 */
import type { Host, MountStep } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { PrefixedPath } from '../unitfile/types.ts';

const CAP_SYS_ADMIN = 21n;

export const canMount = (host: Host): boolean => ((host.capabilities().effective >> CAP_SYS_ADMIN) & 1n) === 1n;

/** What a namespace is made of. `required`: a unit without it would run in a different world. */
export interface Sandbox {
  mounts: MountStep[];
  required: boolean;
  namespaces: ('mount' | 'network' | 'ipc' | 'uts' | 'user' | 'pid')[];
}

export interface PrivateTmp {
  tmp: string;
  varTmp: string;
}

/** What the mounts are made for, beside the settings. */
export interface SandboxFacts {
  /** False for commands that are to run outside of the sandbox. */
  apply: boolean;
  privateTmp: PrivateTmp | undefined;
  /** Directories of the unit's own (StateDirectory= and its siblings): writable whatever else is not. */
  directories: readonly string[];
  /** Those of a dynamic user, behind a directory that only root may enter. */
  privateDirectories: readonly PrivateDirectory[];
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

/** Steps of one unit, parents first. */
export function sandboxOf(exec: ExecSettings, facts: SandboxFacts): Sandbox {
  const { apply, privateTmp } = facts;
  const steps: MountStep[] = [];
  const readOnly = (target: string, optional = true): void => {
    steps.push({ kind: 'remount-ro', target, optional, flags: ['recursive'] });
  };
  const readWrite = (target: string, optional = true): void => {
    steps.push({ kind: 'remount-rw', target, optional });
  };
  const inaccessible = (target: string, optional = true): void => {
    steps.push({ kind: 'inaccessible', target, optional });
  };

  for (const mount of exec.BindPaths) steps.push(bind(mount, false));
  for (const mount of exec.BindReadOnlyPaths) steps.push(bind(mount, true));
  for (const { path, options } of exec.TemporaryFileSystem)
    steps.push({
      kind: 'tmpfs',
      target: path,
      source: options === '' ? 'mode=0755' : options,
      flags: ['nosuid', 'nodev'],
    });
  const required = steps.length > 0;

  if (apply) {
    if (privateTmp !== undefined) {
      for (const [source, target] of [
        [privateTmp.tmp, '/tmp'],
        [privateTmp.varTmp, '/var/tmp'],
      ] as const) {
        steps.push({ kind: 'bind', source, target });
        // Its source may lie in a mount that has become read-only by then.
        if (exec.ProtectSystem === 'strict') readWrite(target);
      }
    }
    if (exec.ProtectSystem === 'strict') {
      // Mount by mount: what is kept may itself hold mounts that are read-only, and stay so.
      const isKept = (path: string): boolean =>
        keptWritable.some((kept) => path === kept || path.startsWith(`${kept}/`));
      for (const target of new Set(['/', ...facts.mountPoints()]))
        if (!isKept(target)) steps.push({ kind: 'remount-ro', target, optional: target !== '/' });
      for (const path of facts.directories) readWrite(path);
      for (const mount of exec.BindPaths) readWrite(mount.target, mount.optional);
    } else if (exec.ProtectSystem !== 'no') {
      for (const path of ['/usr', '/boot', '/efi', '/lib', '/lib64', '/bin', '/sbin']) readOnly(path);
      if (exec.ProtectSystem === 'full') readOnly('/etc');
    }
    for (const path of ['/home', '/run/user', '/root']) {
      if (exec.ProtectHome === 'yes') inaccessible(path);
      else if (exec.ProtectHome === 'read-only') readOnly(path);
      else if (exec.ProtectHome === 'tmpfs')
        steps.push({
          kind: 'tmpfs',
          target: path,
          source: 'mode=0755',
          optional: true,
          flags: ['ro', 'nosuid', 'nodev'],
        });
    }
    if (exec.ProtectKernelTunables) for (const path of kernelTunables) readOnly(path);
    if (exec.ProtectControlGroups) readOnly('/sys/fs/cgroup');
    if (exec.ProtectKernelModules) for (const path of ['/lib/modules', '/usr/lib/modules']) inaccessible(path);
    if (exec.ProtectKernelLogs) for (const path of ['/proc/kmsg', '/dev/kmsg']) inaccessible(path);
    if (exec.PrivateDevices) steps.push({ kind: 'dev', target: '/dev' });
    const list = (paths: readonly PrefixedPath[], add: (target: string, optional: boolean) => void): void => {
      for (const { path, optional } of paths) add(path, optional);
    };
    list(exec.ReadWritePaths, readWrite);
    list(exec.ReadOnlyPaths, readOnly);
    list(exec.InaccessiblePaths, inaccessible);
    list(exec.NoExecPaths, (target, optional) =>
      steps.push({ kind: 'bind', source: target, target, optional, flags: ['noexec', 'recursive'] }),
    );
    list(exec.ExecPaths, (target, optional) => steps.push({ kind: 'bind', source: target, target, optional }));
  }
  // Parents before what lies in them; of the same path, what makes it before what restricts it.
  const mounts = steps
    .map((step, index) => ({ step, index, depth: step.target.split('/').filter((p) => p !== '').length }))
    .sort((a, b) => a.depth - b.depth || rank(a.step) - rank(b.step) || a.index - b.index)
    .map(({ step }) => step);
  mounts.push(...privateSteps(facts.privateDirectories));

  const namespaces: Sandbox['namespaces'] = [];
  if (mounts.length > 0 || exec.PrivateMounts) namespaces.push('mount');
  if (apply && exec.PrivateNetwork) namespaces.push('network');
  if (apply && exec.PrivateIPC) namespaces.push('ipc');
  if (apply && exec.ProtectHostname) namespaces.push('uts');
  if (apply && exec.PrivateUsers) namespaces.push('user');
  return { mounts, required, namespaces };
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
    ...directories.flatMap(({ real, stage }): MountStep[] => [
      { kind: 'rbind', source: stage, target: real, flags: ['nosuid'] },
      { kind: 'remount-rw', target: real },
    ]),
  ];
}

const rank = (step: MountStep): number => (step.kind === 'remount-ro' || step.kind === 'remount-rw' ? 1 : 0);

function bind(mount: ExecSettings['BindPaths'][number], readOnly: boolean): MountStep {
  return {
    kind: mount.recursive ? 'rbind' : 'bind',
    source: mount.source,
    target: mount.target,
    optional: mount.optional,
    ...(readOnly ? { flags: ['ro'] as const } : {}),
  } as MountStep;
}

/** Directories of a unit with PrivateTmp=: made at its first process, gone when it is down. */
export class PrivateTmpDirectories {
  readonly #host: Host;
  readonly #unit: string;
  #paths: { tmp: string; varTmp: string } | undefined;

  constructor(host: Host, unit: string) {
    this.#host = host;
    this.#unit = unit;
  }

  /** Throws SystemError. */
  acquire(): PrivateTmp {
    if (this.#paths === undefined) {
      const suffix = this.#host.randomBytes(4).toString('hex').slice(0, 6);
      const name = `systemd-private-${this.#host.bootId}-${this.#unit}-${suffix}`;
      const make = (parent: string): string => {
        const outer = `${parent}/${name}`;
        this.#host.files.mkdir(outer, 0o700);
        this.#host.files.mkdir(`${outer}/tmp`, 0o1777);
        this.#host.files.chmod(`${outer}/tmp`, 0o1777);
        return outer;
      };
      this.#paths = { tmp: make('/tmp'), varTmp: make('/var/tmp') };
    }
    return { tmp: `${this.#paths.tmp}/tmp`, varTmp: `${this.#paths.varTmp}/tmp` };
  }

  release(): void {
    const paths = this.#paths;
    this.#paths = undefined;
    if (paths === undefined) return;
    for (const path of [paths.tmp, paths.varTmp])
      try {
        this.#host.files.removeTree(path);
      } catch {
        // Left behind: the next boot's cleaning of /tmp finds it.
      }
  }
}
