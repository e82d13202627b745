/** `pidone/sim` as it is published: its types are enough for a project of one's own, and it needs no native code. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Compilers are slow on a machine that has nothing to spare. */
const patience = 300_000;

const project = mkdtempSync(join(tmpdir(), 'pidone-sim-'));
const modules = join(project, 'node_modules');

const user = `
import { type Script, simulate } from 'pidone/sim';

const program: Script = async (p) => {
  p.log('hello from ' + p.unit);
  await p.sleep('90s');
  p.exit(0);
};
await using sim = await simulate({
  units: ['./units', { 'b.timer': { Timer: { OnUnitActiveSec: '1h', Unit: 'a.service' } } }],
  programs: { '/usr/bin/a': program },
});
await sim.start('b.timer');
await sim.start('a.service');
await sim.advance('3h');
const { stdout } = await sim.systemctl('list-timers', '--no-pager', '--no-legend');
// @ts-expect-error: there is no such directive
sim.write('c.service', { Service: { ExecStarts: '/usr/bin/c' } });
`;
const printed = `console.log(JSON.stringify({ starts: sim.unit('a.service').starts, timers: stdout.includes('b.timer') }));`;

beforeAll(() => {
  mkdirSync(join(modules, 'pidone'), { recursive: true });
  mkdirSync(join(modules, '@types'));
  mkdirSync(join(project, 'units'));
  writeFileSync(join(project, 'units/a.service'), '[Service]\nType=oneshot\nExecStart=/usr/bin/a\n');
  writeFileSync(join(project, 'units/README'), 'no unit\n');
  const built = spawnSync(process.execPath, ['scripts/build-simulation.mjs', join(modules, 'pidone/dist/sim')]);
  expect(built.stderr.toString()).toBe('');
  const exports = { './sim': { types: './dist/sim/index.d.ts', default: './dist/sim/index.js' } };
  writeFileSync(join(modules, 'pidone/package.json'), JSON.stringify({ name: 'pidone', type: 'module', exports }));
  for (const name of ['@types/node', 'undici-types']) symlinkSync(resolve('node_modules', name), join(modules, name));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}, patience);
afterAll(() => rmSync(project, { recursive: true }));

it('is typed for a strict project, down to each directive', { timeout: patience }, () => {
  writeFileSync(join(project, 'user.ts'), user);
  const options = {
    strict: true,
    noEmit: true,
    target: 'ES2022',
    module: 'NodeNext',
    lib: ['ES2023', 'ESNext.Disposable'],
  };
  const compilerOptions = { ...options, skipLibCheck: false, types: ['node'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
  const { stdout, status } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', project], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

it('runs by itself, with the real command line', () => {
  const text = user
    .replace(/^\/\/ @ts.*\n.*\n/m, '')
    .replace('type Script, ', '')
    .replace(': Script', '')
    .replace('await using sim', 'const sim');
  writeFileSync(join(project, 'user.mjs'), `${text}${printed}`);
  const { stdout, stderr } = spawnSync(process.execPath, ['user.mjs'], { cwd: project, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ starts: 4, timers: true });
});
