/**
 * What a kubelet makes of a pod, with a runtime below it: by hand. The manifest says what, as far as those of examples/engines
 * go; the pod has the network of the machine.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './container.ts';
import { type ProcessSpec, type Runtime, type RuntimeName, runtimeOf } from './runtimes.ts';

interface Handler {
  exec?: { command: string[] };
  httpGet?: { path: string; port: string | number };
}
type Probe = Handler & { periodSeconds?: number; failureThreshold?: number };

interface ContainerSpec {
  name: string;
  command: string[];
  env?: { name: string; value: string }[];
  ports?: { name: string; containerPort: number }[];
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop?: Handler };
  volumeMounts?: { name: string; mountPath: string }[];
}

/** The `spec` of a Pod, or of a Deployment's template. */
export interface PodSpec {
  shareProcessNamespace?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; runAsGroup?: number };
  containers: ContainerSpec[];
  volumes?: { name: string; emptyDir: { medium?: string } }[];
}

/** What containerd gives a container that asks for nothing. */
const usualCapabilities =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  );

/** How a life of the container has ended. */
export interface Termination {
  status: number;
  /** It took longer than terminationGracePeriodSeconds. */
  killed: boolean;
  /** What was left in /dev/termination-log. */
  message: string;
}

/** Ids of the machine that those of the pod's user namespace are. */
export interface UserNamespace {
  first: number;
  count: number;
}

export class Pod {
  readonly #runtime: Runtime;
  readonly #rootfs: string;
  readonly #spec: PodSpec;
  readonly #users: UserNamespace | undefined;
  readonly #directory = mkdtempSync(join(tmpdir(), 'pidone-pod-'));
  readonly #id = `pidone-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  #lives = 0;
  #pauseEnded: Promise<unknown> | undefined;
  #pausePid: number | undefined;
  #ended: Promise<number> = Promise.resolve(0);
  isRunning = false;
  /** `kubectl logs` of this life. */
  log = '';

  /** `rootfs` is the image's tree; with `users` its files belong to these. */
  constructor(runtime: RuntimeName, rootfs: string, spec: PodSpec, users?: UserNamespace) {
    this.#runtime = runtimeOf(runtime, this.#directory);
    this.#rootfs = rootfs;
    this.#spec = spec;
    this.#users = users;
    chmodSync(this.#directory, 0o755);
    for (const { name, emptyDir } of spec.volumes ?? []) {
      const path = this.#volume(name);
      mkdirSync(path, { recursive: true });
      if (emptyDir.medium === 'Memory') execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path]);
      chmodSync(path, 0o777);
    }
    mkdirSync(this.#volume('token'), { recursive: true });
    writeFileSync(join(this.#volume('token'), 'token'), 'secret');
  }

  get #container(): ContainerSpec {
    return this.#spec.containers[0]!;
  }
  get #name(): string {
    return `${this.#id}-${this.#lives}`;
  }
  #volume(name: string): string {
    return join(this.#directory, 'volumes', name);
  }

  // ---- lives of the container --------------------------------------------------------------------------------------

