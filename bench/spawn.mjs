/** How long the Host takes to start a process; and scripts that run on the project's own sources. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Makes a script that runs on the project's own sources a file that node runs. */
export async function bundle(contents, outfile) {
  const { build } = await import('esbuild');
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': 'pidoneUrl' },
    banner: { js: "const pidoneUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
}

/** Fills so many MiB and prints how long the Host takes to start a process, in ms, from the call to its return. */
const spawnScript = `
  import { createRealHost } from './src/sys/real-host.ts';
  const heap = Array.from({ length: Number(process.argv[2]) }, (_, i) => Buffer.alloc(1 << 20, i + 1));
  const host = createRealHost({ manager: true });
  const idle = { kind: 'null' };
  const request = {
    path: '/bin/true', argv: ['true'], env: [], cwd: '/', umask: 0o22, limits: {}, session: true,
    ignoreSigpipe: true, noNewPrivileges: false,
    stdin: idle, stdout: idle, stderr: idle,
  };
  const times = [];
  for (let i = 0; i < 200; i++) {
    const begin = performance.now();
    host.spawn(request);
    times.push(performance.now() - begin);
  }
  process.stdout.write(String(times.sort((a, b) => a - b)[100]));
  process.exit(heap.length < 0 ? 1 : 0);
`;

/** Rows: what, unit, figure, peers, aim. */
export async function spawnFigures() {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-bench-'));
  const script = join(folder, 'spawn.cjs');
  await bundle(spawnScript, script);
  execFileSync('cp', [join(root, 'dist/root/usr/lib/pidone/addon.node'), folder]);
  const ms = (mebibytes) =>
    Number(execFileSync(process.execPath, [script, String(mebibytes)], { encoding: 'utf8', cwd: root }));
  const figures = { large: ms(500), empty: ms(0) };
  rmSync(folder, { recursive: true });
  return [['a process from a heap of 500 MB', 'ms', figures.large, { 'from an empty one': figures.empty }, '']];
}
