import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { legacy } from '../../../../src/unitfile/directives/directive.ts';
import { countDirectives, directivesDocument } from '../../../../src/unitfile/directives/document.ts';
import type { ManagerDefaults } from '../../../../src/unitfile/directives/manager-defaults.ts';
import { findDirective, type GroupName, groups } from '../../../../src/unitfile/directives/table.ts';
import { service } from '../world.ts';

const ofSystemd252 = JSON.parse(readFileSync(new URL('./systemd-252.json', import.meta.url), 'utf8')) as Record<
  GroupName,
  string[]
>;

describe('the table of directives', () => {
  it('knows the directives of a section and no others', () => {
    expect(findDirective('Service', 'ExecStart')?.group).toBe('service');
    expect(findDirective('Service', 'LimitNOFILE')?.group).toBe('exec');
    expect(findDirective('Timer', 'LimitNOFILE')).toBeUndefined();
    expect(findDirective('Service', 'Conditions')).toBeUndefined();
    expect(findDirective('Service', 'toString')).toBeUndefined();
    expect(findDirective('Scope', 'KillMode')?.group).toBe('kill');
  });

  it.each(Object.entries(groups))(
    'has the %s directives of systemd 252, and says of later ones since when',
    (name, rows) => {
      // systemd 252's own parser forgot this one, which its conditions know
      const forgotten = ['AssertFirmware'];
      const ours = Object.entries(rows)
        .filter(
          ([, row]) => (!row.slot || row.directive) && row.since === undefined && row.kindName !== legacy.kindName,
        )
        .map(([key]) => key)
        .filter((key) => !forgotten.includes(key));
      // of systemd --dump-configuration-items and system.conf
      expect(ours.sort()).toEqual(ofSystemd252[name as GroupName]);
    },
  );

  it('leads every row that fills another one to a row that is there', () => {
    for (const rows of Object.values(groups)) {
      for (const [key, row] of Object.entries(rows)) {
        if (row.slot || row.into === '' || row.kindName === 'units') continue;
        const filled = [rows[row.into], groups.unit[row.into]];
        expect(
          filled.some((r) => r?.slot),
          `${key} fills ${row.into}`,
        ).toBe(true);
      }
    }
  });

  it('gives a reason where a directive has no effect', () => {
    for (const rows of Object.values(groups)) {
      for (const [key, row] of Object.entries(rows)) {
        if (row.support.state === 'no-effect') expect(row.support.reason, key).toMatch(/./);
      }
    }
  });

  it('is what docs/directives.md says: node scripts/gen-directives.mjs', () => {
    const page = readFileSync(new URL('../../../../docs/directives.md', import.meta.url), 'utf8');
    expect(page).toBe(directivesDocument());
    expect(countDirectives().total).toBeGreaterThan(500);
  });

  it('tells what a unit may ask for in vain', () => {
    expect(service('PAMName=login\nUMask=077\nPrivateTmp=yes\nNice=5').unsure).toEqual([
      'Service.PAMName',
      'Service.PrivateTmp',
      'Service.Nice',
    ]);
  });

  it('lets defaults be seen through what files say', () => {
    const { service: settings } = service('RestartSec=5');
    expect(Object.hasOwn(settings!, 'RestartSec')).toBe(true);
    expect(Object.hasOwn(settings!, 'TimeoutStopSec')).toBe(false);
    expect(settings!.TimeoutStopSec).toBe(90_000);
  });
});

