/** Filters of system calls as classic BPF, for seccomp(2). A list of rules becomes a search by number, a few steps a call. */
import { type Architecture, callNumber, multiplexed } from './numbers.ts';

/** SECCOMP_RET_*: what becomes of a call. */
export const action = {
  killProcess: 0x80000000,
  killThread: 0,
  log: 0x7ffc0000,
  allow: 0x7fff0000,
  fail: (errno: number): number => 0x00050000 | (errno & 0xffff),
} as const;

/** What an argument must be, compared as an unsigned number. `bits`: all of these are set. `value` is below 2^32. */
export interface Condition {
  argument: number;
  is: 'equal' | 'not' | 'above' | 'below' | 'bits';
  value: number;
}

/** All conditions hold: the action. Without conditions: always. */
export interface Rule {
  call: string;
  when: readonly Condition[];
  action: number;
}

/** The first rule of a call whose conditions hold counts, those without conditions before all; else `otherwise`. */
export interface Filter {
  rules: readonly Rule[];
  otherwise: number;
}

/** AUDIT_ARCH_* of linux/audit.h. x32 shares that of x86-64, and has a bit in its numbers. */
const tokens: Record<Architecture, number> = {
  'x86-64': 0xc000003e,
  x32: 0xc000003e,
  x86: 0x40000003,
  arm64: 0xc00000b7,
  arm: 0x40000028,
};
const x32Bit = 0x40000000;
/** What a tracer leaves of a call that is not to be made: of no ABI. */
const noCall = 0xffffffff;

/** Whether arguments have 64 bits. */
const wide = (architecture: Architecture): boolean => architecture === 'x86-64' || architecture === 'arm64';

/** linux/bpf_common.h, linux/seccomp.h (struct seccomp_data). */
const op = { load: 0x20, and: 0x54, jump: 0x05, jumpEqual: 0x15, jumpAbove: 0x25, jumpAtLeast: 0x35, return: 0x06 };
const data = {
  number: 0,
  token: 4,
  low: (argument: number) => 16 + 8 * argument,
  high: (argument: number) => 20 + 8 * argument,
};

/**
 * Jumps of BPF go forwards only, so a program is written from its end: what an instruction jumps to is there already. A
 * place counts instructions from the end.
 */
class Assembler {
  readonly #code: { code: number; yes: number; no: number; k: number }[] = [];
  readonly #returns = new Map<number, number>();

  #emit(code: number, k: number, yes = 0, no = 0): number {
    this.#code.push({ code, yes, no, k });
    return this.#code.length - 1;
  }

  #distance(place: number): number {
    return this.#code.length - place - 1;
  }

  /** A place that a conditional jump, whose distance has eight bits, can reach. */
  #near(place: number): number {
    return this.#distance(place) > 250 ? this.#emit(op.jump, this.#distance(place)) : place;
  }

  /** Makes `place` what comes next. */
  #continueAt(place: number): void {
    if (this.#distance(place) > 0) this.#emit(op.jump, this.#distance(place));
  }

  return(value: number): number {
    let place = this.#returns.get(value);
    if (place === undefined) {
      place = this.#emit(op.return, value);
      this.#returns.set(value, place);
    }
    return place;
  }

  branch(code: number, k: number, yes: number, no: number): number {
    const [near, other] = [this.#near(yes), this.#near(no)];
    return this.#emit(code, k, this.#distance(near), this.#distance(other));
  }

  load(offset: number, next: number): number {
    this.#continueAt(next);
    return this.#emit(op.load, offset);
  }

  and(mask: number, next: number): number {
    this.#continueAt(next);
    return this.#emit(op.and, mask);
  }

  /** struct sock_filter, first instruction first. */
  bytes(start: number): Uint8Array {
    this.#continueAt(start);
    const bytes = new DataView(new ArrayBuffer(this.#code.length * 8));
    this.#code.reverse().forEach(({ code, yes, no, k }, i) => {
      bytes.setUint16(i * 8, code, true);
      bytes.setUint8(i * 8 + 2, yes);
      bytes.setUint8(i * 8 + 3, no);
      bytes.setUint32(i * 8 + 4, k >>> 0, true);
    });
    return new Uint8Array(bytes.buffer);
  }
}

