/** The completion of bash, as bash has it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { allCompletions } from '../../src/main/completions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pidone-completions-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const made = spawnSync(process.execPath, ['scripts/completions.mjs', scratch], { encoding: 'utf8' });

/** What bash offers for the last word. */
function complete(...words: string[]): string[] {
  const program = words[0]!;
  const script = `
    systemctl() { [[ $1 == list-units ]] && echo 'a.service loaded active running A'; }
    source "$0/bash-completion/completions/${program}"
    cd "$0"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _${program.replaceAll('-', '_')}
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-euc', script, scratch, ...words], {
    encoding: 'utf8',
    // a shell whose stdin is a socket believes that it was called from afar, and reads its files after all
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

it('is made', () => {
  expect({ status: made.status, err: made.stderr }).toEqual({ status: 0, err: '' });
});

it('offers verbs, options, units and files, each where it can stand', () => {
  writeFileSync(join(scratch, 'x.conf'), '');
  expect(complete('systemctl', '--no-pager', 'is-e')).toEqual(['is-enabled']);
  expect(complete('systemctl', 'start', '--no-b')).toEqual(['--no-block']);
  expect(complete('systemctl', 'start', 'a')).toEqual(['a.service']);
  expect(complete('systemctl', 'daemon-reload', 'a')).toEqual([]);
  expect(complete('systemctl', '--root', 'x')).toEqual(['x.conf']);
  expect(complete('journalctl', '-u', 'a')).toEqual(['a.service']);
  expect(complete('systemd-tmpfiles', '--create', 'x')).toEqual(['x.conf']);
  expect(complete('systemd-analyze', 'crit')).toEqual(['critical-chain']);
});

it('offers everything that a program has', async () => {
  for (const [program, { options, verbs }] of Object.entries(await allCompletions())) {
    const offered = complete(program, '-');
    expect(options.flatMap(({ names }) => names).filter((name) => !offered.includes(name))).toEqual([]);
    if (verbs.length > 0) expect(complete(program, '').sort()).toEqual(verbs.map(({ name }) => name).sort());
  }
});
