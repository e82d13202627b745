/** Lines of sysusers.d(5), taken apart and checked. */

import type { Severity } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import type { Host } from '../../sys/host.ts';
import { hasControlCharacter, hasInvalidBytes } from '../../text/bytes.ts';
import { parseRange, parseUid } from '../../text/numbers.ts';
import { pathIsAbsolute, pathIsNormalized, pathSimplify } from '../../text/paths.ts';
import {
  expandSpecifiers,
  type SpecifierContext,
  SpecifierFacts,
  specifierLimits,
  systemAndTmpSpecifiers,
} from '../../unitfile/language/specifiers.ts';
import { userNameIsValid } from '../../values/names.ts';
import { sixWords } from '../common/config-files.ts';
import { type Configuration, IdRanges, type Item, newItem } from './item.ts';
import { isSameShell, shellOf } from './shells.ts';

/** A line that is no good. */
class BadLine extends Error {}

const nameLimit = 255;

const emptyOrDash = (text: string | undefined): text is undefined | '' | '-' =>
  text === undefined || text === '' || text === '-';

/** passwd(5) has lines of fields that colons separate. */
const isField = (text: string): boolean => !hasInvalidBytes(text) && !hasControlCharacter(text) && !text.includes(':');
const isPathField = (path: string): boolean => isField(path) && pathIsAbsolute(path) && pathIsNormalized(path);

/** Why a text is no id. */
function idObjection(text: string): string {
  if (!/^(?:0|[1-9]\d*)$/.test(text)) return errorText('EINVAL');
  return errorText(Number(text) >= 2 ** 32 ? 'ERANGE' : 'ENXIO');
}

interface Fields {
  readonly action: string;
  /** Modifier `!`. */
  readonly locked: boolean;
  readonly name: string | undefined;
  readonly id: string | undefined;
  /** As it was written. */
  readonly rawId: string | undefined;
  readonly description: string | undefined;
  readonly home: string | undefined;
  readonly shell: string | undefined;
}

/** Reads lines into a configuration. */
export class LineParser {
  readonly #host: Host;
  readonly #root: string | undefined;
  readonly #configuration: Configuration;
  readonly #say: (severity: Severity, text: string) => void;
  readonly #specifiers: SpecifierContext;
  /** Modifiers that nobody knows and that have been told. */
  readonly #toldModifiers = new Set<string>();
  /** FILE:LINE of what counts. */
  readonly #origins = new Map<Item, string>();

  constructor(
    host: Host,
    root: string | undefined,
    configuration: Configuration,
    say: (severity: Severity, text: string) => void,
  ) {
    this.#host = host;
    this.#root = root;
    this.#configuration = configuration;
    this.#say = say;
    this.#specifiers = { facts: new SpecifierFacts(host, root === undefined ? {} : { root }), unit: '' };
  }

  /** Takes one line; `where` is FILE:LINE. False where it is no good, which has been said. */
  parse(where: string, line: string): boolean {
    try {
      this.#take(where, this.#fields(where, line));
      return true;
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      this.#say('error', `${where}: ${error.message}`);
      return false;
    }
  }

  #expand(text: string, limit: number, quoted: string | undefined): string {
    const expanded = expandSpecifiers(text, this.#specifiers, systemAndTmpSpecifiers, limit);
    if ('text' in expanded) return expanded.text;
    throw new BadLine(`Failed to replace specifiers in '${quoted ?? '(null)'}': ${expanded.message}`);
  }

  /** A modifier of a release to come is told of once; the line is read without it. */
  #type(where: string, action: string): { type: string; locked: boolean } {
    const [type = '', ...modifiers] = action;
    const unknown = modifiers.filter((modifier) => modifier !== '!');
    // A letter is no modifier, but another type; and which user is locked is to be said only where there is one.
    if (type !== '' && (/[a-z]/i.test(unknown.join('')) || (type !== 'u' && modifiers.includes('!'))))
      throw new BadLine(`Unknown modifier '${action}'.`);
    if (type === '' || !'ugmr'.includes(type)) throw new BadLine(`Unknown command type '${action}'.`);
    if (unknown.some((modifier) => !this.#toldModifiers.has(modifier)))
      this.#say('warning', `${where}: Unknown modifiers in command '${action}', reading such lines without.`);
    for (const modifier of unknown) this.#toldModifiers.add(modifier);
    return { type, locked: modifiers.includes('!') };
  }

  #fields(where: string, line: string): Fields {
    const { words, rest, failed } = sixWords(line);
    if (failed) throw new BadLine('Syntax error.');
    const [action, name, id, description, home, shell] = words;
    if (action === undefined || name === undefined) throw new BadLine('Missing action and name columns.');
    if (rest) throw new BadLine('Trailing garbage.');
    const { type, locked } = this.#type(where, action);

    const expand = (text: string | undefined, limit: number, quoted = text): string | undefined =>
      emptyOrDash(text) ? undefined : this.#expand(text, limit, quoted);
    const path = (text: string | undefined): string | undefined => {
      const expanded = expand(text, specifierLimits.path);
      return expanded === undefined ? undefined : pathSimplify(expanded);
    };
    const check = (text: string | undefined, isValid: (text: string) => boolean, what: string): string | undefined => {
      if (text !== undefined && !isValid(text)) throw new BadLine(`'${text}' is not a valid ${what}.`);
      return text;
    };
    const isName = (text: string): boolean => userNameIsValid(text, 'strict');
    return {
      action: type,
      locked,
      name: check(expand(name, nameLimit), isName, 'user or group name'),
      rawId: id,
      id: expand(id, specifierLimits.path, emptyOrDash(name) ? undefined : name),
      description: check(expand(description, specifierLimits.full), isField, 'GECOS field'),
      home: check(path(home), isPathField, 'home directory field'),
      shell: check(path(shell), isPathField, 'login shell field'),
    };
  }

