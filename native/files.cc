/* Calls about files that Node does not have. Paths of links in /proc/self/fd name what a descriptor holds. */
#include "addon.h"
#include "child/walk.h"
#include "common.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <vector>

namespace pidone {

/* openDirectory(path, lock): a descriptor; with `lock` -EAGAIN where somebody else has flock(2) on the directory. */
static Napi::Value openDirectory(const Napi::CallbackInfo& info) {
  std::string path = stringArg(info, 0);
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  // O_NOATIME is for owners and root only.
  Fd fd(open(path.c_str(), flags | O_NOATIME));
  if (fd.get() < 0 && errno == EPERM) fd = Fd(open(path.c_str(), flags));
  if (fd.get() < 0) return error(info.Env());
  if (info[1].ToBoolean() && flock(fd.get(), LOCK_EX | LOCK_NB) < 0) return error(info.Env());
  return number(info.Env(), fd.release());
}

/* holdParent(path, mode): [descriptor of the directory, last component]; directories are made where mode is not negative. */
static Napi::Value holdParent(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Walk walk;
  long result = walk.toParent(stringArg(info, 0).c_str(), intArg(info, 1));
  if (result < 0) return number(env, static_cast<double>(result));
  Napi::Array out = Napi::Array::New(env, 2);
  out.Set(0u, static_cast<double>(walk.releaseDirectory()));
  out.Set(1u, walk.name());
  return out;
}

/* makeDirectories(path, mode): mkdir -p, not led astray. */
static Napi::Value makeDirectories(const Napi::CallbackInfo& info) {
  return number(info.Env(), static_cast<double>(Walk().make(stringArg(info, 0).c_str(), intArg(info, 1), false)));
}

/*
 * openHeld(path, flags, mode): links followed, not led astray (native/child/walk.h); a Unix socket is connected to where
 * `connect`.
 */
static Napi::Value openHeld(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Walk walk;
  long fd = walk.open(stringArg(info, 0).c_str(), intArg(info, 1) | O_CLOEXEC, intArg(info, 2));
  if (fd != -ENXIO || !info[3].ToBoolean()) return number(env, static_cast<double>(fd));
  return connectTo(env, walk.heldPath());
}

/* A name as text, or as bytes where it may be no UTF-8. */
static Napi::Value nameOf(Napi::Env env, const char* name) {
  for (const char* at = name; *at != 0; at++) {
    if (static_cast<unsigned char>(*at) >= 0x80) return Napi::Buffer<char>::Copy(env, name, strlen(name));
  }
  return Napi::String::New(env, name);
}

/* listDirectory(fd): the names from the start. */
static Napi::Value listDirectory(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Fd copy(fcntl(intArg(info, 0), F_DUPFD_CLOEXEC, 3));
  if (copy.get() < 0) return error(env);
  DIR* directory = fdopendir(copy.get());
  if (directory == nullptr) return error(env);
  copy.release();
  rewinddir(directory);
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  errno = 0;
  while (struct dirent* entry = readdir(directory)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) out.Set(n++, nameOf(env, entry->d_name));
    errno = 0;
  }
  int failed = errno;
  closedir(directory);
  if (failed != 0) return number(env, -failed);
  return out;
}

/* lockFile(path): a descriptor that holds the write lock of the whole file; waits for it. */
static Napi::Value lockFile(const Napi::CallbackInfo& info) {
  Fd fd(open(stringArg(info, 0).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return error(info.Env());
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  while (fcntl(fd.get(), F_SETLKW, &lock) < 0) {
    if (errno != EINTR) return error(info.Env());
  }
  return number(info.Env(), fd.release());
}

static Napi::Value makeNode(const Napi::CallbackInfo& info) {
  std::string path = stringArg(info, 0);
  uint32_t mode = info[1].ToNumber().Uint32Value(), device = info[2].ToNumber().Uint32Value();
  // mknod(3) is a symbol of glibc 2.33.
  long made = syscall(SYS_mknodat, AT_FDCWD, path.c_str(), mode, device);
  return made < 0 ? error(info.Env()) : number(info.Env(), 0);
}

static Napi::Value getXattr(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = stringArg(info, 0), name = stringArg(info, 1);
  for (;;) {
    ssize_t size = getxattr(path.c_str(), name.c_str(), nullptr, 0);
    if (size < 0) return error(env);
    std::vector<char> value(static_cast<size_t>(size) + 1);
    size = getxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (size >= 0) return Napi::Buffer<char>::Copy(env, value.data(), static_cast<size_t>(size));
    if (errno != ERANGE) return error(env);
  }
}

static Napi::Value setXattr(const Napi::CallbackInfo& info) {
  std::string path = stringArg(info, 0), name = stringArg(info, 1);
  Napi::Uint8Array value = info[2].As<Napi::Uint8Array>();
  int result = setxattr(path.c_str(), name.c_str(), value.Data(), value.ByteLength(), 0);
  return result < 0 ? error(info.Env()) : number(info.Env(), 0);
}

static Napi::Value listXattrs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = stringArg(info, 0);
  for (;;) {
    ssize_t size = listxattr(path.c_str(), nullptr, 0);
    if (size < 0) return error(env);
    std::vector<char> names(static_cast<size_t>(size) + 1);
    size = listxattr(path.c_str(), names.data(), names.size());
    if (size < 0 && errno == ERANGE) continue;
    if (size < 0) return error(env);
    Napi::Array out = Napi::Array::New(env);
    uint32_t n = 0;
    for (const char* at = names.data(); at < names.data() + size; at += strlen(at) + 1) out.Set(n++, at);
    return out;
  }
}

static int openForFlags(const std::string& path) {
  int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int fd = open(path.c_str(), flags | O_NOATIME);
  return fd < 0 && errno == EPERM ? open(path.c_str(), flags) : fd;
}

static Napi::Value fileFlags(const Napi::CallbackInfo& info) {
  Fd fd(openForFlags(stringArg(info, 0)));
  unsigned flags = 0;
  if (fd.get() < 0 || ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) < 0) return error(info.Env());
  return number(info.Env(), flags);
}

static Napi::Value setFileFlags(const Napi::CallbackInfo& info) {
  Fd fd(openForFlags(stringArg(info, 0)));
  unsigned flags = info[1].ToNumber().Uint32Value();
  if (fd.get() < 0 || ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) < 0) return error(info.Env());
  return number(info.Env(), 0);
}

void initFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("openDirectory", Napi::Function::New(env, openDirectory));
  exports.Set("holdParent", Napi::Function::New(env, holdParent));
  exports.Set("makeDirectories", Napi::Function::New(env, makeDirectories));
  exports.Set("openHeld", Napi::Function::New(env, openHeld));
  exports.Set("listDirectory", Napi::Function::New(env, listDirectory));
  exports.Set("lockFile", Napi::Function::New(env, lockFile));
  exports.Set("mknod", Napi::Function::New(env, makeNode));
  exports.Set("getXattr", Napi::Function::New(env, getXattr));
  exports.Set("setXattr", Napi::Function::New(env, setXattr));
  exports.Set("listXattrs", Napi::Function::New(env, listXattrs));
  exports.Set("fileFlags", Napi::Function::New(env, fileFlags));
  exports.Set("setFileFlags", Napi::Function::New(env, setFileFlags));
}

}  // namespace pidone
