/** What the tests of the real thing run: what was built into dist/, or what takes its place ($PIDONE_DIST). */
import { join, resolve } from 'node:path';

const dist = process.env.PIDONE_DIST ?? resolve(import.meta.dirname, '../../dist');

/** The package. */
export const tarball = join(dist, `pidone-linux-${process.arch}.tar.gz`);
/** The same as a tree, with the front door in it where it lies in the package. */
export const frontDoor = join(dist, 'root/usr/bin/systemctl');
export const frontDoorOfLibrary = join(dist, 'root/usr/lib/pidone/bin/systemctl');
