/** What enabling and its kin did, or could not do. */
import { SystemError } from '../../sys/host.ts';
import { pathSimplify } from '../../text/paths.ts';

/** The name of an errno: systemd tells kinds of failure apart by it. */
export type ErrorCode = `E${string}`;

/** A count (of links wanted, of rules found), or why it failed. */
export type Outcome = number | ErrorCode;

export function failed(outcome: Outcome): outcome is ErrorCode {
  return typeof outcome === 'string';
}

/** `path` is where it happened, `source` what a link points to or which unit is meant. */
export type InstallChange =
  | { readonly kind: 'symlink'; readonly path: string; readonly source: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | {
      /** Notices: nothing was changed. */
      readonly kind: 'masked' | 'masked-generator' | 'dangling' | 'auxiliary-failed';
      readonly path: string;
    }
  /** `source` was made a dependency of a unit that does not exist. */
  | { readonly kind: 'destination-not-present'; readonly path: string; readonly source: string }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly path: string; readonly source?: string };

/** The changes of one operation, in order. */
export class Changes {
  readonly list: InstallChange[] = [];

  symlink(path: string, source: string): void {
    this.list.push({ kind: 'symlink', path: pathSimplify(path), source: pathSimplify(source) });
  }
  unlink(path: string): void {
    this.list.push({ kind: 'unlink', path: pathSimplify(path) });
  }
  notice(kind: 'masked' | 'masked-generator' | 'dangling' | 'auxiliary-failed', path: string): void {
    this.list.push({ kind, path: pathSimplify(path) });
  }
  destinationNotPresent(path: string, source: string): void {
    this.list.push({ kind: 'destination-not-present', path: pathSimplify(path), source: pathSimplify(source) });
  }
  /** Records a failure and gives its code back. */
  error(code: ErrorCode, path: string, source?: string): ErrorCode {
    const at = { kind: 'error', code, path: pathSimplify(path) } as const;
    this.list.push(source === undefined ? at : { ...at, source: pathSimplify(source) });
    return code;
  }
}

/** The errno's name of a failed system call; anything else goes on. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof SystemError) return error.code as ErrorCode;
  throw error;
}

/** Runs a system call; its errno's name where it fails. */
export function attempt(call: () => void): ErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}
