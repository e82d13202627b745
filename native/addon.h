/* What each file adds to the exports of the addon. */
#pragma once

#include <napi.h>

namespace pidone {

void initEvents(Napi::Env env, Napi::Object exports);
void initFiles(Napi::Env env, Napi::Object exports);
void initIpc(Napi::Env env, Napi::Object exports);
void initProcesses(Napi::Env env, Napi::Object exports);
void initSockets(Napi::Env env, Napi::Object exports);
void initSpawn(Napi::Env env, Napi::Object exports);
void initSystem(Napi::Env env, Napi::Object exports);

}  // namespace pidone
