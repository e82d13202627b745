/** What the log says of jobs, by type of unit: job_emit_start_message() and job_emit_done_message() of systemd 252. */
import { describe, expect, it } from 'vitest';
import type { JobResult, JobType } from '../../../src/units/job-types.ts';
import { world } from '../../support/world.ts';

const w = world({
  units: {
    'a.service': '[Service]\nExecStart=/bin/a\n',
    'once.service': '[Service]\nType=oneshot\nExecStart=/bin/a\n',
    'a.socket': '[Socket]\nListenStream=/run/a\n',
    'a.target': '[Unit]\n',
    'a.slice': '[Slice]\n',
    'a.timer': '[Timer]\nOnActiveSec=1h\n',
    'a.path': '[Path]\nPathExists=/srv/a\n',
    'mnt-a.mount': '[Mount]\nWhat=x\nWhere=/mnt/a\n',
    'mnt-a.automount': '[Automount]\nWhere=/mnt/a\n',
    'dev-a.swap': '[Swap]\nWhat=/dev/a\n',
  },
});
const results: JobResult[] = [
  'done',
  'canceled',
  'timeout',
  'failed',
  'dependency',
  'skipped',
  'invalid',
  'assert',
  'unsupported',
  'collected',
  'once',
];

/** Those of a type that has no words of its own. */
const usual: Partial<Record<JobType, Partial<Record<JobResult, string>>>> = {
  start: {
    done: 'Started %s.',
    timeout: 'Timed out starting %s.',
    failed: 'Failed to start %s.',
    dependency: 'Dependency failed for %s.',
    assert: 'Assertion failed for %s.',
    unsupported: 'Starting of %s unsupported.',
    collected: 'Unnecessary job was removed for %s.',
    once: 'Unit %s has been started before and cannot be started again.',
  },
  stop: { done: 'Stopped %s.', failed: 'Stopped %s with error.', timeout: 'Timed out stopping %s.' },
  restart: { done: 'Stopped %s.', failed: 'Stopped %s with error.', timeout: 'Timed out stopping %s.' },
  reload: { done: 'Reloaded %s.', failed: 'Reload failed for %s.', timeout: 'Timed out reloading %s.' },
  'verify-active': { skipped: '%s is inactive.' },
  nop: {},
  'try-restart': {},
};

describe.each<[string, typeof usual]>([
  ['a.service', {}],
  ['once.service', { start: { done: 'Finished %s.' } }],
  [
    'a.socket',
    {
      start: { done: 'Listening on %s.', failed: 'Failed to listen on %s.' },
      stop: { done: 'Closed %s.', failed: 'Failed stopping %s.' },
      restart: { done: 'Closed %s.', failed: 'Failed stopping %s.' },
    },
  ],
  [
    'a.target',
    {
      start: { done: 'Reached target %s.' },
      stop: { done: 'Stopped target %s.' },
      restart: { done: 'Stopped target %s.' },
    },
  ],
  [
    'a.slice',
    {
      start: { done: 'Created slice %s.' },
      stop: { done: 'Removed slice %s.' },
      restart: { done: 'Removed slice %s.' },
    },
  ],
  ['a.timer', {}],
  ['a.path', {}],
  [
    'mnt-a.mount',
    {
      start: { done: 'Mounted %s.', failed: 'Failed to mount %s.', timeout: 'Timed out mounting %s.' },
      stop: { done: 'Unmounted %s.', failed: 'Failed unmounting %s.', timeout: 'Timed out unmounting %s.' },
      restart: { done: 'Unmounted %s.', failed: 'Failed unmounting %s.', timeout: 'Timed out unmounting %s.' },
    },
  ],
  ['mnt-a.automount', {}],
  ['dev-a.swap', {}],
  ['dev-x.device', { start: { done: 'Found device %s.', timeout: 'Timed out waiting for device %s.' } }],
])('%s', (name, own) => {
  it.each(Object.keys(usual) as JobType[])('%s', (type) => {
    const unit = w.unit(name);
    const wanted = { ...usual[type], ...own[type] };
    const said = Object.fromEntries(
      results.map((result) => [result, unit.jobDoneMessage(type, result)]).filter(([, text]) => text !== undefined),
    );
    expect(said).toEqual(wanted);
  });
});

it.each([
  ['a.service', 'Starting %s...', 'Stopping %s...'],
  ['a.socket', 'Starting %s...', 'Stopping %s...'],
  ['mnt-a.mount', 'Mounting %s...', 'Unmounting %s...'],
  ['dev-x.device', 'Expecting device %s...', 'Waiting for device %s to disappear...'],
])('%s begins', (name, start, stop) => {
  const unit = w.unit(name);
  expect(unit.jobStartMessage('start')).toBe(start);
  expect(unit.jobStartMessage('stop')).toBe(stop);
  expect(unit.jobStartMessage('reload')).toBe('Reloading %s...');
  expect(unit.jobStartMessage('verify-active')).toBeUndefined();
});
