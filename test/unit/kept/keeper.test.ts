/** One description, written and read: what an older or a newer program has written does no harm. */
import { describe, expect, it } from 'vitest';
import { Keeper, keptVersion } from '../../../src/kept/keeper.ts';

interface State {
  count: number;
  name: string;
  on: boolean;
  state: 'dead' | 'alive';
  at: { realtime: number; monotonic: number };
  maybe: string | undefined;
  parts: { size: number }[];
}

const fresh = (): State => ({
  count: 0,
  name: '',
  on: false,
  state: 'dead',
  at: { realtime: 0, monotonic: 0 },
  maybe: undefined,
  parts: [],
});

function keep(k: Keeper, s: State): void {
  s.count = k.number('count', s.count);
  s.name = k.text('name', s.name);
  s.on = k.flag('on', s.on);
  s.state = k.word('state', s.state, { dead: 0, alive: 0 });
  s.at = k.plain('at', s.at);
  s.maybe = k.plain('maybe', s.maybe);
  k.list(
    'parts',
    s.parts,
    (of, part) => of.number('size', part.size),
    (of) => s.parts.push({ size: of.number('size', 0) }),
  );
}

function written(s: State): string {
  const k = Keeper.writer();
  keep(k, s);
  return k.toText();
}

function readFrom(text: string): { state: State; unreadable: readonly string[] } {
  const k = Keeper.reader(text);
  const state = fresh();
  keep(k, state);
  return { state, unreadable: k.unreadable };
}

const document = (state: object, version = keptVersion): string => JSON.stringify({ version, state });

describe('a keeper', () => {
  it('gives back what it was given', () => {
    const state: State = {
      count: Number.POSITIVE_INFINITY,
      name: 'Infinity "x"\n',
      on: true,
      state: 'alive',
      at: { realtime: 1.5, monotonic: Number.POSITIVE_INFINITY },
      maybe: 'so',
      parts: [{ size: 1 }, { size: 2 }],
    };
    expect(readFrom(written(state))).toEqual({ state, unreadable: [] });
    expect(readFrom(written(fresh()))).toEqual({ state: fresh(), unreadable: [] });
  });

  it('leaves as it is what another program did not know, and passes over what this one does not', () => {
    expect(readFrom(document({ count: 3, unheard: { of: 1 } }))).toEqual({
      state: { ...fresh(), count: 3 },
      unreadable: [],
    });
  });

  it('says what it can not read, and takes the rest', () => {
    const odd = { count: 'three', on: true, state: 'undead', at: [1], parts: [{ size: 4 }, 'x', { size: '5' }] };
    const { state, unreadable } = readFrom(document(odd));
    expect(state).toEqual({ ...fresh(), on: true, parts: [{ size: 4 }, { size: 0 }] });
    expect(unreadable).toEqual(['count', 'state', 'at', 'parts[1]', 'parts[2].size']);
  });

  it('leaves out one of several that can not be taken up, and says why', () => {
    const k = Keeper.reader(document({ parts: [{ n: 1 }, { n: 2 }, { n: 3 }] }));
    const taken: number[] = [];
    k.list(
      'parts',
      [],
      () => {},
      (of) => {
        const n = of.number('n', 0);
        if (n === 2) throw new Error('two is too much');
        taken.push(n);
      },
    );
    expect(taken).toEqual([1, 3]);
    expect(k.unreadable).toEqual(['parts[1] (two is too much)']);
  });

  it('knows which descriptors were kept, and which of them somebody has taken', () => {
    const k = Keeper.writer();
    k.inner('a', (of) => of.fd('fd', 7));
    k.fd('none', -1);
    expect(k.maybeFd('maybe', undefined)).toBeUndefined();
    expect([...k.fds]).toEqual([7]);
    const reader = Keeper.reader(k.toText());
    expect([...reader.fds]).toEqual([]);
    reader.inner('a', (of) => expect(of.fd('fd', -1)).toBe(7));
    expect([...reader.fds]).toEqual([7]);
    expect(reader.inner('b', () => {})).toBe(false);
  });

  it('keeps bytes', () => {
    const k = Keeper.writer();
    k.bytes('bytes', Buffer.from([0, 255, 10]));
    expect(Keeper.reader(k.toText()).bytes('bytes', Buffer.alloc(0))).toEqual(Buffer.from([0, 255, 10]));
    expect(Keeper.reader(document({})).bytes('bytes', Buffer.from('x'))).toEqual(Buffer.from('x'));
  });

  it.each([
    ['no JSON', 'x', /JSON/],
    ['no state', '{"version":1}', /no state/],
    ['a newer version', document({}, keptVersion + 1), /is of version/],
    ['no version', '{"state":{}}', /is of version/],
  ])('refuses %s', (_name, text, error) => {
    expect(() => Keeper.reader(text)).toThrow(error);
  });
});
