/* Threads of the addon: nobody waits for their end, and the loop's signals pass them by. */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <uv.h>

/*
 * By the version that it has always had: the C library of the compiler's machine gives it a newer one, which those before 2.34
 * lack (scripts/check-glibc.mjs looks).
 */
#if defined(__x86_64__)
__asm__(".symver pthread_detach, pthread_detach@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver pthread_detach, pthread_detach@GLIBC_2.17");
#endif

/* With a stack of 64 KiB; false where there can't be another. */
inline bool startDetached(uv_thread_cb run, void* with) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  uv_thread_options_t options = {};
  options.flags = UV_THREAD_HAS_STACK_SIZE;
  options.stack_size = 64 << 10;
  uv_thread_t thread;
  bool started = uv_thread_create_ex(&thread, &options, run, with) == 0;
  if (started) pthread_detach(thread);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return started;
}
