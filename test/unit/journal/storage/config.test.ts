import { expect, it } from 'vitest';
import { defaultConfig, readJournalConfig } from '../../../../src/journal/storage/config.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

it('reads journald.conf and its drop-ins', () => {
  const host = new SimHost();
  host.files.put('/etc/systemd/journald.conf', '[Journal]\nStorage=persistent\nSystemMaxUse=10M\nLineMax=100\n');
  host.files.put('/run/systemd/journald.conf.d/50-a.conf', '[Journal]\nSystemMaxUse=20M\nRateLimitBurst=5\nBad\n');
  const warnings: string[] = [];
  const config = readJournalConfig(host.files, (message) => warnings.push(message));
  expect(config.storage).toBe('persistent');
  expect(config.system.maxUse).toBe(20 * 1024 * 1024);
  expect(config.rateLimit).toEqual({ intervalMs: 30_000, burst: 5 });
  expect(config.lineMax).toBe(100);
  expect(warnings).toHaveLength(1);
});

it('says what a journald.conf is that is no file', () => {
  const host = new SimHost();
  host.files.putSpecial('/etc/systemd/journald.conf', 'fifo');
  host.files.mkdirs('/run/systemd/journald.conf.d');
  host.files.symlink('/dev/null', '/run/systemd/journald.conf.d/50-a.conf');
  host.files.symlink('/nowhere', '/run/systemd/journald.conf.d/60-b.conf');
  const warnings: string[] = [];
  expect(readJournalConfig(host.files, (message) => warnings.push(message))).toEqual(defaultConfig());
  expect(warnings).toEqual([
    '/etc/systemd/journald.conf:0: Error while reading configuration file: Is a FIFO, not a regular file',
  ]);
});