  /** Starts the container, and again where it has ended; resolves when its startup probe has succeeded. */
  async start(): Promise<void> {
    if (this.#spec.shareProcessNamespace === true && this.#pauseEnded === undefined) await this.#startPause();
    this.launch();
    const { startupProbe } = this.#container;
    if (startupProbe !== undefined) await this.#succeed(startupProbe);
  }

  /** Starts it and waits for nothing. */
  launch(): void {
    this.#lives++;
    this.log = '';
    writeFileSync(this.#terminationLog, '', { mode: 0o666 });
    chmodSync(this.#terminationLog, 0o666);
    const child = this.#runtime.run(this.#name, this.#config());
    this.isRunning = true;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    this.#ended = new Promise((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => {
        this.isRunning = false;
        done(code ?? 137);
      });
    });
  }

  get #terminationLog(): string {
    return join(this.#directory, `termination-log-${this.#lives}`);
  }

  /** When it ends by itself. */
  async termination(killed = false): Promise<Termination> {
    const status = await this.#ended;
    return { status, killed, message: readFileSync(this.#terminationLog, 'utf8') };
  }

  /** `kubectl delete pod`: preStop, SIGTERM, and SIGKILL when the time is up. */
  async stop(): Promise<Termination> {
    const graceMs = (this.#spec.terminationGracePeriodSeconds ?? 30) * 1000;
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      void this.#runtime.kill(this.#name, 'KILL');
    }, graceMs);
    const { preStop } = this.#container.lifecycle ?? {};
    if (preStop !== undefined) await this.#handle(preStop);
    await this.#runtime.kill(this.#name, 'TERM');
    await this.#ended;
    clearTimeout(timer);
    return this.termination(killed);
  }

  /** `kubectl exec`: as the container's own user, with no more rights than that has. */
  exec(...command: string[]): Promise<Outcome> {
    return this.#runtime.exec(this.#name, { ...this.#config().process, args: command });
  }
  /** As a user of the machine's choice, who has come in by another way. */
  execAs(uid: number, ...command: string[]): Promise<Outcome> {
    return this.#runtime.exec(this.#name, { ...this.#config().process, args: command, user: { uid, gid: uid } });
  }
  sh(command: string): Promise<Outcome> {
    return this.exec('sh', '-c', command);
  }

  /** What a readiness or liveness probe finds. */
  async probe(kind: 'readinessProbe' | 'livenessProbe'): Promise<boolean> {
    const probe = this.#container[kind];
    if (probe === undefined) throw new Error(`the manifest has no ${kind}`);
    return this.#handle(probe);
  }

  async #handle({ exec, httpGet }: Handler): Promise<boolean> {
    if (exec !== undefined) return (await this.exec(...exec.command)).exit === 0;
    if (httpGet === undefined) throw new Error('a handler of another kind');
    const { port, path } = httpGet;
    const named = this.#container.ports?.find(({ name }) => name === port)?.containerPort;
    const answer = await fetch(`http://127.0.0.1:${named ?? port}${path}`).catch(() => undefined);
    await answer?.text();
    return answer !== undefined && answer.status >= 200 && answer.status < 400;
  }

  async #succeed(probe: Probe): Promise<void> {
    const { periodSeconds = 10, failureThreshold = 3 } = probe;
    for (let failures = 0; failures < failureThreshold && this.isRunning; failures++) {
      if (await this.#handle(probe)) return;
      await new Promise((next) => setTimeout(next, periodSeconds * 1000));
    }
    throw new Error(`the startup probe has not succeeded:\n${this.log}`);
  }

  /** All of it goes. */
  async end(): Promise<void> {
    for (let life = 1; life <= this.#lives; life++) await this.#runtime.remove(`${this.#id}-${life}`);
    await this.#ended;
    if (this.#pauseEnded !== undefined) await this.#runtime.remove(`${this.#id}-pause`);
    await this.#pauseEnded;
    await this.#runtime.end();
    for (const { name, emptyDir } of this.#spec.volumes ?? [])
      if (emptyDir.medium === 'Memory') execFileSync('umount', [this.#volume(name)]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  // ---- what is in the bundle ---------------------------------------------------------------------------------------

  /** PID 1 of the pod: it does nothing, as another user. */
  async #startPause(): Promise<void> {
    const name = `${this.#id}-pause`;
    const config = this.#bundle({
      args: ['sleep', 'infinity'],
      user: { uid: 65535, gid: 65535 },
      capabilities: [],
      mounts: [],
      readonly: true,
    });
    const pause = this.#runtime.run(name, config);
    let said = '';
    let ended = false;
    pause.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    this.#pauseEnded = new Promise((done) => pause.on('close', done)).then(() => {
      ended = true;
    });
    for (let tries = 0; tries < 300 && !ended; tries++) {
      this.#pausePid = await this.#runtime.pid(name);
      if (this.#pausePid !== undefined) return;
      await new Promise((next) => setTimeout(next, 100));
    }
    throw new Error(`the pause container does not run: ${said}`);
  }

  #config(): Bundle {
    const { command, env = [], securityContext = {}, volumeMounts = [] } = this.#container;
    const { runAsUser = 0, runAsGroup = 0 } = this.#spec.securityContext ?? {};
    const { capabilities = {} } = securityContext;
    const kept = capabilities.drop?.includes('ALL') ? [] : usualCapabilities;
    const bind = (source: string, destination: string, mode: 'rw' | 'ro'): object => ({
      destination,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', mode],
    });
    return this.#bundle({
      args: command,
      user: { uid: runAsUser, gid: runAsGroup },
      env: env.map(({ name, value }) => `${name}=${value}`),
      capabilities: [...kept, ...(capabilities.add ?? [])],
      noNewPrivileges: securityContext.allowPrivilegeEscalation === false,
      readonly: securityContext.readOnlyRootFilesystem === true,
      mounts: [
        ...volumeMounts.map(({ name, mountPath }) => bind(this.#volume(name), mountPath, 'rw')),
        bind(this.#terminationLog, '/dev/termination-log', 'rw'),
        bind(this.#volume('token'), '/var/run/secrets/kubernetes.io/serviceaccount', 'ro'),
      ],
    });
  }

  #bundle(of: {
    args: string[];
    user: { uid: number; gid: number };
    capabilities: string[];
    mounts: object[];
    readonly: boolean;
    env?: string[];
    noNewPrivileges?: boolean;
  }): Bundle {
    const names = of.capabilities.map((name) => `CAP_${name}`);
    const shared = this.#pausePid === undefined ? {} : { path: `/proc/${this.#pausePid}/ns/pid` };
    const users = this.#users;
    const mappings = users && [{ containerID: 0, hostID: users.first, size: users.count }];
    return {
      ociVersion: '1.0.2',
      hostname: 'web',
      root: { path: this.#rootfs, readonly: of.readonly },
      process: {
        terminal: false,
        cwd: '/',
        args: of.args,
        user: of.user,
        env: [
          'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          'KUBERNETES_SERVICE_HOST=10.96.0.1',
          'KUBERNETES_SERVICE_PORT=443',
          ...(of.env ?? []),
        ],
        capabilities: { bounding: names, effective: names, permitted: names },
        noNewPrivileges: of.noNewPrivileges ?? true,
      },
      mounts: [...systemMounts(), ...of.mounts],
      linux: {
        namespaces: [
          { type: 'pid', ...shared },
          { type: 'ipc' },
          { type: 'uts' },
          { type: 'mount' },
          { type: 'cgroup' },
          // In a user namespace /sys can be had with a network of its own alone.
          ...(users === undefined ? [] : [{ type: 'user' }, { type: 'network' }]),
        ],
        ...(mappings === undefined ? {} : { uidMappings: mappings, gidMappings: mappings }),
        maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
        readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      },
    };
  }
}

/** A runtime's config.json. */
type Bundle = Record<string, unknown> & { process: ProcessSpec };

/** What every container has. */
function systemMounts(): object[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...quiet, 'mode=1777', 'size=65536k'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...quiet, 'relatime', 'ro'] },
  ];
}
