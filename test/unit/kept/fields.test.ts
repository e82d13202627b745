/**
 * Every field of what outlives the manager's program is kept, or stands here with the reason why it need not be: what follows
 * from others, what the unit's definition says, what is made anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** By class; the file of each, and its fields that are not kept. */
const described: Record<string, { file: string; derived: Record<string, string> }> = {
  Unit: {
    file: 'units/unit.ts',
    derived: {
      manager: 'given',
      type: 'given',
      id: 'the registry keeps it',
      names: 'the definition says them',
      loadState: 'the definition says it',
      '#loaded': 'the definition is read anew',
      job: 'the engine keeps jobs',
      nopJob: 'the engine keeps jobs',
      dependencies: 'the definition says them; those of a connection its service ties again',
      referencedBy: 'whoever has a use of it says so again',
      perpetual: 'the definition says it',
    },
  },
  ServiceBase: {
    file: 'units/service-base.ts',
    derived: {
      '#timer': 'armed for the deadline',
      '#watchdogTimer': 'armed for the deadline',
      pidFileWatch: 'opened again where it was',
      willAutoRestart: 'true only within a change of state',
    },
  },
  ServicePhases: {
    file: 'units/service-phases.ts',
    derived: { hadNothingToStop: 'true only within a change of state' },
  },
  Service: {
    file: 'units/service.ts',
    derived: {
      '#cleaning': 'begins again with what is left',
    },
  },
  FdStore: { file: 'units/fd-store.ts', derived: { '#host': 'given', '#emptied': 'given' } },
  PrivateTmpDirectories: { file: 'exec/private-tmp.ts', derived: { '#host': 'given', '#unit': 'given' } },
  RateLimit: {
    file: 'units/rate-limit.ts',
    derived: { intervalMs: 'the owner’s settings', burst: 'the owner’s settings' },
  },
  ControlProcess: {
    file: 'units/control-process.ts',
    derived: {
      '#unit': 'given',
      '#kind': 'given',
      '#wait': 'the owner’s state says what follows',
      '#timer': 'armed from when it was waited for',
    },
  },
  Socket: { file: 'units/socket.ts', derived: {} },
  Deferral: {
    file: 'units/deferral.ts',
    derived: { '#socket': 'given', '#told': 'given', '#open': 'revive', '#timer': 'revive', '#asked': 'of this turn' },
  },
  SocketPorts: { file: 'units/socket-ports.ts', derived: { '#owner': 'given' } },
  Mount: { file: 'units/mount.ts', derived: { '#commands': 'forgotten, as daemon-reload does' } },
  Scope: {
    file: 'units/scope.ts',
    derived: { '#timer': 'armed from when it was armed', '#watch': 'of the pidfd, or of looks' },
  },
  Device: { file: 'units/device.ts', derived: {} },
  InstantUnit: { file: 'units/instant.ts', derived: {} },
  Target: { file: 'units/target.ts', derived: {} },
  Slice: { file: 'units/slice.ts', derived: {} },
  UnsupportedUnit: { file: 'units/unsupported.ts', derived: {} },
  Automount: { file: 'units/unsupported.ts', derived: {} },
  Swap: { file: 'units/unsupported.ts', derived: {} },
  Trigger: { file: 'units/trigger.ts', derived: {} },
  TimerUnit: {
    file: 'units/timer.ts',
    derived: {
      '#monotonicTimer': 'armed for the next elapse',
      '#realtimeTimer': 'armed for the next elapse',
      '#timeChange': 'awaited again',
    },
  },
  PathUnit: {
    file: 'units/path.ts',
    derived: { '#recheckScheduled': 'it looks in any case', '#nextLook': 'it looks in any case' },
  },
  Job: {
    file: 'jobs/job.ts',
    derived: {
      id: 'the engine keeps it',
      unit: 'the engine keeps it',
      type: 'the engine keeps it',
      result: 'a job that has one is gone',
      timer: 'armed for the deadline',
      '#waiters': 'who waits is kept with its connection',
    },
  },
  JobEngine: {
    file: 'jobs/engine.ts',
    derived: {
      '#context': 'given',
      '#queue': 'its jobs say that they are in it',
      '#idleWaiters': 'who waits asks again',
      '#kept': 'the jobs say which',
      '#announcements': 'has no state',
      '#dispatching': 'true only while jobs are run',
      '#scheduled': 'jobs are queued',
    },
  },
  Marks: { file: 'exec/marks.ts', derived: { '#host': 'given' } },
  ProcessTracker: {
    file: 'exec/tracker.ts',
    derived: {
      '#host': 'given',
      '#walks': 'is asked for again',
      '#table': 'of one turn',
      '#changed': 'of one turn',
      '#turns': 'of some turns',
      '#whenEmpty': 'who waits asks again',
      '#checkScheduled': 'who waits asks again',
    },
  },
  Claims: {
    file: 'exec/claims.ts',
    derived: { '#host': 'given', '#sweepAt': 'begins anew', '#toSweep': 'begins anew', '#sweep': 'begins anew' },
  },
  Children: {
    file: 'exec/children.ts',
    derived: {
      '#context': 'given',
      '#byKey': 'made of the claims',
      '#doubtful': 'made of the claims',
      '#elusive': 'is looked for again',
      '#isSure': 'is looked for again',
      '#listed': 'of one turn',
      '#expired': 'of one turn',
      '#found': 'of one turn',
      '#forgetsLater': 'of one turn',
    },
  },
  OomKills: { file: 'exec/oom-kills.ts', derived: { '#host': 'given', '#lookedMs': 'it looks again' } },
  OomScores: { file: 'exec/oom-score.ts', derived: { '#host': 'given', '#known': 'is asked for again' } },
  ManagerEnvironment: {
    file: 'manager/environment.ts',
    derived: { '#host': 'given', '#scope': 'given', '#builtIn': 'given' },
  },
  LogControl: { file: 'manager/log-control.ts', derived: { '#journal': 'given' } },
  StatusLines: {
    file: 'manager/status-lines.ts',
    derived: { '#host': 'given', '#journal': 'given', '#mode': 'given' },
  },
  ManagerTimestamps: { file: 'manager/timestamps.ts', derived: {} },
  TransientUnits: { file: 'manager/transient.ts', derived: { '#context': 'given' } },
  Startup: {
    file: 'manager/startup.ts',
    derived: { '#context': 'given', '#generate': 'given', '#waiters': 'who waits asks again' },
  },
  Shutdown: {
    file: 'manager/shutdown.ts',
    derived: {
      '#context': 'given',
      '#end': 'given',
      '#final': 'begins again',
      '#isEnding': 'comes again with it',
      '#beginWaiters': 'who waits asks again',
      '#endWaiters': 'who waits is kept with its connection',
    },
  },
  ShutdownSchedule: {
    file: 'manager/shutdown-schedule.ts',
    derived: {
      '#host': 'given',
      '#announces': 'given',
      '#begin': 'given',
      '#log': 'given',
      '#timer': 'armed for the moment that is planned',
    },
  },
  Crashes: { file: 'manager/crashes.ts', derived: { '#context': 'given' } },
  NotifySocket: { file: 'manager/notify.ts', derived: { '#context': 'given' } },
  Reloads: {
    file: 'manager/reload.ts',
    derived: { '#context': 'given', '#generate': 'given', '#running': 'is over before' },
  },
  UnitQueues: {
    file: 'manager/queues.ts',
    derived: {
      '#context': 'given',
    },
  },
  UnitRegistry: {
    file: 'manager/registry.ts',
    derived: {
      '#context': 'given',
      '#loader': 'given',
      '#byName': 'the definitions say them',
      '#namesOf': 'the definitions say them',
      '#untied': 'empty between two turns',
      '#unused': 'all that is loaded is looked at',
      '#uncold': 'empty between two turns',
      '#failed': 'the states say it',
    },
  },
  Streams: {
    file: 'journal/receive/streams.ts',
    derived: {
      '#context': 'given',
      '#senders': 'given',
      '#driver': 'given',
      '#ofUsers': 'counted as they are taken',
      '#ofOthers': 'counted as they are taken',
      '#pulled': 'of one turn',
      '#begun': 'begun again',
      '#changed': 'of whoever asks',
      '#gone': 'of whoever asks',
      onChange: 'given',
    },
  },
  LogStream: {
    file: 'journal/receive/stream.ts',
    derived: {
      unit: 'the options say it',
      rateLimit: 'the options say it',
      forwardToConsole: 'the options say it',
      '#context': 'given',
      '#connection': 'its owner keeps it',
      '#options': 'its owner keeps them',
      '#process': 'its owner keeps it with the options',
      '#maxLevel': 'the options say it',
      '#extra': 'the options say it',
      '#closed': 'given',
      '#changed': 'given',
      '#restIsKept': 'of whoever asks',
      '#shared': 'is asked for again',
      '#sharedUntilMs': 'is asked for again',
      '#turnBytes': 'of one turn',
      '#paused': 'it is read again',
      '#ended': 'one that has is gone',
    },
  },
  LineSplitter: {
    file: 'journal/receive/lines.ts',
    derived: { '#options': 'given', '#sink': 'given', '#lines': 'only a measure of time' },
  },
  LogSockets: { file: 'journal/receive/sockets.ts', derived: { '#parts': 'given' } },
  Connection: {
    file: 'control/connection.ts',
    derived: {
      caller: 'the kernel says it',
      privileged: 'the caller says it',
      '#owner': 'given',
      '#stream': 'its owner keeps it',
      '#abort': 'given out anew',
      '#waitingBytes': 'one that waits for its turn can not go on yet',
      '#deadline': 'armed anew',
      '#pending': 'is sent before',
      '#flushPlanned': 'is sent before',
      '#passed': 'one that passes descriptors can not go on yet',
      '#become': 'said with the last words',
      '#waiters': 'who waits is the call, which is taken up again',
      '#sinceMs': 'of one turn',
    },
  },
};

