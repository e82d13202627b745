/** The files of examples/engines as a reader of docs/engines.md uses them: in a folder, with the package beside them. */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Outcome } from './container.ts';
import { debianImage, debianPackage, whyNoDocker } from './docker.ts';

const root = resolve(import.meta.dirname, '../..');
export const examples = join(root, 'examples/engines');
export const image = 'pidone-example';

/**
 * Engines of these tests have no network of their own and publish no ports: a program before each that says so, that a file is
 * run as it is. $PIDONE_TEST_NETWORK is the network of a container, the machine's for what has to reach a registry.
 */
const shim = (program: string): string => `#!/bin/bash
words=() verb=\${1-}
while [ $# -gt 0 ]; do
  case $verb,$1 in
    run,-p) shift 2; continue ;;
  esac
  words+=("$1")
  shift
done
case $verb in
  run) words=(run "--network=\${PIDONE_TEST_NETWORK:-none}" "\${words[@]:1}") ;;
  build) words=(build --network=host "\${words[@]:1}") ;;
esac
exec ${program} "\${words[@]}"
`;

/** What a machine permits that is a container itself: no larger limits, no cgroups of systemd's, plain directories as layers. */
const podmanHome = '/var/lib/pidone-podman';
const containersConf = `[containers]
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
`;
const storageConf = `[storage]
driver = "vfs"
graphroot = "${podmanHome}/storage"
runroot = "${podmanHome}/run"
`;

export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'pidone-engines-'));
  readonly #bin = `${this.directory}.bin`;
  readonly #environment: NodeJS.ProcessEnv;

  constructor() {
    const reason = whyNoDocker();
    if (reason !== undefined) throw new Error(`These tests need a Docker engine: ${reason}`);
    cpSync(examples, this.directory, { recursive: true });
    cpSync(join(root, 'dist', debianPackage), join(this.directory, debianPackage));
    mkdirSync(this.#bin);
    for (const name of ['docker', 'podman', 'buildah']) {
      writeFileSync(join(this.#bin, name), shim(`/usr/bin/${name}`));
      chmodSync(join(this.#bin, name), 0o755);
    }
    writeFileSync(join(this.#bin, 'containers.conf'), containersConf);
    writeFileSync(join(this.#bin, 'storage.conf'), storageConf);
    this.#environment = {
      ...process.env,
      PATH: `${this.#bin}:${process.env.PATH}`,
      DOCKER_HOST: process.env.DOCKER_HOST ?? dockerHost(),
      DOCKER_BUILDKIT: '0',
      COMPOSE_DOCKER_CLI_BUILD: '0',
      CONTAINERS_CONF: join(this.#bin, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(this.#bin, 'storage.conf'),
      BUILDAH_RUNTIME: 'runc',
      // podman's timers for health checks are systemd's.
      DISABLE_HC_SYSTEMD: 'true',
    };
  }

  /** Runs a command of sh in the folder. */
  sh(command: string, environment: NodeJS.ProcessEnv = {}, timeoutMs = 600_000): Promise<Outcome> {
    const options = {
      cwd: this.directory,
      env: { ...this.#environment, ...environment },
      timeout: timeoutMs,
      maxBuffer: 1 << 26,
      encoding: 'utf8' as const,
    };
    return new Promise((done) => {
      execFile('sh', ['-c', command], options, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 124;
        done({ exit: code, out, err });
      });
    });
  }

  /** The same of one that has to succeed; its output without the end of the last line. Throws with all that it has said. */
  async must(command: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { exit, out, err } = await this.sh(command, environment);
    if (exit !== 0) throw new Error(`${command}: status ${exit}\n${out.slice(-4000)}\n${err.slice(-4000)}`);
    return out.trimEnd();
  }

  /** Repeats a command until it succeeds; throws after `timeoutMs`. */
  async wait(command: string, timeoutMs = 60_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const { exit, out, err } = await this.sh(command);
      if (exit === 0) return;
      if (Date.now() > end) throw new Error(`never true: ${command}\n${out}${err}`);
      await new Promise((next) => setTimeout(next, 200));
    }
  }

  /** `debian:12`, which no engine of these tests can fetch, is the one that was made here; its `/` may be entered by everybody. */
  async haveDebian(): Promise<void> {
    const from = debianImage('plain');
    if ((await this.must(`docker images -q --filter label=made-of=${from} debian:12`)) !== '') return;
    const id = await this.must(`docker create ${from} true`);
    await this.must(
      `docker export ${id} | tar --delete -f - .dockerenv | docker import -c 'LABEL made-of=${from}' - debian:12`,
    );
    await this.must(`docker rm ${id}`);
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.#bin, { recursive: true, force: true });
  }
}

/** Of the engine that whyNoDocker() has brought up. */
function dockerHost(): string {
  return `unix://${process.env.PIDONE_DOCKER ?? '/var/lib/pidone-docker'}/docker.sock`;
}

/** What the web server of the examples answers from inside of its container. */
export const askWeb = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'`;
export const answerOfWeb = 'It works.';

/** What the table of docs/engines.md says of a container, from what this prints in it. */
export const factsOfContainer = 'cat /proc/self/mounts /proc/self/status';
export function factsFrom(text: string): { capabilities: number; run: boolean; tmp: boolean } {
  const set = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(text)?.[1] ?? '0'}`);
  const mounted = (path: string): boolean => text.includes(` ${path} tmpfs `);
  return { capabilities: set.toString(2).replaceAll('0', '').length, run: mounted('/run'), tmp: mounted('/tmp') };
}

export const exampleText = (name: string): string => readFileSync(join(examples, name), 'utf8');
