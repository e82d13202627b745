import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../../src/sys/environment.ts';

describe('the environment that a process was given', () => {
  it('is that of Node, where the front door was not asked', () => {
    expect(environmentOf({ PATH: '/bin', PIDONE_ENV_A: 'b', EMPTY: '' })).toEqual({
      PATH: '/bin',
      PIDONE_ENV_A: 'b',
      EMPTY: '',
    });
  });

  it('is what the front door has renamed, and nothing beside it', () => {
    const variables = {
      PIDONE_ENVIRONMENT: 'given',
      LD_PRELOAD: '/x.so',
      PIDONE_ENV_PATH: '/bin',
      PIDONE_ENV_EMPTY: '',
    };
    expect(environmentOf(variables)).toEqual({ PATH: '/bin', EMPTY: '' });
  });

  it('may hold the front door’s own names', () => {
    const variables = {
      PIDONE_ENVIRONMENT: 'given',
      PIDONE_ENV_PIDONE_ENV_A: '1',
      PIDONE_ENV_PIDONE_ENVIRONMENT: 'given',
    };
    expect(environmentOf(variables)).toEqual({ PIDONE_ENV_A: '1', PIDONE_ENVIRONMENT: 'given' });
  });
});
