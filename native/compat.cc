/*
 * The C++ runtime is linked statically, and that of the compiler's machine asks for a few functions of its own glibc.
 * Answered here, the addon loads with glibc 2.28 (scripts/check-glibc.mjs looks). Each is enough for what the runtime
 * uses it for; none is seen outside the addon.
 */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

// Declared by the C library, or by nobody.
#pragma GCC diagnostic ignored "-Wmissing-declarations"

extern "C" {

#define HIDDEN __attribute__((visibility("hidden")))

/* False: atomic operations are never left out. */
HIDDEN char __libc_single_threaded = 0;

/* "Not known": the unwinder then walks the list of loaded objects, as it did before there was a cache. */
HIDDEN int _dl_find_object(void*, void*) { return -1; }

HIDDEN uint32_t arc4random(void) {
  uint32_t value = 0;
  if (syscall(SYS_getrandom, &value, sizeof value, 0) != static_cast<long>(sizeof value)) abort();
  return value;
}

/* The addon runs on one thread. */
HIDDEN int pthread_once(pthread_once_t* control, void (*routine)(void)) {
  if (*control == 0) {
    *control = 1;
    routine();
  }
  return 0;
}

/* Only its address is asked for: "is there a thread library?". */
HIDDEN int __pthread_key_create(pthread_key_t*, void (*)(void*)) { return -1; }

}
