import { describe, expect, it } from 'vitest';
import { anyNamespace, formatDelegated, mergeDelegated } from '../../../src/values/namespaces.ts';

/** After some lines, as words. */
function after(...lines: string[]): string {
  let mask = anyNamespace;
  for (const line of lines) {
    const merged = mergeDelegated(line, mask);
    if (merged.unknown.length > 0) return `unknown ${merged.unknown.join(' ')}`;
    if (merged.mask === undefined) return 'the user namespace';
    mask = merged.mask;
  }
  return formatDelegated(mask);
}

describe('DelegateNamespaces=', () => {
  // systemd.exec(5)
  it.each([
    [['yes'], 'yes'],
    [['no'], 'no'],
    [['net mnt'], 'net mnt'],
    [['net', 'mnt'], 'net mnt'],
    [['~net'], 'cgroup ipc mnt pid uts'],
    [['yes', '~uts pid'], 'cgroup ipc net mnt'],
    [['net', 'no', 'uts'], 'uts'],
    [['net', ''], ''],
    [['user'], 'the user namespace'],
    [['nothing'], 'unknown nothing'],
  ])('%j is %s', (lines, expected) => {
    expect(after(...lines)).toBe(expected);
  });
});
