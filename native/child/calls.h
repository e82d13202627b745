/* What every step of the child is made of: single system calls, and text in buffers that are there. */
#pragma once

#include "../raw.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <cstddef>
#include <cstdint>

namespace pidone {

static inline bool missing(long error) { return error == -ENOENT || error == -ENOTDIR; }
static inline bool refused(long error) { return error == -EPERM || error == -EACCES || error == -ENOSYS; }

static inline long openRaw(const char* path, int flags, int mode = 0) {
  return raw(SYS_openat, AT_FDCWD, path, flags, mode);
}
static inline void closeRaw(long fd) { raw(SYS_close, fd); }

[[noreturn]] static inline void leave(int status) {
  raw(SYS_exit_group, status);
  // A filter of the service's own may refuse even that.
  raw(SYS_exit, status);
#if defined(__x86_64__)
  for (;;) __asm__ volatile("hlt");
#else
  for (;;) __builtin_trap();
#endif
}

static inline long writeFile(const char* path, const char* text) {
  long fd = openRaw(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  long result = raw(SYS_write, fd, text, strlen(text));
  closeRaw(fd);
  return result < 0 ? result : 0;
}

static inline void setBlocking(long fd, bool blocking) {
  long flags = raw(SYS_fcntl, fd, F_GETFL);
  if (flags < 0) return;
  long wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags) raw(SYS_fcntl, fd, F_SETFL, wanted);
}

static inline bool isTerminal(long fd) {
  struct termios settings;
  return raw(SYS_ioctl, fd, TCGETS, &settings) == 0;
}

static inline uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

static inline size_t appendText(char* to, size_t at, const char* text) {
  size_t length = strlen(text);
  memcpy(to + at, text, length + 1);
  return at + length;
}

static inline size_t appendNumber(char* to, size_t at, unsigned long value) {
  char digits[24];
  size_t n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n > 0) to[at++] = digits[--n];
  to[at] = 0;
  return at;
}

/* struct sigaction of the kernel. */
struct KernelAction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};

}  // namespace pidone
