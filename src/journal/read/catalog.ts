/**
 * The message catalog (`journalctl -x`): explanations by MESSAGE_ID. What packages installed under
 * /usr/lib/systemd/catalog comes first; for the manager's own messages there is one here.
 */
import type { Files } from '../../sys/host.ts';
import type { JournalEntry } from '../entry/entry.ts';
import { messageIds } from '../entry/message-ids.ts';

const job = (what: string, last: string): [string, string] => [`${what}`, `${what}.\n\n${last}`];
const identifier = 'The job identifier is @JOB_ID@.';
const identifierAndResult = 'The job identifier is @JOB_ID@ and the job result is @JOB_RESULT@.';

/** Subject and text. */
const builtin: Readonly<Record<string, [subject: string, text: string]>> = {
  [messageIds.unitStarting]: job('A start job for unit @UNIT@ has begun execution', identifier),
  [messageIds.unitStarted]: job('A start job for unit @UNIT@ has finished successfully', identifier),
  [messageIds.unitFailed]: [
    'A start job for unit @UNIT@ has failed',
    `A start job for unit @UNIT@ has finished with a failure.\n\n${identifierAndResult}`,
  ],
  [messageIds.unitStopping]: job('A stop job for unit @UNIT@ has begun execution', identifier),
  [messageIds.unitStopped]: job('A stop job for unit @UNIT@ has finished', identifierAndResult),
  [messageIds.unitReloading]: job('A reload job for unit @UNIT@ has begun execution', identifier),
  [messageIds.unitReloaded]: job('A reload job for unit @UNIT@ has finished', identifierAndResult),
  [messageIds.unitRestartScheduled]: [
    'Automatic restarting of a unit has been scheduled',
    'Automatic restarting of the unit @UNIT@ has been scheduled, as the result for\nthe configured Restart= setting for the unit.',
  ],
  [messageIds.unitResources]: [
    'Resources consumed by unit runtime',
    'The unit @UNIT@ completed and consumed the indicated resources.',
  ],
  [messageIds.unitSuccess]: ['Unit succeeded', "The unit @UNIT@ has successfully entered the 'dead' state."],
  [messageIds.unitSkipped]: [
    'Unit skipped',
    "The unit @UNIT@ was skipped due to an ExecCondition= command failure, and has\nentered the 'dead' state with result '@UNIT_RESULT@'.",
  ],
  [messageIds.unitFailureResult]: [
    'Unit failed',
    "The unit @UNIT@ has entered the 'failed' state with result '@UNIT_RESULT@'.",
  ],
  [messageIds.unitProcessExit]: [
    'Unit process exited',
    "An @COMMAND@= process belonging to unit @UNIT@ has exited.\n\nThe process' exit code is '@EXIT_CODE@' and its exit status is @EXIT_STATUS@.",
  ],
  [messageIds.unitOutOfMemory]: [
    'A process of @UNIT@ unit has been killed by the OOM killer.',
    'The container or the machine ran out of memory, and the kernel chose a process of @UNIT@\nto be killed. It need not have been the one that used most of it.',
  ],
  [messageIds.spawnFailed]: [
    'Process @EXECUTABLE@ could not be executed',
    'The process @EXECUTABLE@ could not be executed and failed.\n\nThe error number returned by this process is @ERRNO@.',
  ],
  [messageIds.startupFinished]: [
    'System start-up is now complete',
    'All services that were queued at boot have been started. Some may still be busy\nwith their own start-up.\n\nUserspace start-up required @USERSPACE_USEC@ microseconds.',
  ],
  [messageIds.shutdown]: ['System shutdown initiated', 'The system is going down: all services are being stopped.'],
  [messageIds.journalStarted]: ['The journal has been started', 'The journal is open, and takes messages.'],
  [messageIds.journalStopped]: ['The journal has been stopped', 'The journal was closed: no more messages are taken.'],
  [messageIds.journalUsage]: [
    'Disk space used by the journal',
    '@JOURNAL_NAME@ (@JOURNAL_PATH@) is currently using @CURRENT_USE_PRETTY@.\nMaximum allowed usage is set to @MAX_USE_PRETTY@.\n\nThe limits are SystemMaxUse=, SystemKeepFree=, SystemMaxFileSize=, RuntimeMaxUse=,\nRuntimeKeepFree= and RuntimeMaxFileSize= in /etc/systemd/journald.conf.\nSee journald.conf(5) for details.',
  ],
  [messageIds.journalDropped]: [
    'Messages from a service have been suppressed',
    'A service logged more than its limit allows, and the rest was dropped; messages of\nother services are not affected.\n\nThe limits are RateLimitIntervalSec= and RateLimitBurst= in\n/etc/systemd/journald.conf and LogRateLimitIntervalSec= and LogRateLimitBurst=\nin the unit file. See journald.conf(5) and systemd.exec(5) for details.',
  ],
  [messageIds.journalMissed]: ['Journal messages have been missed', 'Messages could not be stored, and are gone.'],
  [messageIds.forwardSyslogMissed]: [
    'One or more messages could not be forwarded to syslog',
    'The syslog daemon did not take messages as quickly as they were queued for it.',
  ],
};