it('starts settings of later releases from their defaults', () => {
  const manager = {} as ManagerDefaults;
  const initial = (name: GroupName) =>
    Object.entries(groups[name]).flatMap(([key, row]) => {
      if (!row.slot || row.since === undefined) return [];
      const value: unknown = row.initial({ type: 'service', manager });
      return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[key, value] as const];
    });
  const set = (name: GroupName, isOff: boolean) =>
    Object.fromEntries(initial(name).filter(([, value]) => (value === false) === isOff));
  const infinity = Number.POSITIVE_INFINITY;
  expect(set('cgroup', false)).toEqual({
    CPUPressureThresholdSec: 200,
    CPUPressureWatch: 'auto',
    CPUSetPartition: 'member',
    IOPressureThresholdSec: 200,
    IOPressureWatch: 'auto',
    DefaultStartupMemoryLow: 0,
    ManagedOOMMemoryPressureDurationSec: infinity,
    MemoryPressureThresholdSec: 200,
    MemoryPressureWatch: 'auto',
    MemoryZSwapMax: infinity,
    MemoryZSwapWriteback: true,
    StartupMemoryHigh: infinity,
    StartupMemoryLow: 0,
    StartupMemoryMax: infinity,
    StartupMemorySwapMax: infinity,
    StartupMemoryZSwapMax: infinity,
  });
  expect(set('service', false)).toEqual({
    FileDescriptorStorePreserve: 'restart',
    ReloadSignal: 1,
    RestartMaxDelaySec: infinity,
    RestartMode: 'normal',
    RestartRandomizedDelaySec: 0,
    RestartSteps: 0,
  });
  expect(set('socket', false)).toEqual({
    AcceptFileDescriptors: true,
    DeferTrigger: 'no',
    DeferTriggerMaxSec: infinity,
    PollLimitBurst: 0xffffffff,
    PollLimitIntervalSec: 2000,
  });
  expect(set('slice', false)).toEqual({
    ActivatingConcurrencyMax: 0xffffffff,
    ConcurrencyHardMax: 0xffffffff,
    ConcurrencySoftMax: 0xffffffff,
  });
  expect(set('manager', false)).toEqual({
    DefaultCPUPressureThresholdSec: 200,
    DefaultIOPressureThresholdSec: 200,
    EventLoopRateLimitBurst: 50000,
    EventLoopRateLimitIntervalSec: 1000,
    MinimumUptimeSec: 15000,
    DefaultMemoryPressureThresholdSec: 200,
    ReloadLimitBurst: 0,
    ReloadLimitIntervalSec: 0,
  });
  expect(set('timer', false)).toEqual({ RandomizedOffsetSec: 0 });
  expect(set('exec', false)).toEqual({ DelegateNamespaces: -1, MemoryTHP: 'inherit' });
  const off = (Object.keys(groups) as GroupName[]).flatMap((name) => Object.keys(set(name, true)));
  expect(off.sort()).toEqual([
    'CacheDirectoryAccounting',
    'CoredumpReceive',
    'DefaultRestrictSUIDSGID',
    'DeferReactivation',
    'LogsDirectoryAccounting',
    'PassFileDescriptorsToExec',
    'PassPIDFD',
    'PrivateBPF',
    'PrivatePIDs',
    'RootEphemeral',
    'StateDirectoryAccounting',
    'SurviveFinalKillSignal',
  ]);
});

describe('a word that only later releases have', () => {
  it.each([
    ['exec', 'PrivateTmp', 'connected', 'yes'],
    ['exec', 'NUMAPolicy', 'preferred-many', 'preferred-many'],
    ['exec', 'NUMAPolicy', 'weighted-interleave', 'weighted-interleave'],
    ['exec', 'CPUSchedulingPolicy', 'ext', '7'],
    ['exec', 'RuntimeDirectoryPreserve', 'on-success', 'on-success'],
    ['service', 'FileDescriptorStorePreserve', 'on-success', 'on-success'],
  ] as const)('of [%s]: %s=%s is read without a word', (group, key, word, shownAs) => {
    const unit = service(`${key}=${word}`);
    const row = groups[group][key]!;
    const value = (unit[group] as unknown as Record<string, unknown>)[key];
    expect(row.slot ? row.kind.format(value) : undefined).toBe(shownAs);
    expect(unit.diagnostics).toEqual([]);
  });
});

describe('a word that nobody knows, of a directive that protects', () => {
  const words: [string, string][] = [
    ['PrivateTmp', 'yes'],
    ['PrivateUsers', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['ProtectProc', 'invisible'],
    ['ProcSubset', 'pid'],
    ['ProtectHostname', 'yes'],
    ['PrivateDevices', 'yes'],
    ['PrivateNetwork', 'yes'],
    ['PrivateMounts', 'yes'],
    ['PrivateIPC', 'yes'],
    ['NoNewPrivileges', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelTunables', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['LockPersonality', 'yes'],
    ['MemoryDenyWriteExecute', 'yes'],
  ];
  const shown = (unit: ReturnType<typeof service>, key: string): unknown => {
    const row = groups.exec[key]!;
    return row.slot ? row.kind.format((unit.exec as unknown as Record<string, unknown>)[key]) : undefined;
  };

  it.each(words)('%s= acts as %s, and is warned of', (key, strict) => {
    const unit = service(`${key}=hypothetical`);
    expect(shown(unit, key)).toBe(strict);
    expect(unit.diagnostics.map(({ level, message }) => [level, message.replace(/'.*$/s, '')])).toEqual([
      [4, expect.stringMatching(/^Failed to parse .*, taking $/)],
    ]);
    // Nothing is no word, and takes nothing back.
    const empty = service(`${key}=`);
    expect(shown(empty, key)).not.toBe(strict);
    expect(empty.diagnostics).toHaveLength(1);
  });

  it('RestrictNamespaces= goes on without the names that are none', () => {
    expect(shown(service('RestrictNamespaces=uts future'), 'RestrictNamespaces')).toBe('uts');
    expect(shown(service('RestrictNamespaces=future'), 'RestrictNamespaces')).toBe('yes');
    expect(shown(service('RestrictNamespaces=~uts future'), 'RestrictNamespaces')).not.toContain('uts');
    expect(shown(service('RestrictNamespaces=~future'), 'RestrictNamespaces')).toBe('no');
  });

  it('PrivateUsers=managed is the nearest that is here', () => {
    const unit = service('PrivateUsers=managed');
    expect(unit.diagnostics.map(({ message }) => message)).toEqual([
      "PrivateUsers=managed needs systemd-nsresourced, which is not here, taking 'self'.",
    ]);
  });
});
