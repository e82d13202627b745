/** Classic BPF as the kernel runs it for seccomp(2): the instructions that filters of system calls are made of. */

/** struct seccomp_data, without the instruction pointer. */
export interface Call {
  /** AUDIT_ARCH_* of linux/audit.h. */
  token: number;
  number: number;
  arguments?: readonly (number | bigint)[];
}

/** What the program returns: SECCOMP_RET_*, and the steps it took. Throws where the kernel would refuse the program. */
export function runFilter(program: Uint8Array, call: Call): { value: number; steps: number } {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number >>> 0, true);
  data.setUint32(4, call.token >>> 0, true);
  (call.arguments ?? []).forEach((argument, i) => {
    data.setBigUint64(16 + 8 * i, BigInt.asUintN(64, BigInt(argument)), true);
  });
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const length = program.byteLength / 8;
  if (!Number.isInteger(length) || length < 1 || length > 4096) throw new Error(`${length} instructions`);
  let accumulator = 0;
  for (let at = 0, steps = 1; ; at++, steps++) {
    if (at >= length) throw new Error('the program runs past its end');
    const yes = code.getUint8(at * 8 + 2);
    const no = code.getUint8(at * 8 + 3);
    const k = code.getUint32(at * 8 + 4, true);
    switch (code.getUint16(at * 8, true)) {
      case 0x20:
        if (k % 4 !== 0 || k >= 64) throw new Error(`load from ${k}`);
        accumulator = data.getUint32(k, true);
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05:
        at += k;
        break;
      case 0x15:
        at += accumulator === k ? yes : no;
        break;
      case 0x25:
        at += accumulator > k ? yes : no;
        break;
      case 0x35:
        at += accumulator >= k ? yes : no;
        break;
      case 0x06:
        return { value: k, steps };
      default:
        throw new Error(`instruction ${at} has the unknown code ${code.getUint16(at * 8, true)}`);
    }
  }
}

/** Of several filters: the strictest answer, of equal ones that of the last. */
export function runFilters(programs: readonly Uint8Array[], call: Call): number {
  let strictest = 0x7fff0000;
  // SECCOMP_RET_KILL_PROCESS is the least as a signed number.
  for (const program of programs.toReversed()) {
    const { value } = runFilter(program, call);
    if ((value & 0xffff0000) >> 0 < (strictest & 0xffff0000) >> 0) strictest = value;
  }
  return strictest;
}
