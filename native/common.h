/*
 * Mechanism without policy: each function does one thing of the kernel's and returns a negative errno where it fails;
 * src/sys/ turns that into an error and decides everything else.
 */
#pragma once

#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace pidone {

/* A descriptor that is closed when it goes out of scope, unless it was released. */
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

inline Napi::Value error(Napi::Env env) { return Napi::Number::New(env, -errno); }
inline Napi::Value number(Napi::Env env, double value) { return Napi::Number::New(env, value); }

inline int intArg(const Napi::CallbackInfo& info, size_t i) { return info[i].ToNumber().Int32Value(); }
inline double doubleArg(const Napi::CallbackInfo& info, size_t i) { return info[i].ToNumber().DoubleValue(); }
inline std::string stringArg(const Napi::CallbackInfo& info, size_t i) { return info[i].ToString().Utf8Value(); }

/* A field of an object: a number, or `fallback` where it is undefined. */
inline double numberField(const Napi::Object& object, const char* name, double fallback) {
  Napi::Value value = object.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : fallback;
}
inline bool boolField(const Napi::Object& object, const char* name) { return object.Get(name).ToBoolean().Value(); }
inline std::string stringField(const Napi::Object& object, const char* name) {
  Napi::Value value = object.Get(name);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

}  // namespace pidone
