/* Threads of the addon: nobody waits for their end, and the loop's signals pass them by. */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <uv.h>

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
