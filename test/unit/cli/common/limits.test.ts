/** What a container withholds, in the one line that is said of it. */
import { expect, it } from 'vitest';
import { capabilityLimit, idLimit } from '../../../../src/cli/common/limits.ts';
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

it.each<[string, string | undefined, string | undefined]>([
  ['all', '         0          0 4294967295\n', undefined],
  [
    'those of an engine that is not root',
    '         0       1000          1\n         1     100000      65536\n',
    undefined,
  ],
  ['one', '         0       1000          1\n', 'one user id'],
  ['a few', '         0     100000       1000\n', '1000 user ids'],
  ['unknown', undefined, undefined],
])('root in a user namespace of ids: %s', (_, map, told) => {
  const host = new SimHost({ uid: 0 });
  for (const kind of ['uid', 'gid']) if (map !== undefined) host.files.put(`/proc/self/${kind}_map`, map);
  const text = `The container's user namespace has ${told}: units that ask for another user or group (User=, Group=) fail.`;
  expect(idLimit(host, 'system')).toBe(told === undefined ? undefined : text);
  expect(idLimit(host, 'user')).toBeUndefined();
});
