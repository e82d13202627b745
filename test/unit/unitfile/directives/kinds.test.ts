import { expect, it } from 'vitest';
import { service } from '../world.ts';

it('takes names of journal namespaces as long as their directory can have beside a machine ID', () => {
  expect(service(`LogNamespace=${'a'.repeat(222)}`).exec!.LogNamespace).toHaveLength(222);
  const { exec, diagnostics } = service(`LogNamespace=${'a'.repeat(223)}`);
  expect(exec!.LogNamespace).toBeUndefined();
  expect(diagnostics[0]?.message).toMatch(/^Specified log namespace name is not valid, ignoring: a/);
});
