/** What a container withholds, in the one line that is said of it. */
import { expect, it } from 'vitest';
import { capabilityLimit } from '../../../../src/cli/common/limits.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

const setgid = 1n << 6n;
const setuid = 1n << 7n;

it.each([
  ['none', 0n, 0, 'system', true],
  ['CAP_SETUID alone', setuid, 0, 'system', true],
  ['both', setuid | setgid, 0, 'system', false],
  ['none, of a user', 0n, 1000, 'system', false],
  ['none, of a user’s manager', 0n, 0, 'user', false],
] as const)('root without the right to become others: %s', (_, capabilities, uid, scope, told) => {
  const limit = capabilityLimit(new SimHost({ capabilities, uid }), scope);
  expect(limit).toEqual(
    told ? expect.stringMatching(/^The container has no CAP_SETUID and CAP_SETGID: .* fail\.$/) : undefined,
  );
});
