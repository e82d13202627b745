/** Paths as text: what systemd calls simplified, normalized and valid. Nothing here touches the file system. */
import { byteLength, hasInvalidBytes, replaceInvalidBytes } from './bytes.ts';
import type { Warn } from './quoting.ts';

/** NAME_MAX of limits.h: bytes of one component. */
const componentLimit = 255;
/** PATH_MAX of limits.h, which counts a closing NUL. */
const pathLimit = 4096;

export function pathIsAbsolute(path: string): boolean {
  return path.charCodeAt(0) === 0x2f;
}

function componentTooLong(component: string): boolean {
  return (
    component.length > componentLimit ||
    (component.length * 3 > componentLimit && byteLength(component) > componentLimit)
  );
}

/** `//foo//./bar/.` becomes `/foo/bar`; what follows a component that is too long is left as it is. */
export function pathSimplify(path: string): string {
  if (path === '') return '';
  if (isSimple(path)) return path;
  const root = pathIsAbsolute(path) ? '/' : '';
  const kept: string[] = [];
  const components = path.split('/');
  for (let index = 0; index < components.length; index++) {
    const component = components[index]!;
    if (component === '' || component === '.') continue;
    if (componentTooLong(component)) {
      const rest = components.slice(index).join('/');
      return kept.length === 0 ? path : `${root}${kept.join('/')}/${rest}`;
    }
    kept.push(component);
  }
  return root + kept.join('/') || '.';
}

function isSimple(path: string): boolean {
  if (path === '/' || path === '.') return true;
  return !(
    path.endsWith('/') ||
    path.endsWith('/.') ||
    path.startsWith('./') ||
    path.includes('//') ||
    path.includes('/./')
  );
}

/** Whether the kernel could take the path: not empty, below 4096 bytes, no component above 255. */
export function pathIsValid(path: string): boolean {
  if (path === '' || path.length >= pathLimit) return false;
  if (path.length <= componentLimit / 3) return true;
  if (byteLength(path) >= pathLimit) return false;
  return !path.split('/').some(componentTooLong);
}

/** Valid and without `..`. */
function pathIsSafe(path: string): boolean {
  if (!pathIsValid(path)) return false;
  return !(path === '..' || path.startsWith('../') || path.endsWith('/..') || path.includes('/../'));
}

/** Safe, and written without `.` components and doubled slashes. A trailing slash is no objection. */
export function pathIsNormalized(path: string): boolean {
  if (!pathIsSafe(path)) return false;
  return !(path === '.' || path.startsWith('./') || path.endsWith('/.') || path.includes('/./') || path.includes('//'));
}

/** One component that a file can have: not empty, not `.` or `..`, no slash, at most 255 bytes. */
export function filenameIsValid(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) return false;
  return !componentTooLong(name);
}

function components(path: string): string[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}

/** What follows `prefix` in `path`, component by component; '' where they are equal, undefined where it does not. */
export function pathStartsWith(path: string, prefix: string): string | undefined {
  if (pathIsAbsolute(path) !== pathIsAbsolute(prefix)) return undefined;
  const parts = components(path);
  const wanted = components(prefix);
  if (wanted.length > parts.length || wanted.some((component, index) => component !== parts[index])) return undefined;
  return parts.slice(wanted.length).join('/');
}

/** Whether two paths are the same once simplified. */
export function pathEquals(a: string, b: string): boolean {
  return a === b || (pathIsAbsolute(a) === pathIsAbsolute(b) && pathSimplify(a) === pathSimplify(b));
}

/** The last component. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The directory that holds what an absolute path names. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** Joins with single slashes; empty parts are left out. */
export function pathJoin(...parts: string[]): string {
  let result = '';
  for (const part of parts) {
    if (part === '') continue;
    if (result === '') result = part;
    else if (result.endsWith('/')) result += part.startsWith('/') ? part.slice(1) : part;
    else result += part.startsWith('/') ? part : `/${part}`;
  }
  return result;
}

/** Whether a path likely names a device: below /dev or /sys. */
export function isDevicePath(path: string): boolean {
  return (pathStartsWith(path, '/dev') ?? '') !== '' || (pathStartsWith(path, '/sys') ?? '') !== '';
}

export interface PathCheck {
  /** The path must be absolute. */
  absolute?: boolean;
  /** The path must be relative. */
  relative?: boolean;
  /** The setting is not ignored but makes the unit fail: only the message differs. */
  fatal?: boolean;
}

/** The simplified path, or undefined after telling why the setting `lvalue` cannot have it. */
export function simplifyPathOrWarn(path: string, check: PathCheck, lvalue: string, warn: Warn): string | undefined {
  const ignoring = check.fatal ? '' : ', ignoring';
  if (hasInvalidBytes(path)) {
    warn(3, `String is not UTF-8 clean, ignoring assignment: ${replaceInvalidBytes(path)}`);
    return undefined;
  }
  if (check.absolute && !pathIsAbsolute(path)) {
    warn(3, `${lvalue}= path is not absolute${ignoring}: ${path}`);
    return undefined;
  }
  if (check.relative && pathIsAbsolute(path)) {
    warn(3, `${lvalue}= path is absolute${ignoring}: ${path}`);
    return undefined;
  }
  const simple = pathSimplify(path);
  if (!pathIsValid(simple)) {
    warn(3, `${lvalue}= path has invalid length (${byteLength(simple)} bytes)${ignoring}.`);
    return undefined;
  }
  if (!pathIsNormalized(simple)) {
    warn(3, `${lvalue}= path is not normalized${ignoring}: ${simple}`);
    return undefined;
  }
  return simple;
}
