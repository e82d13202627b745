import { expect, it } from 'vitest';
import { managerOptions as built } from '../../../scripts/build.mjs';
import { managerOptions } from '../../../src/library/installation.ts';

it('a manager is started as a front door to any Node starts one', () => {
  expect(managerOptions).toEqual(built);
});