/** Tests one argument; yes and no are where it goes on. */
function test(code: Assembler, architecture: Architecture, condition: Condition, yes: number, no: number): number {
  const { argument, is, value } = condition;
  const low = (jump: number, then: number, otherwise: number): number =>
    code.load(data.low(argument), code.branch(jump, value, then, otherwise));
  if (is === 'bits') return code.load(data.low(argument), code.and(value, code.branch(op.jumpEqual, value, yes, no)));
  const compared = {
    equal: () => low(op.jumpEqual, yes, no),
    not: () => low(op.jumpEqual, no, yes),
    above: () => low(op.jumpAbove, yes, no),
    below: () => low(op.jumpAtLeast, no, yes),
  }[is]();
  if (!wide(architecture)) return compared;
  const larger = is === 'not' || is === 'above' ? yes : no;
  return code.load(data.high(argument), code.branch(op.jumpEqual, 0, compared, larger));
}

/** Alternatives of each number. A call that the architecture does not have has no rules. */
function rulesByNumber(architecture: Architecture, rules: readonly Rule[]): Map<number, Rule[]> {
  const byNumber = new Map<number, Rule[]>();
  const add = (name: string, rule: Rule): void => {
    const number = callNumber(architecture, name);
    if (number === undefined) return;
    const list = byNumber.get(number) ?? [];
    byNumber.set(number, list);
    if (rule.when.length === 0) list.unshift(rule);
    else list.push(rule);
  };
  for (const rule of rules) {
    add(rule.call, rule);
    const inside = architecture === 'x86' && rule.when.length === 0 ? multiplexed.get(rule.call) : undefined;
    if (inside !== undefined)
      add(inside.through, { ...rule, when: [{ argument: 0, is: 'equal', value: inside.selector }] });
  }
  return byNumber;
}

/** A filter of the calls of one architecture; those of others pass. */
export function assemble(architecture: Architecture, filter: Filter): Uint8Array {
  const code = new Assembler();
  const otherwise = code.return(filter.otherwise);
  const pass = code.return(action.allow);

  const leaf = (alternatives: readonly Rule[]): number => {
    const [first] = alternatives;
    if (first !== undefined && first.when.length === 0) return code.return(first.action);
    return alternatives.reduceRight(
      (failed, rule) =>
        rule.when.reduceRight(
          (next, condition) => test(code, architecture, condition, next, failed),
          code.return(rule.action),
        ),
      otherwise,
    );
  };

  // Where each stretch of numbers begins, and what becomes of it.
  const stretches: { start: number; place: number }[] = [];
  const begin = (start: number, place: number): void => {
    if (stretches.at(-1)?.start === start) stretches.pop();
    if (stretches.at(-1)?.place !== place) stretches.push({ start, place });
  };
  begin(0, architecture === 'x32' ? pass : otherwise);
  const base = architecture === 'x32' ? x32Bit : 0;
  begin(base, otherwise);
  const calls = rulesByNumber(architecture, filter.rules);
  for (const number of [...calls.keys()].sort((a, b) => a - b)) {
    begin(base + number, leaf(calls.get(number)!));
    begin(base + number + 1, otherwise);
  }
  if (architecture === 'x86-64') {
    begin(x32Bit, pass);
    begin(noCall, otherwise);
  }

  const search = (from: number, to: number): number => {
    if (to - from === 1) return stretches[from]!.place;
    const middle = (from + to) >> 1;
    const above = search(middle, to);
    return code.branch(op.jumpAtLeast, stretches[middle]!.start, above, search(from, middle));
  };
  const body = code.load(data.number, search(0, stretches.length));
  return code.bytes(code.load(data.token, code.branch(op.jumpEqual, tokens[architecture], body, pass)));
}

/** A filter that lets only calls of these architectures pass, and ends the thread that makes another. */
export function assembleArchitectures(allowed: readonly Architecture[]): Uint8Array {
  const code = new Assembler();
  const pass = code.return(action.allow);
  const kill = code.return(action.killThread);
  let next = kill;
  const both = { plain: allowed.includes('x86-64'), x32: allowed.includes('x32') };
  for (const architecture of allowed) {
    if (architecture === 'x32' && both.plain) continue;
    let then = pass;
    if (architecture === 'x86-64' && !both.x32)
      then = code.load(
        data.number,
        code.branch(op.jumpAtLeast, x32Bit, code.branch(op.jumpEqual, noCall, pass, kill), pass),
      );
    if (architecture === 'x32') then = code.load(data.number, code.branch(op.jumpAtLeast, x32Bit, pass, kill));
    next = code.branch(op.jumpEqual, tokens[architecture], then, next);
  }
  return code.bytes(code.load(data.token, next));
}