interface Class {
  fields: string[];
  /** Fields that keep() or a method that it calls speaks of. */
  kept: Set<string>;
}

const nameOf = (name: ts.Node): string => name.getText();

function fieldOf(member: ts.ClassElement): string[] {
  if (!ts.isPropertyDeclaration(member) || member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword))
    return [];
  // An abstract one and a function are no state.
  const isFunction = member.initializer !== undefined && ts.isArrowFunction(member.initializer);
  const isAbstract = member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword);
  return isFunction || isAbstract ? [] : [nameOf(member.name)];
}

/** Fields of a class, and those of them that it keeps. */
function read(file: string, name: string): Class {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement): statement is ts.ClassDeclaration => ts.isClassDeclaration(statement) && statement.name?.text === name,
  );
  if (found === undefined) throw new Error(`${file} has no class ${name}`);
  const bodies = new Map<string, ts.Node>();
  for (const member of found.members)
    if ((ts.isMethodDeclaration(member) || ts.isGetAccessor(member)) && member.body !== undefined)
      bodies.set(nameOf(member.name), member.body);
  const kept = new Set<string>();
  const seen = new Set<string>();
  const look = (method: string): void => {
    const body = bodies.get(method);
    if (body === undefined || seen.has(method) || !/^#?keep/.test(method)) return;
    seen.add(method);
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword) {
        kept.add(nameOf(node.name));
        look(nameOf(node.name));
      }
      ts.forEachChild(node, visit);
    };
    visit(body);
  };
  look('keep');
  return { fields: found.members.flatMap(fieldOf), kept };
}

describe('what outlives the manager’s program', () => {
  it.each(Object.entries(described))('%s keeps every field, or says why not', (name, { file, derived }) => {
    const { fields, kept } = read(file, name);
    const isDerived = (field: string): boolean => Object.hasOwn(derived, field);
    expect(fields.filter((field) => !kept.has(field) && !isDerived(field))).toEqual([]);
    expect(Object.keys(derived).filter((field) => !fields.includes(field))).toEqual([]);
  });

  it('every type of unit is among them', () => {
    const text = readFileSync(join(root, 'src/manager/factory.ts'), 'utf8');
    const types = [...text.matchAll(/^ {2}\w+: (\w+),$/gm)].map(([, name]) => name!);
    expect(types.length).toBe(11);
    expect(types.filter((name) => !Object.hasOwn(described, name))).toEqual([]);
  });
});
