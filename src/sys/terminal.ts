/** Which descriptors are terminals. */
import { fstatSync } from 'node:fs';

/** Major number of /dev/null and its kin. */
const memoryDevices = 1;

/** Whether the descriptor is open on a terminal. node:tty takes longer to load than the rest of a program together. */
export function isTerminal(fd: number): boolean {
  try {
    const facts = fstatSync(fd);
    if (!facts.isCharacterDevice() || facts.rdev >> 8 === memoryDevices) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}
