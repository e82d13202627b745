/**
 * Directories as one operation sees them: each is listed once, and again after a change in it. Questions about many units
 * (list-unit-files, preset-all) would otherwise list every .wants directory once for each. Who asks over several turns of the
 * event loop says after each that there is doubt: then what has changed on disk is listed anew.
 */
import type { DirectoryEntry, Files } from '../../sys/host.ts';
import { baseName, parentOf } from '../../text/paths.ts';
import { isHiddenOrBackup } from '../files/unit-files.ts';
import { unitTemplateName } from '../language/unit-name.ts';
import { codeOf, type ErrorCode } from './changes.ts';

type Type = DirectoryEntry['type'];

export interface Listing {
  /** Why there is none. */
  readonly error: ErrorCode | undefined;
  /** In the directory's own order. */
  readonly types: ReadonlyMap<string, Type>;
}

/** Links below one directory of the load path. */
export interface Links {
  /** Names of links in its .wants and .requires directories. */
  readonly wanted: ReadonlySet<string>;
  /** Template → names of its instances (and the template) among `wanted`. */
  readonly wantedByTemplate: ReadonlyMap<string, readonly string[]>;
  /** Names of links right in it. */
  readonly names: ReadonlySet<string>;
  /** File name of a target → names of links to it. */
  readonly byTarget: ReadonlyMap<string, readonly string[]>;
}

/** A listing, and what tells that it may be wrong by now. */
interface Listed extends Listing {
  readonly stamp: string | undefined;
  /** Of the last look at the stamp. */
  doubts: number;
}

/** Links, and the listings that they come from. */
interface Collected extends Links {
  readonly from: ReadonlyMap<string, Listing>;
}

/** A directory that has changed less than so long ago may change again without another time on it, milliseconds. */
const settledMs = 20;

const noLinks: Links = { wanted: new Set(), wantedByTemplate: new Map(), names: new Set(), byTarget: new Map() };

/** Failures that count as an empty directory. */
const absent: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

export class Directories {
  readonly files: Files;
  readonly #now: () => number;
  readonly #listings = new Map<string, Listed>();
  readonly #links = new Map<string, Collected>();
  #doubts = 0;

  /** `now`: the clock that times of files are of, milliseconds. */
  constructor(files: Files, now: () => number) {
    this.files = files;
    this.#now = now;
  }

  /** Time has passed: directories may have changed. */
  doubt(): void {
    this.#doubts++;
  }

  list(path: string): Listing {
    const known = this.#listings.get(path);
    if (known !== undefined && this.#holds(known, path)) return known;
    const listing = { stamp: this.#stampOf(path), doubts: this.#doubts, ...this.#read(path) };
    this.#listings.set(path, listing);
    return listing;
  }

  #holds(listing: Listed, path: string): boolean {
    if (listing.doubts === this.#doubts) return true;
    if (listing.stamp === undefined || listing.stamp !== this.#stampOf(path)) return false;
    listing.doubts = this.#doubts;
    return true;
  }

  /** Undefined where a change would not be seen in it. */
  #stampOf(path: string): string | undefined {
    const stat = this.files.tryStat(path);
    if (stat === undefined) return 'none';
    return this.#now() - stat.mtimeMs < settledMs ? undefined : `${stat.dev}:${stat.ino}:${stat.mtimeMs}`;
  }

  #read(path: string): Listing {
    try {
      const types = new Map<string, Type>();
      for (const { name, type } of this.files.entries(path)) types.set(name, type);
      return { error: undefined, types };
    } catch (error) {
      return { error: codeOf(error), types: new Map() };
    }
  }

  /** Names that count, with their types: hidden files and backups of editors and package managers do not. */
  *visible(path: string): Generator<[name: string, type: Type]> {
    for (const entry of this.list(path).types) if (!isHiddenOrBackup(entry[0])) yield entry;
  }

  /** Type of what is in a directory, links not followed; undefined where there is nothing. Throws SystemError. */
  typeOf(directory: string, name: string): Type | undefined {
    const { error, types } = this.list(directory);
    if (error === undefined) return types.get(name);
    if (error === 'ENOENT' || error === 'ENOTDIR') return undefined;
    // May be searched although it may not be listed.
    return this.files.tryLstat(`${directory}/${name}`)?.type;
  }

  /** What is at `path` has changed. */
  changed(path: string): void {
    const parent = parentOf(path);
    for (const directory of [path, parent, parentOf(parent)]) {
      this.#listings.delete(directory);
      this.#links.delete(directory);
    }
  }

  /** All links of a directory of the load path; the code of what made it unreadable. */
  links(directory: string): Links | ErrorCode {
    const known = this.#links.get(directory);
    if (known !== undefined && [...known.from].every(([path, listing]) => this.list(path) === listing)) return known;
    const listing = this.list(directory);
    if (listing.error !== undefined) return absent.has(listing.error) ? noLinks : listing.error;
    const links = this.#collect(directory, listing);
    this.#links.set(directory, links);
    return links;
  }

  #collect(directory: string, listing: Listing): Collected {
    const from = new Map([[directory, listing]]);
    const wanted = new Set<string>();
    const names = new Set<string>();
    const byTarget = new Map<string, string[]>();
    for (const [name, type] of this.visible(directory)) {
      if (
        type === 'directory' &&
        (name.endsWith('.wants') || name.endsWith('.requires') || name.endsWith('.upholds'))
      ) {
        const inner = `${directory}/${name}`;
        from.set(inner, this.list(inner));
        for (const [link, linkType] of this.visible(inner)) if (linkType === 'symlink') wanted.add(link);
      } else if (type === 'symlink') {
        names.add(name);
        const target = this.#target(`${directory}/${name}`);
        if (target !== undefined) push(byTarget, target, name);
      }
    }
    const wantedByTemplate = new Map<string, string[]>();
    for (const name of wanted) {
      const template = unitTemplateName(name);
      if (template !== undefined) push(wantedByTemplate, template, name);
    }
    return { wanted, wantedByTemplate, names, byTarget, from };
  }

  #target(path: string): string | undefined {
    try {
      return baseName(this.files.readlink(path));
    } catch (error) {
      codeOf(error);
      return undefined;
    }
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
