/* Mounts that are put into the namespace of a process that runs: a thread goes there, for a process can't. */
#include "addon.h"
#include "child/bind.h"
#include "common.h"
#include "threads.h"

#include <errno.h>
#include <uv.h>

#include <memory>

namespace pidone {

namespace {

/* A source on a server that has gone is not waited for any longer. */
constexpr uint64_t patienceNs = 2000000000;

struct Errand {
  uv_mutex_t lock;
  uv_cond_t over;
  Binding binding;
  bool done = false;
  int result = -ETIMEDOUT;
  Errand() {
    uv_mutex_init(&lock);
    uv_cond_init(&over);
  }
  ~Errand() {
    uv_cond_destroy(&over);
    uv_mutex_destroy(&lock);
  }
};

void run(void* argument) {
  std::unique_ptr<std::shared_ptr<Errand>> held(static_cast<std::shared_ptr<Errand>*>(argument));
  Errand& errand = **held;
  int result = bindInto(errand.binding);
  uv_mutex_lock(&errand.lock);
  errand.result = result;
  errand.done = true;
  uv_cond_signal(&errand.over);
  uv_mutex_unlock(&errand.lock);
}

}  // namespace

/* bindInto(pid, source, target, readOnly, make): 0 or a negative errno. */
static Napi::Value bindIntoProcess(const Napi::CallbackInfo& info) {
  auto asked = std::make_shared<Errand>();
  asked->binding = {intArg(info, 0), stringArg(info, 1), stringArg(info, 2), info[3].ToBoolean(), info[4].ToBoolean()};
  auto* held = new std::shared_ptr<Errand>(asked);
  if (!startDetached(run, held)) {
    delete held;
    return number(info.Env(), -EAGAIN);
  }
  uint64_t left = patienceNs, end = uv_hrtime() + left;
  uv_mutex_lock(&asked->lock);
  while (!asked->done && left > 0) {
    uv_cond_timedwait(&asked->over, &asked->lock, left);
    uint64_t now = uv_hrtime();
    left = now < end ? end - now : 0;
  }
  int result = asked->result;
  uv_mutex_unlock(&asked->lock);
  return number(info.Env(), result);
}

void initBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("bindInto", Napi::Function::New(env, bindIntoProcess));
}

}  // namespace pidone
