#include "common.h"

#include <unistd.h>

namespace pidone {

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

static Napi::Object initAll(Napi::Env env, Napi::Object exports) {
  initEvents(env, exports);
  initFiles(env, exports);
  initIpc(env, exports);
  initProcesses(env, exports);
  initSockets(env, exports);
  initSpawn(env, exports);
  initSystem(env, exports);
  return exports;
}

}  // namespace pidone

static Napi::Object init(Napi::Env env, Napi::Object exports) { return pidone::initAll(env, exports); }

NODE_API_MODULE(pidone, init)