const directories = ['/etc/systemd/catalog', '/usr/local/lib/systemd/catalog', '/usr/lib/systemd/catalog'];
const fallbackSupport = 'https://www.debian.org/support';

export class Catalog {
  readonly #files: Files;
  readonly #root: string;
  #entries: Map<string, string> | undefined;

  /** `root` is put in front of all paths ('' for none). */
  constructor(files: Files, root = '') {
    this.#files = files;
    this.#root = root;
  }

  #load(): Map<string, string> {
    if (this.#entries !== undefined) return this.#entries;
    const entries = new Map<string, string>();
    const support = this.#support();
    for (const [id, [subject, text]] of Object.entries(builtin)) {
      entries.set(id, `Subject: ${subject}\nDefined-By: systemd\nSupport: ${support}\n\n${text}\n`);
    }
    for (const directory of [...directories].reverse()) {
      for (const path of this.#catalogFiles(`${this.#root}${directory}`)) {
        try {
          parseCatalog(this.#files.readText(path), support, entries);
        } catch {
          // Unreadable: as if it were not there.
        }
      }
    }
    this.#entries = entries;
    return entries;
  }

  /** The untranslated files of a directory, by name. */
  #catalogFiles(directory: string): string[] {
    try {
      const names = this.#files.readdir(directory).filter((name) => /^[^.]+\.catalog$/.test(name));
      return names.sort().map((name) => `${directory}/${name}`);
    } catch {
      return [];
    }
  }

  #support(): string {
    for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
      try {
        const match = /^SUPPORT_URL=["']?([^"'\n]+)/m.exec(this.#files.readText(`${this.#root}${path}`));
        if (match !== null) return match[1]!;
        break;
      } catch {
        // The other one, then.
      }
    }
    return fallbackSupport;
  }

  /** All entries by id. */
  all(): [id: string, text: string][] {
    return [...this.#load()].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  text(id: string): string | undefined {
    return this.#load().get(id);
  }

  /** The explanation of an entry with its fields filled in; undefined where there is none. */
  explain(entry: JournalEntry): string | undefined {
    const id = entry.text('MESSAGE_ID');
    const text = id === undefined ? undefined : this.text(id);
    return text?.replace(/@([A-Z0-9_]+)@/g, (whole, name: string) => entry.text(name) ?? (name === '' ? '@' : whole));
  }
}

/** `-- ID` lines begin entries; comments and language variants are passed over. */
function parseCatalog(text: string, support: string, into: Map<string, string>): void {
  let id: string | undefined;
  let lines: string[] = [];
  const finish = (): void => {
    if (id !== undefined) into.set(id, `${lines.join('\n').trim().replaceAll('%SUPPORT_URL%', support)}\n`);
    lines = [];
  };
  for (const line of text.split('\n')) {
    const head = /^-- ([0-9a-f]{32})\s*(\S*)\s*$/.exec(line);
    if (head === null) {
      if (!line.startsWith('#')) lines.push(line);
      continue;
    }
    finish();
    id = head[2] === '' ? head[1] : undefined;
  }
  finish();
}
