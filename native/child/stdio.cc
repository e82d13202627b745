/* Descriptors: the three standard streams, those that are passed, and what does not stay open. */
#include "calls.h"
#include "child.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that builds this. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

namespace pidone {

/* Moves a descriptor of the manager's above those that the program is to get. */
long Child::lift(int& fd) {
  int floor = 3 + plan_.fdsCount;
  if (fd < 0 || fd >= floor) return 0;
  long moved = raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, floor);
  if (moved < 0) return moved;
  fd = static_cast<int>(moved);
  return 0;
}

void Child::liftDescriptors() {
  check(stepFds, lift(plan_.reportFd));
  check(stepFds, lift(plan_.idleFd));
  for (Stdio& stdio : plan_.stdio)
    if (stdio.source == Source::fd) check(stepFds, lift(stdio.fd));
  for (int i = 0; i < plan_.fdsCount; i++) check(stepFds, lift(plan_.fds[i]));
}

/* Makes `fd`, which is of no other use, the descriptor `target`. */
long Child::place(long fd, int target) {
  if (fd < 0) return fd;
  if (fd == target) return raw(SYS_fcntl, fd, F_SETFD, 0);
  long result = raw(SYS_dup3, fd, target, 0);
  closeRaw(fd);
  return result;
}

/* /dev/null, or where the container has none a file in memory that is empty and stays so. */
static long openNull(int access) {
  long fd = openRaw("/dev/null", access);
  if (fd != -ENOENT) return fd;
  fd = raw(SYS_memfd_create, "null", MFD_ALLOW_SEALING);
  if (fd >= 0) raw(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return fd;
}

long Child::setStdio(int target) {
  const Stdio& stdio = plan_.stdio[target];
  switch (stdio.source) {
    case Source::null:
      return place(openNull(target == 0 ? O_RDONLY : O_WRONLY), target);
    case Source::file:
      return place(openPath(stdio), target);
    case Source::tty:
      return place(acquireTerminal(stdio), target);
    case Source::duplicate:
      return raw(SYS_dup3, stdio.fd, target, 0);
    case Source::fd: {
      long result = raw(SYS_dup3, stdio.fd, target, 0);
      if (result < 0) return result;
      setBlocking(target, true);
      if (target == 0 && plan_.session && isTerminal(0)) {
        raw(SYS_ioctl, 0, TIOCSCTTY, 0);
        resetTerminal(0);
        setTerminalSize(0);
      }
      return 0;
    }
  }
  return -EINVAL;
}

/* A Unix socket cannot be opened; it can be connected to. */
static long connectTo(const char* path, int access) {
  struct sockaddr_un address = {};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return -ENXIO;
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path, length + 1);
  long fd = raw(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  long result = raw(SYS_connect, fd, &address, sizeof address);
  if (result == -ENOTSOCK || result == -EINVAL) result = -ENXIO;
  if (result == 0 && access == O_RDONLY) result = raw(SYS_shutdown, fd, SHUT_WR);
  if (result == 0 && access == O_WRONLY) result = raw(SYS_shutdown, fd, SHUT_RD);
  if (result == 0) return fd;
  closeRaw(fd);
  return result;
}

long Child::openPath(const Stdio& stdio) {
  int flags = stdio.flags | O_NOCTTY;
  int access = flags & O_ACCMODE;
  if (stdio.terminal) {
    long fd = openRaw(stdio.path, flags);
    if (fd < 0 || isTerminal(fd)) return fd;
    closeRaw(fd);
    return -ENOTTY;
  }
  Walk walk;
  long fd;
  if (access == O_RDONLY) {
    // What is only read may be anywhere, as systemd has it; a socket gets whoever is at its other end to act.
    fd = openRaw(stdio.path, flags);
    if (fd == -ENXIO) fd = walk.open(stdio.path, flags, 0);
  } else {
    raw(SYS_umask, plan_.umask);
    fd = walk.open(stdio.path, flags | O_CREAT, 0666);
    raw(SYS_umask, 0);
  }
  return fd == -ENXIO ? connectTo(walk.heldPath(), access) : fd;
}

long Child::passDescriptors() {
  for (int i = 0; i < plan_.fdsCount; i++) {
    long result = raw(SYS_dup3, plan_.fds[i], 3 + i, 0);
    if (result < 0) return result;
    if (plan_.fdsNonBlocking >= 0) setBlocking(3 + i, plan_.fdsNonBlocking == 0);
  }
  return 0;
}

static constexpr long lastDescriptor = 0x7fffffff;

static void closeRange(long from, long to) {
  if (from > to) return;
  if (raw(SYS_close_range, from, to, 0) == 0) return;
  struct Entry {
    uint64_t ino;
    int64_t off;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  long directory = openRaw("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    struct rlimit64 limit = {1024, 1024};
    raw(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &limit);
    for (long fd = from; fd <= to && fd < static_cast<long>(lesser(limit.rlim_cur, 1 << 20)); fd++) closeRaw(fd);
    return;
  }
  alignas(8) char buffer[4096];
  for (;;) {
    long got = raw(SYS_getdents64, directory, buffer, sizeof buffer);
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      const Entry* entry = reinterpret_cast<const Entry*>(buffer + at);
      at += entry->length;
      long fd = 0;
      const char* digit = entry->name;
      if (*digit < '0' || *digit > '9') continue;
      for (; *digit != 0; digit++) fd = fd * 10 + (*digit - '0');
      if (fd >= from && fd <= to && fd != directory) closeRaw(fd);
    }
  }
  closeRaw(directory);
}

/* The least descriptor from `from` on that is still needed before exec. */
long Child::nextKept(long from) const {
  long next = lastDescriptor + 1;
  const auto consider = [&](long fd) {
    if (fd >= from && fd < next) next = fd;
  };
  consider(plan_.reportFd);
  consider(plan_.idleFd);
  for (const Stdio& stdio : plan_.stdio)
    if (stdio.source == Source::fd) consider(stdio.fd);
  for (int i = 0; i < plan_.fdsCount; i++) consider(plan_.fds[i]);
  return next;
}

/*
 * Closes what is the manager's: at once, so that a child that waits holds nothing of it open. Afterwards what the program
 * is not to have.
 */
void Child::closeOthers(bool all) {
  long from = 3 + (all ? plan_.fdsCount : 0);
  while (from <= lastDescriptor) {
    long next = all ? (plan_.reportFd >= from ? plan_.reportFd : lastDescriptor + 1) : nextKept(from);
    closeRange(from, next - 1);
    from = next + 1;
  }
}

}  // namespace pidone
