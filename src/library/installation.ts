/** Where pidone's own files are, seen from the library, and what Node is told for a manager. */
import { join } from 'node:path';
import { files } from '../sys/library-host.ts';

/** As the front door starts one (scripts/build.mjs), so that the compiled code fits. */
export const managerOptions = ['--max-semi-space-size=1', '--v8-pool-size=0', '--expose-gc'];

/** Beside the library as it is published, and in a checkout what was built. */
const places = ['../pidone/', '../../dist/root/usr/lib/pidone/'].map((path) =>
  decodeURIComponent(new URL(path, import.meta.url).pathname),
);

const library = places.find((place) => files.exists(join(place, 'pidone.cjs'))) ?? places[0]!;

export const installation = {
  /** The program. */
  program: join(library, 'pidone.cjs'),
  /** The front door; is not there on all machines. */
  frontDoor: join(library, 'bin/systemctl'),
};
