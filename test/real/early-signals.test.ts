/** A signal is obeyed whenever it comes, from the first instruction on. `npm run sweep` does it at each millisecond. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontDoor } from '../support/built.ts';
import { whyNoContainer } from '../support/container.ts';
import { EarlyBoots, type Effect, pause, untilBegun } from '../support/early-boot.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`signals to a PID 1 that comes up left out: ${reason}`);

/** Boots, and the milliseconds from the start that they are spread over. */
const boots = Number(process.env.BOOTS ?? 12);
const spreadMs = 600;

const signals: Record<string, { number: number; effect: Effect }> = {
  SIGTERM: { number: 15, effect: { reached: ['halt'], status: 0 } },
  SIGQUIT: { number: 3, effect: { reached: ['halt'], status: 0 } },
  SIGINT: { number: 2, effect: { reached: ['halt'], status: 0 } },
  'SIGRTMIN+3': { number: 37, effect: { reached: ['halt'], status: 0 } },
  'SIGRTMIN+4': { number: 38, effect: { reached: ['poweroff'], status: 0 } },
  SIGPWR: { number: 30, effect: { reached: ['sigpwr'], status: undefined } },
};
const names = Object.keys(signals);

describe.skipIf(reason !== undefined)('a PID 1 that comes up', () => {
  let machine: EarlyBoots;
  beforeAll(() => {
    machine = new EarlyBoots();
  });
  afterAll(() => machine.end());

  it('does at each signal what it does when it is up', async () => {
    for (const name of names) {
      const { number, effect } = signals[name]!;
      expect({ name, ...(await machine.signalled(number, 'up')) }).toEqual({ name, ...effect });
    }
  }, 300_000);

  it('does it while generators run, too, and waits for none that hangs', async () => {
    for (const name of names) {
      const { number, effect } = signals[name]!;
      const when = effect.status === undefined ? 'generating' : 'stuck';
      expect({ name, ...(await machine.signalled(number, when)) }).toEqual({ name, ...effect });
      expect(machine.console).not.toContain('Failed to start default.target');
    }
  }, 300_000);

  it(
    'obeys each at any moment',
    async () => {
      const lost: string[] = [];
      for (let i = 0; i < boots; i++) {
        const name = names[i % names.length]!;
        const { number, effect } = signals[name]!;
        const afterMs = (i * spreadMs) / boots;
        const seen = await machine.signalled(number, afterMs);
        if (JSON.stringify(seen) === JSON.stringify(effect)) continue;
        lost.push(`${name} after ${afterMs} ms: ${JSON.stringify(seen)}\n${machine.console}`);
        console.log(`lost ${lost.length}: ${lost.at(-1)}`);
      }
      console.log(`${boots} boots, ${lost.length} signals lost`);
      expect(lost).toEqual([]);
    },
    boots * 30_000,
  );
});

/** Starts a user's manager with nothing to do and signals it; its exit status, or the signal that it died of. */
async function signalled(argv: string[], signal: number, afterMs: number): Promise<number | string> {
  const directory = mkdtempSync(join(tmpdir(), 'pidone-early-'));
  for (const name of ['units', 'run']) mkdirSync(join(directory, name), { mode: 0o700 });
  for (const name of ['default', 'halt', 'poweroff'])
    writeFileSync(join(directory, `units/${name}.target`), '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n');
  const env = {
    HOME: directory,
    XDG_RUNTIME_DIR: join(directory, 'run'),
    SYSTEMD_UNIT_PATH: join(directory, 'units'),
    PIDONE_SOCKET: join(directory, 'control'),
  };
  const child = spawn(frontDoor, argv, { env, stdio: 'ignore' });
  const ended = new Promise<number | string>((done) => child.on('exit', (status, name) => done(status ?? name ?? -1)));
  try {
    untilBegun(child, true);
    pause(afterMs);
    process.kill(child.pid!, signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const status = await ended;
    clearTimeout(timer);
    return status;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe.skipIf(!existsSync(frontDoor))('a manager that is not PID 1 and comes up', () => {
  for (const argv of [
    ['init', '--user'],
    ['init', '--on-demand', '--user'],
  ])
    it(`ends in order: systemctl ${argv.join(' ')}`, async () => {
      const seen: [string, number, number | string][] = [];
      for (let i = 0; i < 12; i++) {
        const name = ['SIGTERM', 'SIGINT', 'SIGRTMIN+3', 'SIGRTMIN+4'][i % 4]!;
        const afterMs = i * 20;
        seen.push([name, afterMs, await signalled(argv, signals[name]!.number, afterMs)]);
      }
      expect(seen.filter(([, , status]) => status !== 0)).toEqual([]);
    }, 300_000);
});
