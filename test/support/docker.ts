/** A Docker engine for tests: the one that is there, or the one that the workspace beside this checkout brings up. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Outcome } from './container.ts';

const root = resolve(import.meta.dirname, '../..');
const engine = resolve(root, '../shared/docker/engine');
const baseImage = resolve(root, '../shared/docker/base-image');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
/** Names of the Debian packages that `npm run pack` has made. */
export const debianPackage = `pidone_${version}_amd64.deb`;
export const nodelessPackage = `pidone-nodeless_${version}_amd64.deb`;

let environment: NodeJS.ProcessEnv = process.env;

/** Makes an engine answer. Returns why there is none, or undefined. */
export function whyNoDocker(): string | undefined {
  if (existsSync(engine) && process.getuid?.() === 0) {
    const line = execFileSync(engine, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const host = /DOCKER_HOST=(\S+)/.exec(line)?.[1];
    environment = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '0' };
    return undefined;
  }
  return 'the workspace that brings up an engine and a base image is not beside this checkout';
}

/** Name of the Debian image to build on: 12 with the systemd package's files, or without; 13 without. */
export function debianImage(kind: 'systemd' | 'plain' | 'trixie'): string {
  return execFileSync(baseImage, [kind], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

export function docker(args: readonly string[], timeoutMs = 60_000): Promise<Outcome> {
  return new Promise((done) => {
    execFile('docker', args, { env: environment, timeout: timeoutMs, maxBuffer: 1 << 26 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 124;
      done({ exit: code, out, err });
    });
  });
}

/** Builds an image with pidone's tarball and its Debian packages in the build context. Throws with the output where it fails. */
export async function buildImage(name: string, dockerfile: string, files: Record<string, string> = {}): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), 'pidone-image-'));
  try {
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    for (const name of ['pidone-linux-x64.tar.gz', debianPackage, nodelessPackage])
      cpSync(join(root, 'dist', name), join(context, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(context, file), text);
    const built = await docker(['build', '--network=host', '-t', name, context], 1_200_000);
    if (built.exit !== 0) throw new Error(`docker build failed:\n${built.out.slice(-4000)}\n${built.err.slice(-4000)}`);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

export class DockerContainer {
  readonly id: string;
  private constructor(id: string) {
    this.id = id;
  }

  static async run(
    image: string,
    command: readonly string[] = [],
    options: readonly string[] = [],
  ): Promise<DockerContainer> {
    const network = options.some((option) => option.startsWith('--network')) ? [] : ['--network=none'];
    const started = await docker(['run', '-d', ...network, ...options, image, ...command]);
    if (started.exit !== 0) throw new Error(`docker run failed: ${started.err}`);
    return new DockerContainer(started.out.trim());
  }

  sh(command: string, timeoutMs = 60_000): Promise<Outcome> {
    return docker(['exec', this.id, 'sh', '-c', command], timeoutMs);
  }

  /** Repeats a command until it succeeds; throws with its output and the container's log after `timeoutMs`. */
  async wait(command: string, timeoutMs = 30_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const last = await this.sh(command, timeoutMs);
      if (last.exit === 0) return;
      if (Date.now() > end) throw new Error(`never true: ${command}\n${last.out}${last.err}\n${await this.log()}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  /** Until the container's output matches; throws with it after `timeoutMs`. */
  async waitForLog(pattern: RegExp, timeoutMs = 30_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!pattern.test(await this.log())) {
      if (Date.now() > end) throw new Error(`never said: ${pattern}\n${await this.log()}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  async log(): Promise<string> {
    const { out, err } = await docker(['logs', this.id]);
    return out + err;
  }

  /** Stops it and starts it again. */
  async restart(): Promise<void> {
    const { exit, err } = await docker(['restart', '-t', '100', this.id], 200_000);
    if (exit !== 0) throw new Error(`docker restart failed: ${err}`);
  }

  /** `docker stop`; milliseconds that it took and the container's exit status. */
  async stop(): Promise<{ ms: number; exit: number }> {
    const begin = performance.now();
    await docker(['stop', '-t', '30', this.id], 60_000);
    const ms = performance.now() - begin;
    const status = await docker(['inspect', '-f', '{{.State.ExitCode}}', this.id]);
    return { ms, exit: Number(status.out) };
  }

  /** Waits for its end without a signal. */
  async exitStatus(): Promise<number> {
    return Number((await docker(['wait', this.id], 60_000)).out);
  }

  async remove(): Promise<void> {
    await docker(['rm', '-f', this.id]);
  }
}
