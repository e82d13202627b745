/* Files that may be on a server that has gone: a thread looks at them, and nobody waits for it for longer than was said. */
#include "addon.h"
#include "common.h"
#include "errand.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <memory>

namespace pidone {

namespace {

/* Those that were not waited for any longer, by number. */
std::map<double, std::shared_ptr<Errand>>& pending() {
  static auto* all = new std::map<double, std::shared_ptr<Errand>>;
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

}  // namespace

/* probe(path, ms): 0 where the file has answered, be it with an error; else the number of a probe that goes on. */
static Napi::Value probe(const Napi::CallbackInfo& info) {
  static double numbers = 0;
  auto asked = Errand::begin([path = stringArg(info, 0)] { return look(path.c_str()); });
  if (asked == nullptr) return number(info.Env(), -EAGAIN);
  if (asked->wait(static_cast<uint64_t>(intArg(info, 1)))) return number(info.Env(), 0);
  pending()[++numbers] = asked;
  return number(info.Env(), numbers);
}

/* probeGoesOn(number): whether there is no answer yet; one that has come is forgotten. */
static Napi::Value probeGoesOn(const Napi::CallbackInfo& info) {
  auto found = pending().find(doubleArg(info, 0));
  if (found == pending().end()) return Napi::Boolean::New(info.Env(), false);
  bool done = found->second->wait(0);
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
