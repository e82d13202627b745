/** A short run of what `npm run fuzz` plays for long, and the cases that have failed once. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doors } from '../../support/fuzz/doors.ts';
import { Player, tryCase, unwritten } from '../../support/fuzz/harness.ts';

/** Cases of a door that has a share of one; none has fewer than the second. */
const cases = { ofShare: 20, least: 10 };

describe.each(doors)('$name', (door) => {
  it('bears what should not come', async () => {
    const player = new Player(door, 1);
    const failure = await player.play(0, Math.max(cases.least, door.share * cases.ofShare));
    expect(failure && { ...failure, input: failure.input.map(String) }).toBeUndefined();
  });
});

/** Each as small as it became: the door, what was wrong, and the pieces, one character a byte. */
const failedOnce = JSON.parse(readFileSync(new URL('../../fuzz-seeds.json', import.meta.url), 'utf8')) as readonly {
  door: string;
  was: string;
  pieces: string[];
}[];

describe('what has failed once', () => {
  it.each(failedOnce)('$door: $was', async ({ door: name, pieces }) => {
    const door = doors.find((each) => each.name === name);
    expect(await tryCase(door!, unwritten(pieces))).toBeUndefined();
  });
});

describe('doors', () => {
  it('have names of their own', () => {
    const names = doors.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
