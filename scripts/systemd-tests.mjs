#!/usr/bin/env node
/**
 * Puts systemd's own tests to real systemd and to pidone's tarball, side by side, with the runners beside this checkout, and
 * fails when fewer agree than once did.
 *
 *   scripts/systemd-tests.mjs [--update] [RUNNER…]
 *
 * How many agree of how many stands in test/agreement/systemd-tests.json; --update writes what agrees now, of the runners
 * named or of all. What differs the runners print themselves.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, say, tarball } from './tools.mjs';

const folder = resolve(root, '../shared/systemd-tests');
const known = join(root, 'test/agreement/systemd-tests.json');

/** The runners, those that are through soon first: a file, and what its containers are like. */
const runners = {
  exec: { file: 'exec.py' },
  'exec-no-namespaces': {
    file: 'exec.py',
    env: { NSPAWN_ARGS: '--system-call-filter=~unshare', TAG: '-no-namespaces' },
  },
  scripts: { file: 'scripts.py' },
  fuzz: { file: 'fuzz.py' },
  tables: { file: 'tables.py' },
  units: { file: 'units.py' },
};

/** What a runner's last line says; undefined where it came to no end. */
export function agreementIn(output) {
  const found = /^(\d+) of (\d+) agree$/.exec(output.trimEnd().split('\n').at(-1));
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
}

/** What of `now` is below `before`; lines for people. A runner without a result is below whatever there was. */
export function losses(before, now) {
  return Object.entries(now).flatMap(([name, result]) => {
    if (result === undefined) return [`${name}: no result`];
    const once = before[name];
    return once !== undefined && result[0] < once[0]
      ? [`${name}: ${result[0]} of ${result[1]} agree, once ${once[0]} of ${once[1]}`]
      : [];
  });
}

/** One runner to its end; its output is shown as it comes. */
function play({ file, env = {} }) {
  return new Promise((done) => {
    const child = spawn(join(folder, file), [tarball], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', ({ message }) => fail(`systemd-tests: ${file}: ${message}`));
    child.on('close', () => done(agreementIn(output)));
  });
}

async function main(args) {
  const update = args.includes('--update');
  const asked = args.filter((arg) => arg !== '--update');
  for (const name of asked)
    if (!Object.hasOwn(runners, name)) fail(`systemd-tests: ${name}: one of ${Object.keys(runners).join(', ')}`);
  if (!existsSync(folder)) {
    say("systemd-tests: left out, the runners of systemd's own tests are not beside this checkout");
    return;
  }
  const before = existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : {};
  const now = {};
  for (const name of asked.length > 0 ? asked : Object.keys(runners)) {
    say(`== ${name}`);
    now[name] = await play(runners[name]);
  }
  for (const [name, result] of Object.entries(now))
    say(`${name}: ${result === undefined ? 'no result' : `${result[0]} of ${result[1]} agree`}`);
  const lost = losses(update ? {} : before, now);
  for (const line of lost) console.error(`systemd-tests: no longer agrees: ${line}`);
  if (lost.length > 0) process.exitCode = 1;
  else if (update) writeFileSync(known, `${JSON.stringify({ ...before, ...now }, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
