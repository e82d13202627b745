/** What is said when a job begins and ends, in the log and on the console. */
import type { LogLevel } from '../text/log-level.ts';
import type { JobResult, JobType } from '../units/job-types.ts';
import type { Unit } from '../units/unit.ts';
import type { Job } from './job.ts';

export interface AnnouncementsContext {
  log(level: LogLevel, message: string, unit?: Unit, fields?: Record<string, string>): void;
  /** One line of boot or shutdown on the console: `status` is what stands in the brackets, '' for none. */
  statusLine(status: string, text: string): void;
}

/** How the end of a job is told: level in the log, word on the console. */
const doneLevels: Record<JobResult, LogLevel> = {
  done: 6,
  canceled: 6,
  timeout: 3,
  failed: 3,
  dependency: 4,
  skipped: 5,
  invalid: 6,
  assert: 4,
  unsupported: 4,
  collected: 6,
  once: 3,
  concurrency: 3,
};
const doneWords: Partial<Record<JobResult, string>> = {
  done: '  OK  ',
  timeout: ' TIME ',
  failed: 'FAILED',
  dependency: 'DEPEND',
  skipped: ' INFO ',
  assert: 'ASSERT',
  unsupported: 'UNSUPP',
  once: ' ONCE ',
  concurrency: 'CONCUR',
};

/** Message ids of sd-messages(3). */
const messageIds = {
  starting: '7d4958e842da4a758f6c1cdc7b36dcc5',
  started: '39f53479d3a045ac8e11786248231fbf',
  failed: 'be02cf6855d2428ba40df7e9d022f03d',
  stopping: 'de5b426a63be47a7b6ac3eaac82e2f6f',
  stopped: '9d1aaa27d60140bd96365438aad20286',
  reloading: 'd34d037fff1847e6ae669a370e694725',
  reloaded: '7b05ebc668384222baa8881179cfda54',
};

export class Announcements {
  readonly #context: AnnouncementsContext;

  constructor(context: AnnouncementsContext) {
    this.#context = context;
  }

  /** It begins work. */
  begun(job: Job, type: 'start' | 'stop' | 'reload'): void {
    const format = job.unit.jobStartMessage(type);
    if (format === undefined) return;
    const text = format.replace('%s', () => job.unit.statusName);
    const id = { start: messageIds.starting, stop: messageIds.stopping, reload: messageIds.reloading }[type];
    this.#context.log(6, text, job.unit, { JOB_ID: String(job.id), JOB_TYPE: type, MESSAGE_ID: id });
    if (type !== 'reload') this.#context.statusLine('', text);
  }

  /** It has ended. */
  ended(job: Job, result: JobResult): void {
    const { unit, type } = job;
    const skipped = type === 'start' && result === 'done' && !unit.conditionResult;
    const format = skipped ? skippedMessage(unit) : unit.jobDoneMessage(type, result);
    if (format === undefined) return;
    const text = format.replace('%s', () => unit.statusName);
    const fields: Record<string, string> = { JOB_ID: String(job.id), JOB_TYPE: type, JOB_RESULT: result };
    const id = doneMessageId(type, result);
    if (id !== undefined) fields.MESSAGE_ID = id;
    // systemd's messages without an id are no unit's: journalctl --unit does not show them.
    this.#context.log(doneLevels[result], text, id === undefined ? undefined : unit, fields);
    const word = doneWords[result];
    if (type === 'reload' || word === undefined || skipped) return;
    this.#context.statusLine(word, text);
    if (type === 'start' && result === 'failed')
      this.#context.statusLine('', `See 'systemctl status ${unit.id}' for details.`);
  }
}

function skippedMessage(unit: Unit): string {
  const condition = unit.failedCondition;
  if (condition === undefined) return 'Condition check resulted in %s being skipped.';
  const { conditionType, noTriggerCondition, unmetCondition } = unit.manager.host.voice.manager;
  if (condition.trigger) return noTriggerCondition;
  const { type, negate, parameter } = condition;
  return unmetCondition(`Condition${conditionType(type)}`, `${negate ? '!' : ''}${parameter}`);
}

function doneMessageId(type: JobType, result: JobResult): string | undefined {
  if (type === 'start') return result === 'done' ? messageIds.started : messageIds.failed;
  if (type === 'reload') return messageIds.reloaded;
  if (type === 'stop' || type === 'restart') return messageIds.stopped;
  return undefined;
}
