/** Arguments taken apart as getopt_long(3) does: abbreviated names, options after operands, `--`, what is wrong with them. */
import type { OptionErrors } from '../voice/tools.ts';

export type ArgumentKind = 'none' | 'required' | 'optional';

export interface LongOption<Id> {
  readonly name: string;
  readonly argument: ArgumentKind;
  readonly id: Id;
  /** Known by its full name only, so that it makes no abbreviation of another one ambiguous. */
  readonly exact?: boolean;
}

export interface OptionSet<Id> {
  readonly long: readonly LongOption<Id>[];
  readonly short: Readonly<Record<string, { readonly argument: ArgumentKind; readonly id: Id }>>;
  /** The first operand ends the options: what follows is another program's command line. */
  readonly stopAtOperand?: boolean;
}

export interface ParsedOption<Id> {
  readonly id: Id;
  /** undefined where an option that may have one has none. */
  readonly value: string | undefined;
}

/** Options in their order, one at a time; `operands` is complete once the last has been taken. */
export class OptionReader<Id> {
  readonly #program: string;
  readonly #set: OptionSet<Id>;
  readonly #arguments: readonly string[];
  readonly #errors: OptionErrors;
  #next = 0;
  /** What is left of a group of short options. */
  #group = '';
  readonly operands: string[] = [];

  constructor(program: string, set: OptionSet<Id>, args: readonly string[], errors: OptionErrors) {
    this.#program = program;
    this.#errors = errors;
    this.#set = set;
    this.#arguments = args;
  }

  /** undefined at the end; the text of an error where the next one is none (without a newline). */
  next(): ParsedOption<Id> | { readonly error: string } | undefined {
    if (this.#group !== '') return this.#short();
    for (; this.#next < this.#arguments.length; this.#next++) {
      const argument = this.#arguments[this.#next]!;
      if (argument === '--') {
        this.operands.push(...this.#arguments.slice(this.#next + 1));
        this.#next = this.#arguments.length;
        return undefined;
      }
      if (argument === '-' || !argument.startsWith('-')) {
        if (this.#set.stopAtOperand) {
          this.operands.push(...this.#arguments.slice(this.#next));
          this.#next = this.#arguments.length;
          return undefined;
        }
        this.operands.push(argument);
        continue;
      }
      this.#next++;
      if (argument.startsWith('--')) return this.#long(argument.slice(2));
      this.#group = argument.slice(1);
      return this.#short();
    }
    return undefined;
  }

  /** The argument after the last option, whatever it is: for options whose optional value may stand apart. */
  peek(): string | undefined {
    return this.#group === '' ? this.#arguments[this.#next] : undefined;
  }
  /** Passes over what `peek` showed. */
  take(): void {
    this.#next++;
  }

  #error(text: string): { error: string } {
    return { error: `${this.#program}: ${text}` };
  }

  #short(): ParsedOption<Id> | { error: string } {
    const letter = String.fromCodePoint(this.#group.codePointAt(0)!);
    const rest = this.#group.slice(letter.length);
    const option = Object.hasOwn(this.#set.short, letter) ? this.#set.short[letter] : undefined;
    if (option === undefined) {
      this.#group = rest;
      return this.#error(this.#errors.unknownLetter(letter));
    }
    if (option.argument === 'none') {
      this.#group = rest;
      return { id: option.id, value: undefined };
    }
    this.#group = '';
    if (rest !== '') return { id: option.id, value: rest };
    if (option.argument === 'optional') return { id: option.id, value: undefined };
    const value = this.#arguments[this.#next];
    if (value === undefined) return this.#error(this.#errors.letterWithoutArgument(letter));
    this.#next++;
    return { id: option.id, value };
  }

  #long(text: string): ParsedOption<Id> | { error: string } {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const found = this.#find(name, text);
    if ('error' in found) return found;
    if (equals >= 0) {
      if (found.argument === 'none') return this.#error(`option '--${found.name}' doesn't allow an argument`);
      return { id: found.id, value: text.slice(equals + 1) };
    }
    if (found.argument !== 'required') return { id: found.id, value: undefined };
    const value = this.#arguments[this.#next];
    if (value === undefined) return this.#error(`option '--${found.name}' requires an argument`);
    this.#next++;
    return { id: found.id, value };
  }

  #find(name: string, text: string): LongOption<Id> | { error: string } {
    const exact = this.#set.long.find((option) => option.name === name);
    if (exact !== undefined) return exact;
    const candidates = this.#set.long.filter((option) => option.exact !== true && option.name.startsWith(name));
    const first = candidates[0];
    if (first === undefined) return this.#error(this.#errors.unknownName(text));
    const others = candidates.filter((option) => option.id !== first.id || option.argument !== first.argument);
    if (others.length === 0) return first;
    const names = this.#errors.possibilities([first, ...others].map((option) => option.name));
    return this.#error(`option '--${text}' is ambiguous; possibilities:${names}`);
  }
}
