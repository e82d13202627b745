/** Random bytes, by getrandom(2). They are used for names and ids, a few at a time: the kernel is asked for many at once. */
import { checked } from './errno.ts';
import { native } from './native.ts';

const pool = Buffer.allocUnsafeSlow(1024);
let used = pool.length;

/** `size` bytes that nobody else is given; throws SystemError. */
export function randomBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  if (size > pool.length) {
    checked(native().fillRandom(bytes), 'getrandom');
    return bytes;
  }
  if (size > pool.length - used) {
    checked(native().fillRandom(pool), 'getrandom');
    used = 0;
  }
  pool.copy(bytes, 0, used, used + size);
  used += size;
  return bytes;
}
