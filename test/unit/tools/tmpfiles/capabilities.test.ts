import { describe, expect, it } from 'vitest';
import {
  changedCapabilities,
  decodeCapabilities,
  encodeCapabilities,
  noCapabilities,
  parseCapabilityChange,
} from '../../../../src/tools/tmpfiles/capabilities.ts';
import { machine, run } from './call.ts';

function value(text: string, before = noCapabilities): string {
  const change = parseCapabilityChange(text);
  if (typeof change === 'string') return change;
  return encodeCapabilities(changedCapabilities(before, change)).toString('hex');
}

describe('file capabilities (cap_text_formats(7))', () => {
  // What setcap(8) writes for the same texts.
  it.each([
    ['cap_net_raw=ep', '0100000200200000000000000000000000000000'],
    ['cap_net_bind_service,cap_net_raw+ep', '0100000200240000000000000000000000000000'],
    ['cap_net_raw=p', '0000000200200000000000000000000000000000'],
    ['cap_net_raw=i', '0000000200000000002000000000000000000000'],
    ['cap_bpf=ep', '0100000200000000000000008000000000000000'],
    ['cap_net_raw=eip cap_net_raw-i', '0100000200200000000000000000000000000000'],
    ['cap_net_raw=ep rootuid=1000', '0100000300200000000000000000000000000000e8030000'],
    ['all=', '0000000200000000000000000000000000000000'],
  ])('%s', (text, hex) => expect(value(text)).toBe(hex));

  it.each([
    ['cap_nosuch=ep', "Failed to parse capability 'cap_nosuch=ep': Invalid argument"],
    ['cap_net_raw', "Failed to parse capability 'cap_net_raw': Invalid argument"],
    ['rootuid=x', "Failed to parse rootuid value 'x': Invalid argument"],
    ['', "Failed to parse capability list '': Invalid argument"],
  ])('%j is none', (text, message) => expect(value(text)).toBe(message));

  it('keep what a clause does not touch', () => {
    const before = decodeCapabilities(Buffer.from('0100000280200000000000000000000000000000', 'hex'))!;
    expect(value('cap_setuid=', before)).toBe('0100000200200000000000000000000000000000');
    expect(decodeCapabilities(Buffer.from('0100000280', 'hex'))).toBeUndefined();
  });

  it('are set on files by k and K, and added to by k+', async () => {
    const w = machine({ files: { '/opt/a': '', '/opt/d/b': '' } });
    const of = (path: string): string | undefined =>
      w.files.getXattr(path, 'security.capability')?.toString('hex').slice(8, 16);
    const lines = 'k /opt/a - - - - cap_setuid=ep\nK /opt/d - - - - cap_net_raw=ep\nk /opt/* - - - - cap_chown=maybe\n';
    expect(await run(w, lines)).toEqual({
      status: 0,
      out: '',
      err: "Failed to parse capability 'cap_chown=maybe': Invalid argument, ignoring.\n",
    });
    expect([of('/opt/a'), of('/opt/d/b'), of('/opt/d')]).toEqual(['80000000', '00200000', undefined]);
    await run(w, 'k+ /opt/a - - - - cap_net_raw=ep\n');
    expect(of('/opt/a')).toBe('80200000');
    await run(w, 'k /opt/a - - - - cap_net_raw=ep\n');
    expect(of('/opt/a')).toBe('00200000');
  });
});
