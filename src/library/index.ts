/**
 * pidone as a library: real services, supervised as systemd does, in a test or on a developer's machine.
 *
 *   supervise.ts     a machine: its directory (home.ts), free ports (ports.ts), its manager's process (manager.ts)
 *   machine.ts       what a test asks of it; unit.ts: of a unit; ready.ts: waiting until something can be used
 *   calls.ts         the manager's answers, and what it tells as it happens (listeners.ts, entries.ts)
 *   errors.ts        what goes wrong; failure.ts: what is said of it
 *   api.ts           everything public; directives.ts (made of the table of directives), unit-text.ts: units as objects
 *   vitest.ts        `pidone/vitest`: a fixture and matchers
 *
 * It is a client of the manager, which is another process: nothing of the manager is in this one, and this one's children and
 * signals are its own.
 */
export type {
  ActiveState,
  Change,
  CommandResult,
  Exit,
  JobMode,
  JobOptions,
  JobResult,
  JobType,
  JournalEntry,
  JournalQuery,
  Machine,
  MachineProcess,
  MachineUnit,
  Ready,
  ReadyOptions,
  Span,
  SuperviseOptions,
  UnitEvents,
  UnitFacts,
  UnitObject,
  UnitSource,
  UnitState,
  UnitTexts,
  WaitOptions,
} from './api.ts';
export { CommandFailed, InvalidOption, JobFailed, MachineEnded, UnitFailed, WaitTimeout } from './errors.ts';
export { supervise } from './supervise.ts';
