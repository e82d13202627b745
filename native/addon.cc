/* The door: what src/sys/native.ts loads. */
#include "addon.h"

namespace pidone {

static Napi::Object initAll(Napi::Env env, Napi::Object exports) {
  initBinding(env, exports);
  initCrash(env, exports);
  initEvents(env, exports);
  initFiles(env, exports);
  initIpc(env, exports);
  initProbing(env, exports);
  initProcesses(env, exports);
  initSockets(env, exports);
  initSpawn(env, exports);
  initSystem(env, exports);
  return exports;
}

}  // namespace pidone

static Napi::Object init(Napi::Env env, Napi::Object exports) { return pidone::initAll(env, exports); }

// The macro defines what Node looks for by name.
#pragma GCC diagnostic ignored "-Wmissing-declarations"
NODE_API_MODULE(pidone, init)
