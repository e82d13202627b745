/** Which release of systemd speaks: the manager decides at its start, and whoever works beside it is told by a file. */
import { managerDirectories, type OwnPlaces, ownersOf, type Places, type Scope, worldOf } from '../control/places.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { imageOf } from '../sys/image.ts';
import { decideRelease } from '../voice/image.ts';
import { parseRelease, type Release } from '../voice/release.ts';

const pathOf = ({ directory }: Pick<Places, 'directory'>): string => `${directory}/release`;

/** What the manager of this machine has decided, or a user's own; without one, what it would. */
export function releaseHere(host: Host): Release {
  const owners = ownersOf(host);
  for (const scope of ['system', 'user'] as const satisfies readonly Scope[])
    for (const directory of managerDirectories(host, scope, owners)) {
      const told = readTold(host, pathOf({ directory }));
      if (told !== undefined) return told;
    }
  return decideRelease(imageOf(host)).release;
}

function readTold(host: Host, path: string): Release | undefined {
  let text: string;
  try {
    text = host.files.readText(path, 1024);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
  const [number = '', ...world] = text.trimEnd().split(' ');
  return world.join(' ') === worldOf(host) ? parseRelease(number) : undefined;
}

/** Says what is decided, and what was asked for in vain. */
export function tellRelease(host: Host, places: OwnPlaces, report: (message: string) => void): void {
  for (const line of decideRelease(imageOf(host)).wrong) report(line);
  if (places.homeless) return;
  const path = pathOf(places);
  try {
    host.files.writeAtomic(path, `${host.voice.systemdVersion} ${worldOf(host)}\n`, 0o644);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report(`Failed to write ${path}: ${errorText(error.code)}`);
  }
}

/** The manager is gone, and the next one decides anew. */
export function dropRelease(host: Host, places: Places): void {
  try {
    host.files.unlink(pathOf(places));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
