/**
 * A random graph of units and what happens to it: a seed makes unit files and then turns, each one line of text, so that a
 * scenario that fails can be cut down line by line and printed.
 *
 *   systemctl start u1.service     a command; while it waits for jobs, time passes
 *   after 250                      milliseconds pass
 *   dies 3 9                       of the processes that there are, one ends by a signal
 *   ends 3 1                       the same, with an exit status
 *   connects u80.socket            somebody connects to a socket
 *   touch /run/go, rm /run/go      a path that a path unit may watch
 *   line u1.service Wants=u2.service       a line more in a unit's [Unit], as an administrator adds it
 */
import { Random } from '../../../scripts/fuzz/random.mjs';

export interface Scenario {
  /** Lines of unit files, by name. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly turns: readonly string[];
}

/** As it is printed. */
export function scenarioText({ files, turns }: Scenario): string {
  const parts = Object.entries(files).map(([name, lines]) => [`=== ${name}`, ...lines]);
  return [...parts.flat(), '=== turns', ...turns].join('\n');
}

/** Programs, and what becomes of their processes: `fates.ts`. */
const fates = [
  ['simple', 'stays'],
  ['simple', 'stays'],
  ['exec', 'stays'],
  ['simple', 'ends 1 100'],
  ['simple', 'ends 0 100'],
  ['simple', 'ends 3 1500'],
  ['simple', 'kills 11 100'],
  ['simple', 'missing'],
  ['exec', 'missing'],
  ['oneshot', 'ends 0 0'],
  ['oneshot', 'ends 0 700'],
  ['oneshot', 'ends 4 50'],
  ['forking', 'forks 50'],
  ['forking', 'ends 1 50'],
  ['notify', 'notifies 100'],
  ['notify', 'stays'],
  ['notify', 'ends 0 50'],
  ['notify-reload', 'notifies 10'],
  ['simple', 'stubborn'],
  ['simple', 'leaves 100'],
  ['idle', 'stays'],
] as const;

const dependencies = [
  ...Array<string>(4).fill('Wants'),
  ...Array<string>(4).fill('Requires'),
  ...Array<string>(3).fill('BindsTo'),
  ...Array<string>(2).fill('PartOf'),
  ...Array<string>(2).fill('Conflicts'),
  ...Array<string>(2).fill('OnFailure'),
  ...['Requisite', 'Upholds', 'OnSuccess', 'PropagatesStopTo', 'StopPropagatedFrom', 'PropagatesReloadTo'],
  'JoinsNamespaceOf',
];

const extras = [
  'RemainAfterExit=yes',
  'KillMode=process',
  'KillMode=mixed',
  'KillMode=none',
  'SendSIGKILL=no',
  'RuntimeMaxSec=300ms',
  'SuccessExitStatus=3 SIGSEGV',
  'RestartPreventExitStatus=1',
  'RestartForceExitStatus=3',
  'TimeoutStopFailureMode=abort',
  'TimeoutStartFailureMode=kill',
  'WatchdogSec=1s',
  'ExitType=cgroup',
  'RuntimeDirectory=mine',
  'FileDescriptorStoreMax=2',
  'RestartMode=direct',
  'OOMPolicy=kill',
];

function commandLine(r: Random): string {
  const what = r.pick(['ends 0 0', 'ends 0 200', 'ends 9 100', 'ends 255 0', 'stays', 'missing']);
  return `${r.chance(0.2) ? '-' : ''}/usr/bin/${what}`;
}

function serviceLines(r: Random, type: string, program: string): string[] {
  const lines = [`Type=${type}`, `ExecStart=/usr/bin/${program}`, 'TimeoutStartSec=2s', 'TimeoutStopSec=1s'];
  if (type.startsWith('notify')) lines.push('NotifyAccess=all');
  if (type === 'oneshot' && r.chance(0.3)) lines.push('RemainAfterExit=yes');
  if (r.chance(0.35)) {
    const policy = r.pick(['on-failure', 'always', 'on-success', 'on-abnormal', 'on-abort']);
    const refused = type === 'oneshot' && (policy === 'always' || policy === 'on-success');
    lines.push(`Restart=${refused ? 'on-failure' : policy}`, `RestartSec=${r.pick(['0', '50ms', '700ms'])}`);
  }
  for (const kind of ['Condition', 'StartPre', 'StartPost', 'Reload', 'Stop', 'StopPost'])
    if (r.chance(0.12)) lines.push(`Exec${kind}=${commandLine(r)}`);
  return [...lines, ...r.some(extras, 0, r.pick([0, 0, 1, 2]))];
}

function unitLines(r: Random, name: string, names: readonly string[]): string[] {
  const lines: string[] = [];
  for (let n = r.int(0, 3); n > 0; n--) {
    const other = r.pick(names);
    if (other === name) continue;
    lines.push(`${r.pick(dependencies)}=${other}`);
    if (r.chance(0.7)) lines.push(`${r.pick(['After', 'After', 'Before'])}=${other}`);
  }
  if (r.chance(0.8)) lines.push(`StartLimitIntervalSec=${r.pick(['1h', '3s'])}`, `StartLimitBurst=${r.int(2, 8)}`);
  const rare: [number, readonly string[]][] = [
    [0.12, ['StopWhenUnneeded=yes']],
    [0.06, ['RefuseManualStart=yes', 'RefuseManualStop=yes']],
    [0.08, ['ConditionPathExists=/run/go', 'AssertPathExists=/run/go', 'ConditionPathExists=!/run/go']],
    [0.08, ['DefaultDependencies=no']],
    [0.05, ['CollectMode=inactive-or-failed']],
    [0.05, ['IgnoreOnIsolate=yes']],
    [0.05, ['OnFailureJobMode=fail', 'OnFailureJobMode=isolate', 'OnSuccessJobMode=ignore-dependencies']],
    [0.04, ['JobTimeoutSec=1s', 'JobRunningTimeoutSec=500ms']],
  ];
  for (const [share, choice] of rare) if (r.chance(share)) lines.push(r.pick(choice));
  return lines;
}

function triggerLines(r: Random, type: string, services: readonly string[]): string[] {
  const unit = services.length > 0 ? r.pick(services) : 'u99.service';
  if (type === 'timer')
    return [
      '[Timer]',
      `${r.pick(['OnActiveSec', 'OnUnitActiveSec', 'OnUnitInactiveSec'])}=500ms`,
      'AccuracySec=1ms',
      `Unit=${unit}`,
    ];
  if (type === 'path') return ['[Path]', `${r.pick(['PathExists', 'PathChanged'])}=/run/go`, `Unit=${unit}`];
  return ['[Socket]', `ListenStream=/run/${r.int(0, 1)}.socket`, `Service=${unit}`];
}

/** The same for the same seed. */
export function makeScenario(seed: number): Scenario {
  const r = new Random(seed);
  const names = Array.from({ length: r.int(3, 10) }, (_, index) => {
    const kind = r.pick(['service', 'service', 'service', 'service', 'target', 'template']);
    return kind === 'template' ? `u${index}@x.service` : `u${index}.${kind}`;
  });
  const services = names.filter((name) => name.endsWith('.service'));
  const triggers = r.some(['timer', 'path', 'socket'], 0, 2).map((type, index) => `u${80 + index}.${type}`);
  const files: Record<string, string[]> = {};
  for (const name of names) {
    const unit = unitLines(r, name, [...names, ...triggers, 'u99.service']);
    const isTarget = name.endsWith('.target');
    if (isTarget && r.chance(0.5)) unit.push('AllowIsolate=yes');
    const [type, program] = r.pick(fates);
    const more = isTarget ? [] : ['[Service]', ...serviceLines(r, type, program)];
    const install = r.chance(0.4) ? ['[Install]', `WantedBy=${r.pick(['multi-user.target', ...names])}`] : [];
    files[name.replace('@x', '@')] = ['[Unit]', ...unit, ...more, ...install];
  }
  for (const name of triggers) {
    const unit = r.chance(0.3) ? unitLines(r, name, names) : [];
    files[name] = ['[Unit]', ...unit, ...triggerLines(r, name.replace(/.*\./, ''), services)];
  }
  const all = [...names, ...triggers];
  return { files, turns: r.many(5, 25, () => makeTurn(r, all)) };
}

const verbs = [
  ...Array<string>(9).fill('start'),
  ...Array<string>(4).fill('stop'),
  ...Array<string>(4).fill('restart'),
  ...['try-restart', 'reload', 'reload-or-restart', 'try-reload-or-restart', 'reset-failed'],
];
const modes = ['replace', 'fail', 'ignore-dependencies', 'ignore-requirements', 'flush', 'replace-irreversibly'];

function makeTurn(r: Random, names: readonly string[]): string {
  const name = r.pick(names);
  if (r.chance(0.5)) {
    const mode = r.chance(0.12) ? ` --job-mode=${r.pick(modes)}` : '';
    const more = r.chance(0.15) ? ` ${r.pick(names)}` : '';
    return `systemctl ${r.pick(verbs)}${r.chance(0.5) ? ' --no-block' : ''}${mode} ${name}${more}`;
  }
  return r.pick([
    () => `after ${r.pick([1, 50, 250, 1000, 4000])}`,
    () => `after ${r.pick([1, 50, 250, 1000, 4000])}`,
    () => `dies ${r.int(0, 20)} ${r.pick([1, 9, 11, 15])}`,
    () => `ends ${r.int(0, 20)} ${r.pick([0, 1, 3])}`,
    () => `connects ${name}`,
    () => `${r.pick(['touch', 'rm'])} /run/go`,
    () => `line ${name} ${r.pick(dependencies)}=${r.pick(names)}`,
    () => 'systemctl daemon-reload',
    () => `systemctl isolate --no-block ${name}`,
    () => `systemctl kill -s ${r.pick(['TERM', 'KILL', 'HUP'])} ${name}`,
    () => `systemctl set-property --runtime ${name} CPUWeight=${r.int(1, 1000)}`,
    () => `systemctl ${r.pick(['mask', 'mask --now', 'unmask'])} --runtime ${name}`,
    () => `systemctl ${r.pick(['enable', 'enable --now', 'disable', 'reenable'])} ${name}`,
    () => 'systemctl cancel',
    () => `systemctl stop --job-mode=triggering ${name}`,
    () => `systemctl clean ${name}`,
  ])();
}
