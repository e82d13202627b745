/* Mounts that are put into the namespace of a process that runs: a thread goes there, for a process can't. */
#include "addon.h"
#include "child/bind.h"
#include "common.h"
#include "errand.h"

#include <errno.h>

namespace pidone {

/* A source on a server that has gone is not waited for any longer. */
static constexpr uint64_t patienceMs = 2000;

/* bindInto(pid, source, target, readOnly, make): 0 or a negative errno. */
static Napi::Value bindIntoProcess(const Napi::CallbackInfo& info) {
  Binding asked = {intArg(info, 0), stringArg(info, 1), stringArg(info, 2), info[3].ToBoolean(), info[4].ToBoolean()};
  auto errand = Errand::begin([asked] { return bindInto(asked); });
  if (errand == nullptr) return number(info.Env(), -EAGAIN);
  return number(info.Env(), errand->wait(patienceMs) ? errand->result() : -ETIMEDOUT);
}

void initBinding(Napi::Env env, Napi::Object exports) {
  exports.Set("bindInto", Napi::Function::New(env, bindIntoProcess));
}

}  // namespace pidone
