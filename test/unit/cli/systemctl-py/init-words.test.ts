/** systemctl.py's options of calls that become a manager. */
import { describe, expect, it } from 'vitest';
import { prepareInit, takeInitWords } from '../../../../src/cli/systemctl-py/init-words.ts';
import { planOf } from '../../../../src/main/init.ts';
import { exits, world } from '../../../support/world.ts';

const nothing = { words: [], exits: false, localhost: undefined, extraVars: [], notices: [] };

describe('words behind init', () => {
  it('leave pidone’s own and the units', () => {
    expect(takeInitWords(['--system', '--console=both', 'app', 'db.service'])).toEqual({
      ...nothing,
      words: ['--system', '--console=both', 'app', 'db.service'],
    });
    expect(takeInitWords(['-1', '--init', '-vv', '-q', 'app'])).toEqual({ ...nothing, words: ['app'] });
  });

  it.each([['-0'], ['-00'], ['--exit'], ['--now'], ['--all'], ['-a'], ['-10']])('%s asks for an end', (word) => {
    expect(takeInitWords([word, 'app'])).toEqual({ ...nothing, exits: true, words: ['app'] });
  });

  it('take arguments, joined or apart', () => {
    expect(takeInitWords(['-e', 'A=1', '-eB=2', '--extra-vars=C=3', '--environment', '@f', 'app'], '/srv')).toEqual({
      ...nothing,
      extraVars: ['A=1', 'B=2', 'C=3', '@/srv/f'],
      words: ['app'],
    });
    expect(takeInitWords(['-4']).localhost).toBe('ipv4');
    expect(takeInitWords(['--ipv6']).localhost).toBe('ipv6');
    expect(takeInitWords(['-c', 'InitLoopSleep=1', '--maxtimeout', '9']).notices).toEqual([
      'Ignoring -c InitLoopSleep=1: it is a variable of systemctl.py.',
      'Ignoring --maxtimeout=9: TimeoutStartSec= and TimeoutStopSec= of each unit count.',
    ]);
  });

  it('are refused where they are wrong', () => {
    expect(() => takeInitWords(['-e'])).toThrow('-e: an argument is missing');
    expect(() => takeInitWords(['-e', 'x y'])).toThrow('-e x y: neither NAME=VALUE nor @FILE.');
  });

  it('are part of the plan where there are any', () => {
    expect(planOf(['-0', 'app'], {}, 0, true)).toMatchObject({ units: ['app.service'], own: { exits: true } });
    expect(planOf(['app'], {}, 0, true)).not.toHaveProperty('own');
  });
});

describe('before a boot', () => {
  const service = '[Service]\nEnvironment=A=1\nExecStart=/usr/bin/app\n';
  const prepare = (words: readonly string[]) => {
    const w = world({
      units: { 'app.service': service, 'app.service.d/own.conf': '[Service]\nEnvironmentFile=/etc/app.env\n' },
      files: { '/etc/app.env': 'A=2\nB=b\n', '/etc/hosts': '::1 localhost\n127.0.0.1 localhost\n' },
      programs: { app: exits(0) },
    });
    const said: string[] = [];
    prepareInit(takeInitWords(words), w.manager, (line) => said.push(line));
    return { w, said };
  };

  it('-e gives variables to all services', () => {
    const { w, said } = prepare(['-e', 'A=100%', '-e', 'C=c']);
    w.up(w.unit('app.service'));
    expect(['A', 'B', 'C'].map((name) => w.host.spawned[0]?.env(name))).toEqual(['100%', 'b', 'c']);
    expect(said).toEqual([]);
  });

  it('-4 takes localhost from ::1', () => {
    expect(prepare(['-4']).w.files.readText('/etc/hosts')).toBe('127.0.0.1 localhost\n');
  });
});
