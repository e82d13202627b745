/* Threads that close what may make them wait: as many as were waiting at a time, up to a bound. */
#include "closing.h"

#include <signal.h>
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
constexpr size_t stackSize = 64 << 10;

struct Closers {
  uv_mutex_t lock;
  uv_cond_t more;
  std::deque<int> waiting;
  unsigned threads = 0;
  unsigned idle = 0;
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

void closeAll(void*) {
  Closers& c = closers();
  uv_mutex_lock(&c.lock);
  for (;;) {
    while (c.waiting.empty()) {
      c.idle++;
      uv_cond_wait(&c.more, &c.lock);
      c.idle--;
    }
    int fd = c.waiting.front();
    c.waiting.pop_front();
    uv_mutex_unlock(&c.lock);
    close(fd);
    uv_mutex_lock(&c.lock);
  }
}

/* Signals are the loop's. */
bool startThread() {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  uv_thread_options_t options = {};
  options.flags = UV_THREAD_HAS_STACK_SIZE;
  options.stack_size = stackSize;
  uv_thread_t thread;
  bool started = uv_thread_create_ex(&thread, &options, closeAll, nullptr) == 0;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return started;
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
  // Where there can't be another thread, the next that is done takes it.
  if (c.idle >= c.waiting.size()) uv_cond_signal(&c.more);
  else if (c.threads < maxThreads && startThread()) c.threads++;
  uv_mutex_unlock(&c.lock);
}

void closeConnection(int fd) {
  int unread = 0;
  shutdown(fd, SHUT_RDWR);
  if (ioctl(fd, FIONREAD, &unread) == 0 && unread == 0) close(fd);
  else closeForeign(fd);
}

}  // namespace pidone
