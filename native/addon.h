/* What each file adds to the exports of the addon. */
#pragma once

#include <napi.h>

#include <string>

namespace pidone {

void initBinding(Napi::Env env, Napi::Object exports);
void initCrash(Napi::Env env, Napi::Object exports);
void initEvents(Napi::Env env, Napi::Object exports);
void initFiles(Napi::Env env, Napi::Object exports);
void initIpc(Napi::Env env, Napi::Object exports);
void initProbing(Napi::Env env, Napi::Object exports);
void initProcesses(Napi::Env env, Napi::Object exports);
void initSockets(Napi::Env env, Napi::Object exports);
void initSpawn(Napi::Env env, Napi::Object exports);
void initSystem(Napi::Env env, Napi::Object exports);

/* A stream connected to a Unix socket, or a negative errno. */
Napi::Value connectTo(Napi::Env env, const std::string& path);

}  // namespace pidone
