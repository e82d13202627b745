import { beforeEach, expect, it } from 'vitest';
import { Pace } from '../../../../src/journal/receive/pace.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

let host: SimHost;
let pace: Pace;
let turns: boolean[];

beforeEach(() => {
  host = new SimHost();
  turns = [];
  pace = new Pace(host, (appended) => turns.push(appended));
});

/** A stream that wants to give 64 KiB at a time, and is held back where it may not. */
function flood(): { readonly held: boolean } {
  let held = false;
  let chunks = 0;
  while (pace.takes(65_536)) chunks++;
  expect(chunks).toBe(15);
  held = true;
  pace.holdBack({
    resume: () => {
      held = false;
    },
  });
  return {
    get held() {
      return held;
    },
  };
}

it('ends a turn once, and says whether anything was appended', () => {
  pace.takes(100);
  pace.appended();
  pace.appended();
  host.settle();
  pace.takes(100);
  host.settle();
  expect(turns).toEqual([true, false]);
});

it('lets streams rest for as long as the turn took, within bounds', () => {
  const quick = flood();
  host.settle();
  expect(quick.held).toBe(true);
  host.advance(1);
  expect(quick.held).toBe(false);

  const usual = flood();
  host.spend(7);
  host.advance(6);
  expect(usual.held).toBe(true);
  host.advance(1);
  expect(usual.held).toBe(false);

  const slow = flood();
  host.spend(100);
  host.advance(20);
  expect(slow.held).toBe(false);
});

it('lets them rest for longer while somebody asks', () => {
  pace.giveWay();
  const first = flood();
  host.advance(9);
  expect(first.held).toBe(true);
  host.advance(1);
  expect(first.held).toBe(false);
  host.advance(1000);
  const later = flood();
  host.advance(1);
  expect(later.held).toBe(false);
});

it('forgets a stream that is closed', () => {
  let resumed = false;
  const stream = {
    resume: () => {
      resumed = true;
    },
  };
  pace.takes(1);
  pace.holdBack(stream);
  pace.forget(stream);
  host.advance(100);
  expect(resumed).toBe(false);
});
