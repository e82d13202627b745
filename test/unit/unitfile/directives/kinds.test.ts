import { describe, expect, it } from 'vitest';
import { service } from '../world.ts';

it('takes names of journal namespaces as long as their directory can have beside a machine ID', () => {
  expect(service(`LogNamespace=${'a'.repeat(222)}`).exec!.LogNamespace).toHaveLength(222);
  const { exec, diagnostics } = service(`LogNamespace=${'a'.repeat(223)}`);
  expect(exec!.LogNamespace).toBeUndefined();
  expect(diagnostics[0]?.message).toMatch(/^Specified log namespace name is not valid, ignoring: a/);
});

describe('Environment=', () => {
  const lines = (...values: string[]) => {
    const { exec, diagnostics } = service(values.map((value) => `Environment=${value}`).join('\n'));
    return { list: exec!.Environment, messages: diagnostics.map(({ message }) => message) };
  };

  it('takes words with quotes and escapes; later settings replace earlier ones', () => {
    expect(lines('A=1 "B=2 3" \'C=%p\'', 'D=\\x20x A=4').list).toEqual(['A=4', 'B=2 3', 'C=a', 'D= x']);
    expect(lines('A=1', '').list).toEqual([]);
  });

  it('tells what is wrong and leaves it out', () => {
    expect(lines('A=1 9=x B=%z nonsense C=3 "D')).toEqual({
      list: ['A=1', 'C=3'],
      messages: [
        'Invalid environment assignment, ignoring: 9=x',
        'Failed to resolve specifiers in B=%z, ignoring: Invalid slot',
        'Invalid environment assignment, ignoring: nonsense',
        'Invalid syntax, ignoring: A=1 9=x B=%z nonsense C=3 "D',
      ],
    });
  });
});

it('says of options that systemd has dropped that they are ignored', () => {
  const { diagnostics } = service('SysVStartPriority=3\nCapabilities=x', 'IgnoreOnSnapshot=yes');
  expect(diagnostics.map(({ level, message }) => [level, message])).toEqual(
    ['IgnoreOnSnapshot', 'SysVStartPriority', 'Capabilities'].map((key) => [
      6,
      `Support for option ${key}= has been removed and it is ignored`,
    ]),
  );
});

it('takes OnFailureIsolate= for OnFailureJobMode=, and says that it is old', () => {
  const read = (value: string) => {
    const { unit, diagnostics } = service('', `OnFailureIsolate=${value}`);
    return [unit.OnFailureJobMode, ...diagnostics.map(({ level, message }) => `${level} ${message}`)];
  };
  const old = '5 OnFailureIsolate is deprecated. Please use OnFailureJobMode= instead';
  expect(read('yes')).toEqual(['isolate', old]);
  expect(read('off')).toEqual(['replace', old]);
  expect(read('maybe')).toEqual(['replace', '4 Failed to parse boolean, ignoring: maybe']);
});
