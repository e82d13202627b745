import { describe, expect, it } from 'vitest';
import { type BusMessage, encodeMessage, MessageKind, MessageReader, messageLimit } from '../../../src/bus/message.ts';

const call: BusMessage = {
  kind: MessageKind.call,
  serial: 7,
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'RequestName',
  destination: 'org.freedesktop.DBus',
  args: ['org.example.Ä', 4],
};

/** Of the same header and body with the other byte order, as some clients send it: a signal with one string. */
const big = Buffer.from(
  [
    '42040101' + '00000007' + '00000009' + '00000027',
    '01016f00' + '00000002' + '2f610000' + '00000000',
    '03017300' + '00000001' + '4d000000' + '00000000',
    '08016700' + '01730000',
    '00000002' + '686900',
  ].join(''),
  'hex',
);

describe('messages of the bus', () => {
  it('are read as they were written, however they are cut', () => {
    const bytes = Buffer.concat([encodeMessage(call), encodeMessage({ ...call, serial: 8, args: [] })]);
    for (const size of [1, 7, 16, bytes.length]) {
      const reader = new MessageReader();
      const seen: BusMessage[] = [];
      for (let at = 0; at < bytes.length; at += size) seen.push(...reader.push(bytes.subarray(at, at + size)));
      expect(seen).toEqual([
        { ...call, wantsAnswer: true },
        { ...call, wantsAnswer: true, serial: 8, args: [] },
      ]);
    }
  });

  it('have the form of the specification', () => {
    const bytes = encodeMessage({ kind: MessageKind.signal, serial: 9, path: '/a', member: 'M', args: ['hi'] });
    expect(bytes.toString('hex')).toBe(
      [
        '6c040101' + '07000000' + '09000000' + '27000000',
        '01016f00' + '02000000' + '2f610000' + '00000000',
        '03017300' + '01000000' + '4d000000' + '00000000',
        '08016700' + '01730000',
        '02000000' + '686900',
      ].join(''),
    );
  });

  it('are read in both byte orders', () => {
    expect(new MessageReader().push(big)).toEqual([
      { kind: MessageKind.signal, serial: 9, path: '/a', member: 'M', args: ['hi'], wantsAnswer: false },
    ]);
  });

  it('are passed over where they are too large, and the next is read', () => {
    const large = encodeMessage({ ...call, args: ['x'.repeat(2 * messageLimit)] });
    const bytes = Buffer.concat([large, encodeMessage(call)]);
    for (const size of [1000, bytes.length]) {
      const reader = new MessageReader();
      const seen: BusMessage[] = [];
      for (let at = 0; at < bytes.length; at += size) seen.push(...reader.push(bytes.subarray(at, at + size)));
      expect(seen).toEqual([{ ...call, wantsAnswer: true }]);
    }
  });

  it('end the reading where they are none', () => {
    expect(() => new MessageReader().push(Buffer.alloc(16))).toThrow('a message that begins with byte 0');
    const endless = Buffer.from(encodeMessage(call));
    endless.writeUInt32LE(0xffffffff, 4);
    expect(() => new MessageReader().push(endless)).toThrow(/a message of \d+ bytes/);
    const short = Buffer.from(encodeMessage({ ...call, args: ['abc'] }));
    short.writeUInt32LE(1000, short.length - 8);
    expect(() => new MessageReader().push(short)).toThrow('a value ends beyond its message');
  });

  it('do no harm with any byte changed', () => {
    const bytes = encodeMessage(call);
    for (let at = 0; at < bytes.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        try {
          new MessageReader().push(changed);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: a (message|value)/);
        }
      }
  });
});
