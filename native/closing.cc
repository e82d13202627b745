/*
 * Threads that close what may make them wait. One does it all while no close takes long; when one does, the next thread goes on
 * with what is left, up to a bound. A flood of descriptors is then no flood of threads, which would have the processors.
 */
#include "closing.h"

#include "threads.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include <deque>

namespace pidone {

namespace {

constexpr unsigned maxThreads = 64;
/* A close that takes so long holds up the thread, nanoseconds. */
constexpr uint64_t patience = 5000000;

struct Closers {
  uv_mutex_t lock;
  uv_cond_t more;
  std::deque<int> waiting;
  unsigned threads = 0;
  unsigned idle = 0;
  unsigned closing = 0;
  /* One waits to take over. */
  bool standby = false;
  /* When the last close began. */
  uint64_t begun = 0;
  Closers() {
    uv_mutex_init(&lock);
    uv_cond_init(&more);
  }
};

/* Never destroyed: its threads outlast the end of main(). */
Closers& closers() {
  static Closers* all = new Closers;
  return *all;
}

/* Waits until there is something to close that nobody else is about to. With the lock. */
void awaitWork(Closers& c) {
  for (;;) {
    if (!c.waiting.empty()) {
      if (c.closing == 0 || uv_hrtime() - c.begun >= patience) return;
      if (!c.standby) {
        c.standby = true;
        uv_cond_timedwait(&c.more, &c.lock, patience);
        c.standby = false;
        continue;
      }
    }
    c.idle++;
    uv_cond_wait(&c.more, &c.lock);
    c.idle--;
  }
}

void closeAll(void*);

/* One more thread is to look. Where there can't be another, the next that is done does. With the lock. */
void wakeOne(Closers& c) {
  if (c.idle > 0 || c.standby) uv_cond_signal(&c.more);
  else if (c.threads < maxThreads && startDetached(closeAll, nullptr)) c.threads++;
}

void closeAll(void*) {
  Closers& c = closers();
  uv_mutex_lock(&c.lock);
  for (;;) {
    awaitWork(c);
    int fd = c.waiting.front();
    c.waiting.pop_front();
    c.begun = uv_hrtime();
    c.closing++;
    if (!c.waiting.empty() && !c.standby) wakeOne(c);
    uv_mutex_unlock(&c.lock);
    close(fd);
    uv_mutex_lock(&c.lock);
    c.closing--;
  }
}

}  // namespace

void closeForeign(int fd) {
  struct stat st = {};
  if (syscall(SYS_fstat, fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
    close(fd);
    return;
  }
  Closers& c = closers();
  uv_mutex_lock(&c.lock);
  c.waiting.push_back(fd);
  if (c.closing == 0 || !c.standby) wakeOne(c);
  uv_mutex_unlock(&c.lock);
}

void closeConnection(int fd) {
  int unread = 0;
  shutdown(fd, SHUT_RDWR);
  if (ioctl(fd, FIONREAD, &unread) == 0 && unread == 0) close(fd);
  else closeForeign(fd);
}

}  // namespace pidone
