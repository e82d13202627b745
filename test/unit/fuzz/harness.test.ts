import { describe, expect, it } from 'vitest';
import { Random } from '../../../scripts/fuzz/random.mjs';
import { type Door, Fault, type Input } from '../../support/fuzz/door.ts';
import { doors } from '../../support/fuzz/doors.ts';
import { makeCase, Player, shrink, tryCase, unwritten, written } from '../../support/fuzz/harness.ts';
import { chunked, Mutator } from '../../support/fuzz/mutate.ts';

/** Fails where the text has a `!`; `after` cases, where that is said. */
const door = (after = 0, run?: (input: Input) => void): Door => ({
  name: 'test',
  share: 1,
  make: (r) => [Buffer.from(r.many(0, 20, () => r.pick([...'abc!'])).join('')), Buffer.from('more')],
  open: () => {
    let count = 0;
    return {
      run: (input) => {
        run?.(input);
        if (count++ >= after && input.some((piece) => piece.includes('!'))) throw new Fault(`it has a ! (${count})`);
      },
    };
  },
});

describe('a case', () => {
  it('is the same each time, and another for another number or seed', () => {
    for (const each of doors) {
      const [one, again] = [makeCase(each, 3, 5), makeCase(each, 3, 5)];
      expect(written(one)).toEqual(written(again));
    }
    expect(written(makeCase(door(), 1, 1))).not.toEqual(written(makeCase(door(), 1, 2)));
    expect(written(makeCase(door(), 1, 1))).not.toEqual(written(makeCase(door(), 2, 1)));
  });

  it('goes through a file unchanged', () => {
    const input = [Buffer.from([0, 10, 127, 128, 255]), Buffer.alloc(0)];
    expect(unwritten(JSON.parse(JSON.stringify(written(input))))).toEqual(input);
  });
});

describe('a player', () => {
  it('says which case fails, and what is wrong', async () => {
    const failure = await new Player(door(), 7).play(0, 100);
    expect(failure).toMatchObject({ door: 'test', seed: 7, alone: true, what: expect.stringContaining('it has a !') });
    expect(written(makeCase(door(), 7, failure!.number)).join('')).toContain('!');
    expect(await new Player(door(), 7).play(0, failure!.number)).toBeUndefined();
  });

  it('says where a case fails only after others', async () => {
    const failure = await new Player(door(5), 7).play(0, 100);
    expect(failure).toMatchObject({ alone: false, since: 0 });
    expect(await new Player(door(5), 7).play(failure!.number - 5, failure!.number + 1)).toBeDefined();
    expect(failure!.number).toBeGreaterThanOrEqual(5);
  });

  it('begins anew where a door says so', async () => {
    expect(await new Player({ ...door(5), renew: 5 }, 7).play(0, 100)).toBeUndefined();
  });

  it('takes a rejection for what it is', async () => {
    const rejecting = { ...door(), open: () => ({ run: () => Promise.reject(new TypeError('no')) }) };
    expect((await new Player(rejecting, 1).play(0, 1))?.what).toContain('TypeError: no');
  });

  it('says which case takes a processor for long, and not where it only had to wait for one', async () => {
    let passed = 0;
    const slow = door(1000, () => {
      passed += 600;
    });
    const now = () => passed;
    expect((await new Player(slow, 1, { now, busy: now }).play(0, 1))?.what).toBe('took 600 ms');
    expect(await new Player(slow, 1, { now, busy: () => passed / 10 }).play(0, 1)).toBeUndefined();
  });
});

describe('a case that fails', () => {
  it('becomes as small as it can be', async () => {
    const failing = [Buffer.from('x'), Buffer.from('aaaa!bbb!cc'), Buffer.from('yy')];
    const what = await tryCase(door(), failing);
    expect(written(await shrink(door(), failing, what!))).toEqual(['!']);
  });

  it('does not turn into another that fails', async () => {
    const two: Door = {
      ...door(),
      open: () => ({
        run: ([text = Buffer.alloc(0)]) => {
          if (text.length < 3) throw new Fault('too short');
          if (text.includes('!')) throw new Fault('it has a !');
        },
      }),
    };
    const failing = [Buffer.from('aaaa!bbb')];
    expect((await shrink(two, failing, (await tryCase(two, failing))!))[0]).toHaveLength(3);
  });
});

describe('a mutator', () => {
  it('makes valid texts, damaged ones, and seldom very long ones', () => {
    const mutator = new Mutator(['sample'], ['word']);
    const r = new Random(1);
    const made = Array.from({ length: 8000 }, () => mutator.make(r));
    expect(made.filter((each) => each.toString() === 'sample').length).toBeGreaterThan(300);
    expect(made.filter((each) => each.includes('word')).length).toBeGreaterThan(300);
    expect(made.filter((each) => each.length > 40_000).length).toBeGreaterThan(0);
    expect(new Set(made.map(String)).size).toBeGreaterThan(3000);
  });

  it('cuts bytes into pieces without losing any', () => {
    const r = new Random(1);
    const whole = Buffer.from('all of it');
    for (let round = 0; round < 50; round++) expect(Buffer.concat(chunked(r, whole))).toEqual(whole);
  });
});