  #take(where: string, fields: Fields): void {
    switch (fields.action) {
      case 'r':
        this.#range(fields);
        break;
      case 'm':
        this.#member(fields);
        break;
      case 'u':
        this.#add(where, this.#user(fields));
        break;
      case 'g':
        this.#add(where, this.#group(fields));
        break;
    }
  }

  #onlyUsersHave({ action, description, home, shell }: Fields): void {
    const what =
      description !== undefined
        ? 'GECOS'
        : home !== undefined
          ? 'home directory'
          : shell !== undefined
            ? 'login shell'
            : undefined;
    if (what !== undefined) throw new BadLine(`Lines of type '${action}' don't take a ${what} field.`);
  }

  #range(fields: Fields): void {
    const { name, id } = fields;
    if (name !== undefined) throw new BadLine("Lines of type 'r' don't take a name field.");
    if (id === undefined) throw new BadLine("Lines of type 'r' require an ID range in the third field.");
    this.#onlyUsersHave(fields);
    const range = parseRange(id);
    const isValid = range?.every((one) => parseUid(String(one)) !== undefined);
    if (range === undefined || !isValid || range[0] > range[1]) throw new BadLine(`Invalid UID range ${id}.`);
    this.#configuration.ranges ??= new IdRanges();
    this.#configuration.ranges.add(...range);
  }

  #member(fields: Fields): void {
    const { name, id } = fields;
    if (name === undefined) throw new BadLine("Lines of type 'm' require a user name in the second field.");
    if (id === undefined) throw new BadLine("Lines of type 'm' require a group name in the third field.");
    if (!userNameIsValid(id, 'strict')) throw new BadLine(`'${id}' is not a valid user or group name.`);
    this.#onlyUsersHave(fields);
    const members = this.#configuration.members.get(id) ?? [];
    if (!members.includes(name)) members.push(name);
    this.#configuration.members.set(id, members);
  }

  #user({ name, locked, id, rawId, description, home, shell }: Fields): Item {
    if (name === undefined) throw new BadLine("Lines of type 'u' require a user name in the second field.");
    const item: Item = { ...newItem('u', name), locked, description, home, shell };
    if (id === undefined) return item;
    if (pathIsAbsolute(id)) return { ...item, uidPath: pathSimplify(id) };
    const colon = id.indexOf(':');
    const uid = colon < 0 ? id : id.slice(0, colon);
    let { groupName } = item;
    if (colon >= 0) {
      const group = id.slice(colon + 1);
      item.gid = parseUid(group);
      if (item.gid !== undefined) item.strictGroup = true;
      else if (userNameIsValid(group, 'strict')) groupName = group;
      else throw new BadLine(`Failed to parse GID: '${rawId}': ${idObjection(group)}`);
    }
    if (uid !== '-') {
      item.uid = parseUid(uid);
      if (item.uid === undefined) throw new BadLine(`Failed to parse UID: '${rawId}': ${idObjection(uid)}`);
    }
    return { ...item, groupName };
  }

  #group(fields: Fields): Item {
    const { name, id, rawId } = fields;
    if (name === undefined) throw new BadLine("Lines of type 'g' require a user name in the second field.");
    this.#onlyUsersHave(fields);
    const item = newItem('g', name);
    if (id === undefined) return item;
    if (pathIsAbsolute(id)) return { ...item, gidPath: pathSimplify(id) };
    item.gid = parseUid(id);
    if (item.gid === undefined) throw new BadLine(`Failed to parse GID: '${rawId}': ${idObjection(id)}`);
    return item;
  }

  /** The first line for a name counts; one that asks for something else is told. */
  #add(where: string, item: Item): void {
    const items = item.type === 'u' ? this.#configuration.users : this.#configuration.groups;
    const earlier = items.get(item.name);
    if (earlier === undefined) {
      items.set(item.name, item);
      this.#origins.set(item, where);
    } else if (!this.#isEquivalent(earlier, item)) {
      const what = item.type === 'u' ? 'user' : 'group';
      const { conflict } = this.#host.voice.tmpfiles;
      const told = conflict(`${what} '${item.name}'`, this.#origins.get(earlier) ?? '');
      this.#say('warning', `${where}: ${told}`);
    }
  }

  #isEquivalent(a: Item, b: Item): boolean {
    const same =
      a.uidPath === b.uidPath &&
      a.gidPath === b.gidPath &&
      a.description === b.description &&
      a.uid === b.uid &&
      a.locked === b.locked &&
      a.gid === b.gid &&
      a.home === b.home;
    return same && isSameShell(this.#host.files, this.#root, this.#shell(a), this.#shell(b));
  }

  #shell(item: Item): string | undefined {
    return shellOf(this.#host.files, this.#root, item);
  }
}
