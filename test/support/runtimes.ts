/** What runs the containers of a pod: runc or crun by itself, or a containerd of one's own with runc below it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './container.ts';

export const runtimeNames = ['runc', 'crun', 'containerd'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** `process` of a runtime's config.json, as far as it is asked for here. */
export interface ProcessSpec {
  readonly args: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number };
  readonly [field: string]: unknown;
}

export interface Runtime {
  /** Starts a container from its config.json, and ends when that does, with its status. */
  run(name: string, config: object): ChildProcess;
  /** One more process in it. */
  exec(name: string, process: ProcessSpec): Promise<Outcome>;
  kill(name: string, signal: string): Promise<unknown>;
  /** Of its first process; undefined: it does not run. */
  pid(name: string): Promise<number | undefined>;
  remove(name: string): Promise<unknown>;
  /** Nothing of the runtime itself is left. */
  end(): Promise<void>;
}

/** `directory` is for what the runtime keeps. */
export const runtimeOf = (name: RuntimeName, directory: string): Runtime =>
  name === 'containerd' ? new Containerd(directory) : new OciRuntime(name, directory);

function call(program: string, args: readonly string[], timeoutMs = 60_000): Promise<Outcome> {
  return new Promise((done) => {
    execFile(program, args, { timeout: timeoutMs, encoding: 'utf8' }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 124;
      done({ exit: code, out, err });
    });
  });
}

/** cgroup v2 on a machine that has v1. */
const unified = '/sys/fs/cgroup/unified';

class OciRuntime implements Runtime {
  readonly #program: 'runc' | 'crun';
  readonly #directory: string;
  #execs = 0;

  constructor(program: 'runc' | 'crun', directory: string) {
    this.#program = program;
    this.#directory = directory;
  }

  /** crun works with no cgroups where both versions have some: there it does not see the second. */
  #invocation(args: readonly string[]): [program: string, args: string[]] {
    const all = ['--root', join(this.#directory, 'state'), ...args];
    if (this.#program === 'runc' || !existsSync(unified)) return [this.#program, all];
    return ['unshare', ['--mount', 'sh', '-c', `umount ${unified}; exec ${this.#program} "$@"`, 'sh', ...all]];
  }
  #call(...args: readonly string[]): Promise<Outcome> {
    return call(...this.#invocation(args));
  }

  run(name: string, config: object): ChildProcess {
    const bundle = join(this.#directory, name);
    mkdirSync(bundle);
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    return spawn(...this.#invocation(['run', '--bundle', bundle, name]), { stdio: ['ignore', 'pipe', 'pipe'] });
  }
  exec(name: string, process: ProcessSpec): Promise<Outcome> {
    const file = join(this.#directory, `process-${this.#execs++}.json`);
    writeFileSync(file, JSON.stringify(process));
    return this.#call('exec', '--process', file, name);
  }
  kill(name: string, signal: string): Promise<unknown> {
    return this.#call('kill', name, signal);
  }
  async pid(name: string): Promise<number | undefined> {
    const { exit, out } = await this.#call('state', name);
    return exit === 0 && /"status": *"running"/.test(out) ? Number(/"pid": *(\d+)/.exec(out)?.[1]) : undefined;
  }
  remove(name: string): Promise<unknown> {
    return this.#call('delete', '--force', name);
  }
  async end(): Promise<void> {}
}

/** As a kubelet has it: the daemon, and ctr(8) in place of its CRI. */
class Containerd implements Runtime {
  readonly #directory: string;
  readonly #socket: string;
  readonly #daemon: ChildProcess;
  readonly #ended: Promise<unknown>;
  #execs = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#socket = join(directory, 'containerd.sock');
    const config = join(directory, 'containerd.toml');
    const plugins = ['cri', 'btrfs', 'devmapper', 'zfs', 'aufs'].map(
      (name) => `"io.containerd.${kindOf(name)}.${name}"`,
    );
    writeFileSync(config, `version = 2\ndisabled_plugins = [${plugins.join(', ')}]\n`);
    const places = ['--root', join(directory, 'containerd'), '--state', join(directory, 'containerd.state')];
    this.#daemon = spawn('containerd', ['--config', config, ...places, '--address', this.#socket], { stdio: 'ignore' });
    this.#ended = new Promise((done) => this.#daemon.on('close', done));
  }

  #words(...args: readonly string[]): string[] {
    return ['--address', this.#socket, '--namespace', 'k8s.io', ...args];
  }
  #call(...args: readonly string[]): Promise<Outcome> {
    return call('ctr', this.#words(...args));
  }

  run(name: string, config: object): ChildProcess {
    const file = join(this.#directory, `${name}.json`);
    writeFileSync(file, JSON.stringify(config));
    // It answers when its socket is there.
    const script =
      'for i in $(seq 600); do ctr -a "$0" version >/dev/null 2>&1 && break; sleep 0.05; done; exec ctr "$@"';
    return spawn('sh', ['-c', script, this.#socket, ...this.#words('run', '--config', file, name)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  exec(name: string, { args, user }: ProcessSpec): Promise<Outcome> {
    const id = `exec-${this.#execs++}`;
    return this.#call('tasks', 'exec', '--exec-id', id, '--user', `${user.uid}:${user.gid}`, name, ...args);
  }
  kill(name: string, signal: string): Promise<unknown> {
    return this.#call('tasks', 'kill', '--signal', signal, name);
  }
  async pid(name: string): Promise<number | undefined> {
    const { out } = await this.#call('tasks', 'list');
    const found = out
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([task]) => task === name);
    return found?.[2] === 'RUNNING' ? Number(found[1]) : undefined;
  }
  async remove(name: string): Promise<unknown> {
    await this.#call('tasks', 'delete', '--force', name);
    return this.#call('containers', 'delete', name);
  }
  async end(): Promise<void> {
    this.#daemon.kill('SIGTERM');
    await this.#ended;
  }
}

/** Plugins of a machine that a test does not use, and that complain where the machine has not what they need. */
const kindOf = (plugin: string): string => (plugin === 'cri' ? 'grpc.v1' : 'snapshotter.v1');
