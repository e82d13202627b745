/** The journal over real sockets and files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Journal } from '../../src/journal/journal.ts';
import { unitFilter } from '../../src/journal/read/match.ts';
import { entriesOf, JournalView } from '../../src/journal/read/view.ts';
import { RealProcesses } from '../support/real-process.ts';
import { unitLogOf } from '../support/unit-log.ts';

const processes = new RealProcesses();
const { host } = processes;
const tree = mkdtempSync(join(tmpdir(), 'pidone-journal-'));
const directories = { persistent: join(tree, 'var/m'), runtime: join(tree, 'run/m') };
const journal = new Journal(host, { console: 'none', directories });
afterAll(() => {
  journal.close();
  host.close();
  rmSync(tree, { recursive: true });
});

/** Runs a script as a service's process, until its output is in the journal to the end. */
async function service(unit: string, script: string): Promise<void> {
  const stream = journal.openStream({ unit, identifier: unit });
  const stdout = { kind: 'fd', fd: stream.fd } as const;
  const { pid } = host.spawn(processes.request(`${script}; echo the end`, { stdout }));
  host.closeFd(stream.fd);
  stream.setProcess({ pid });
  const following = journal.onAppend(() => processes.poke());
  await processes.until(() => unitLogOf(journal, unit, { lines: 1 }).entries[0]?.text('MESSAGE') === 'the end');
  following.close();
  await processes.exitOf(pid);
}

const lines = (unit: string): (string | undefined)[] =>
  [...entriesOf(new JournalView(journal, unitFilter(unit)), 'forward')].map((entry) => entry.text('MESSAGE'));

describe('a service that writes a lot', () => {
  it('loses no line, and another one beside it neither', async () => {
    await Promise.all([
      service('loud.service', 'seq -f "line %.0f of a flood" 100000'),
      service('quiet.service', 'for i in 1 2 3; do echo quiet $i; sleep 0.01; done'),
    ]);
    const loud = lines('loud.service');
    expect(loud).toHaveLength(100_001);
    expect(loud.slice(0, -1).every((line, index) => line === `line ${index + 1} of a flood`)).toBe(true);
    expect(lines('quiet.service')).toEqual(['quiet 1', 'quiet 2', 'quiet 3', 'the end']);
  }, 60_000);

  it('is there for the next manager', () => {
    const again = new Journal(host, { console: 'none', directories });
    expect(unitLogOf(again, 'quiet.service', { lines: 2 }).entries.map((entry) => entry.text('MESSAGE'))).toEqual([
      'quiet 3',
      'the end',
    ]);
    again.close();
  });

  it('comes before what is said about its end', async () => {
    const stream = journal.openStream({ unit: 'short.service', identifier: 'short' });
    const { pid } = host.spawn(processes.request('echo last words', { stdout: { kind: 'fd', fd: stream.fd } }));
    host.closeFd(stream.fd);
    const told = new Promise<void>((resolve) => {
      const previous = host.onExits;
      host.onExits = (exits) => {
        previous(exits);
        if (!exits.some((exit) => exit.pid === pid)) return;
        // As the manager does with the unit of every process that has ended.
        journal.pullUnit('short.service');
        journal.log({ message: 'short.service: Deactivated successfully.', priority: 6, unit: 'short.service' });
        resolve();
      };
    });
    await told;
    expect(lines('short.service')).toEqual(['last words', 'short.service: Deactivated successfully.']);
  });
});
