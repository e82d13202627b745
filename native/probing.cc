/* Files that may be on a server that has gone: a thread looks at them, and nobody waits for it for longer than was said. */
#include "addon.h"
#include "common.h"
#include "threads.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include <map>
#include <memory>

namespace pidone {

namespace {

struct Probe {
  uv_mutex_t lock;
  uv_cond_t over;
  std::string path;
  int result = -ETIMEDOUT;
  bool done = false;
  explicit Probe(std::string of) : path(std::move(of)) {
    uv_mutex_init(&lock);
    uv_cond_init(&over);
  }
  ~Probe() {
    uv_cond_destroy(&over);
    uv_mutex_destroy(&lock);
  }
};

/* Those that were not waited for any longer, by number. */
std::map<double, std::shared_ptr<Probe>>& pending() {
  static auto* all = new std::map<double, std::shared_ptr<Probe>>;
  return *all;
}

/* What a read of the file would wait for: its directories, its attributes, its first bytes. */
int look(const char* path) {
  struct stat st;
  if (syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) < 0) return -errno;
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return 0;
  Fd fd(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  char byte;
  if (fd.get() >= 0 && S_ISREG(st.st_mode) && pread(fd.get(), &byte, 1, 0) < 0) return -errno;
  return fd.get() < 0 ? -errno : 0;
}

void run(void* argument) {
  std::unique_ptr<std::shared_ptr<Probe>> held(static_cast<std::shared_ptr<Probe>*>(argument));
  Probe& probe = **held;
  int result = look(probe.path.c_str());
  uv_mutex_lock(&probe.lock);
  probe.result = result;
  probe.done = true;
  uv_cond_signal(&probe.over);
  uv_mutex_unlock(&probe.lock);
}

bool startThread(const std::shared_ptr<Probe>& probe) {
  auto* held = new std::shared_ptr<Probe>(probe);
  bool started = startDetached(run, held);
  if (!started) delete held;
  return started;
}

bool isDone(Probe& probe) {
  uv_mutex_lock(&probe.lock);
  bool done = probe.done;
  uv_mutex_unlock(&probe.lock);
  return done;
}

}  // namespace

/* probe(path, ms): 0 where the file has answered, be it with an error; else the number of a probe that goes on. */
static Napi::Value probe(const Napi::CallbackInfo& info) {
  static double numbers = 0;
  auto asked = std::make_shared<Probe>(stringArg(info, 0));
  if (!startThread(asked)) return number(info.Env(), -EAGAIN);
  uint64_t left = static_cast<uint64_t>(intArg(info, 1)) * 1000000, end = uv_hrtime() + left;
  uv_mutex_lock(&asked->lock);
  while (!asked->done && left > 0) {
    uv_cond_timedwait(&asked->over, &asked->lock, left);
    uint64_t now = uv_hrtime();
    left = now < end ? end - now : 0;
  }
  bool done = asked->done;
  uv_mutex_unlock(&asked->lock);
  if (done) return number(info.Env(), 0);
  pending()[++numbers] = asked;
  return number(info.Env(), numbers);
}

/* probeGoesOn(number): whether there is no answer yet; one that has come is forgotten. */
static Napi::Value probeGoesOn(const Napi::CallbackInfo& info) {
  auto found = pending().find(doubleArg(info, 0));
  if (found == pending().end()) return Napi::Boolean::New(info.Env(), false);
  bool done = isDone(*found->second);
  if (done) pending().erase(found);
  return Napi::Boolean::New(info.Env(), !done);
}

/* hasChanged(fd): whether a file of /proc tells of a change since it was last asked (POLLPRI). */
static Napi::Value hasChanged(const Napi::CallbackInfo& info) {
  struct pollfd asked = {intArg(info, 0), POLLPRI, 0};
  return Napi::Boolean::New(info.Env(), poll(&asked, 1, 0) > 0 && (asked.revents & POLLPRI) != 0);
}

void initProbing(Napi::Env env, Napi::Object exports) {
  exports.Set("probe", Napi::Function::New(env, probe));
  exports.Set("probeGoesOn", Napi::Function::New(env, probeGoesOn));
  exports.Set("hasChanged", Napi::Function::New(env, hasChanged));
}

}  // namespace pidone
