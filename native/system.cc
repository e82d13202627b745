/* The process itself and its machine: names, clocks, limits, descriptors, exec, reboot, inotify. */
#include "addon.h"
#include "closing.h"
#include "common.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace pidone {

static Napi::Value setProcessName(const Napi::CallbackInfo& info) {
  std::string name = stringArg(info, 0);
  return prctl(PR_SET_NAME, name.c_str()) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

static Napi::Value becomeSubreaper(const Napi::CallbackInfo& info) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

/* clock(which): milliseconds of CLOCK_REALTIME (0), CLOCK_MONOTONIC (1), CLOCK_BOOTTIME (7). */
static Napi::Value clock(const Napi::CallbackInfo& info) {
  struct timespec t = {};
  if (clock_gettime(intArg(info, 0), &t) < 0) return error(info.Env());
  // Whole microseconds: what systemd's timestamps hold.
  return number(info.Env(), static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec / 1000) / 1e3);
}

/* fillRandom(bytes): from the kernel's generator. Node's crypto, which would do as well, takes 10 ms to load. */
static Napi::Value fillRandom(const Napi::CallbackInfo& info) {
  Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  for (size_t at = 0; at < bytes.ByteLength();) {
    ssize_t got = getrandom(bytes.Data() + at, bytes.ByteLength() - at, 0);
    if (got < 0 && errno != EINTR) return error(info.Env());
    if (got > 0) at += static_cast<size_t>(got);
  }
  return number(info.Env(), 0);
}

/* hypervisor(): the signature that the CPU gives of it, undefined where there is none. */
static Napi::Value hypervisor(const Napi::CallbackInfo& info) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & 0x80000000u) != 0) {
    unsigned signature[3];
    __cpuid(0x40000000u, a, signature[0], signature[1], signature[2]);
    char text[sizeof signature + 1] = {};
    memcpy(text, signature, sizeof signature);
    return Napi::String::New(info.Env(), text);
  }
#endif
  return info.Env().Undefined();
}

/* limit(resource): [soft, hard], Infinity for none. */
static Napi::Value limit(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct rlimit l = {};
  if (getrlimit(static_cast<__rlimit_resource_t>(intArg(info, 0)), &l) < 0) return error(env);
  Napi::Array out = Napi::Array::New(env, 2);
  auto value = [](rlim_t v) { return v == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : static_cast<double>(v); };
  out.Set(0u, value(l.rlim_cur));
  out.Set(1u, value(l.rlim_max));
  return out;
}

/* space(path): [total, free] bytes. */
static Napi::Value space(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct statvfs s = {};
  if (statvfs(stringArg(info, 0).c_str(), &s) < 0) return error(env);
  Napi::Array out = Napi::Array::New(env, 2);
  out.Set(0u, static_cast<double>(s.f_blocks) * static_cast<double>(s.f_frsize));
  out.Set(1u, static_cast<double>(s.f_bavail) * static_cast<double>(s.f_frsize));
  return out;
}

static Napi::Value closeFd(const Napi::CallbackInfo& info) {
  return close(intArg(info, 0)) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

/* discardFd(fd): closes what came from outside, as soon as that can be. */
static Napi::Value discardFd(const Napi::CallbackInfo& info) {
  closeForeign(intArg(info, 0));
  return info.Env().Undefined();
}

/* closeConnection(fd): of a connection to others. */
static Napi::Value closeConnectionFd(const Napi::CallbackInfo& info) {
  closeConnection(intArg(info, 0));
  return info.Env().Undefined();
}

static Napi::Value makePipe(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return error(env);
  Napi::Array out = Napi::Array::New(env, 2);
  out.Set(0u, fds[0]);
  out.Set(1u, fds[1]);
  return out;
}

static Napi::Value setCloseOnExec(const Napi::CallbackInfo& info) {
  int flags = info[1].ToBoolean().Value() ? FD_CLOEXEC : 0;
  return fcntl(intArg(info, 0), F_SETFD, flags) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

/* Whether reads of the file are answered by the kernel and its disks, and not by a daemon or a server that may let us wait. */
static bool isLocal(int fd) {
  struct statfs s = {};
  if (fstatfs(fd, &s) < 0) return false;
  switch (static_cast<uint32_t>(s.f_type)) {
    case 0x65735546:  // FUSE
    case 0x6969:      // NFS
    case 0x517b:      // SMB
    case 0xfe534d42:  // SMB2
    case 0xff534d42:  // CIFS
    case 0x00c36400:  // Ceph
    case 0x5346414f:  // AFS
    case 0x73757245:  // Coda
      return false;
    default:
      return true;
  }
}

/* readFd(fd, limit): what a regular file or memfd holds from its start. */
static Napi::Value readFd(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = intArg(info, 0);
  size_t limit = static_cast<size_t>(doubleArg(info, 1));
  struct stat st = {};
  if (syscall(SYS_fstat, fd, &st) < 0) return error(env);
  if (!S_ISREG(st.st_mode)) return number(env, -ESPIPE);
  if (!isLocal(fd)) return number(env, -EREMOTE);
  size_t size = static_cast<size_t>(st.st_size) < limit ? static_cast<size_t>(st.st_size) : limit;
  Napi::Buffer<uint8_t> out = Napi::Buffer<uint8_t>::New(env, size);
  size_t at = 0;
  while (at < size) {
    ssize_t got = pread(fd, out.Data() + at, size - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error(env);
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  if (at == size) return out;
  return Napi::Buffer<uint8_t>::Copy(env, out.Data(), at);
}

/* memfd(bytes): a descriptor to read them from its start. */
static Napi::Value memfd(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Uint8Array data = info[0].As<Napi::Uint8Array>();
  Fd fd(memfd_create("stdin-data", MFD_CLOEXEC));
  if (fd.get() < 0) return error(env);
  size_t at = 0;
  while (at < data.ByteLength()) {
    ssize_t put = write(fd.get(), data.Data() + at, data.ByteLength() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return error(env);
    at += static_cast<size_t>(put);
  }
  if (lseek(fd.get(), 0, SEEK_SET) < 0) return error(env);
  return number(env, fd.release());
}

/* exec(path, argv, env, [signal…]): returns only a negative errno. Signals are as a fresh program expects them, but for those
 * that are to wait in the kernel until it takes them. */
static Napi::Value execProgram(const Napi::CallbackInfo& info) {
  auto strings = [](Napi::Array from) {
    std::vector<std::string> out;
    for (uint32_t i = 0; i < from.Length(); i++) out.push_back(from.Get(i).ToString().Utf8Value());
    return out;
  };
  auto pointers = [](std::vector<std::string>& from) {
    std::vector<char*> out;
    for (std::string& s : from) out.push_back(s.data());
    out.push_back(nullptr);
    return out;
  };
  std::string path = stringArg(info, 0);
  std::vector<std::string> argv = strings(info[1].As<Napi::Array>()), env = strings(info[2].As<Napi::Array>());
  std::vector<char*> argvPointers = pointers(argv), envPointers = pointers(env);
  // Handlers go with the image; a mask, and what is ignored, would stay. Node ignores SIGPIPE.
  sigset_t waiting, before;
  sigemptyset(&waiting);
  Napi::Array signals = info[3].As<Napi::Array>();
  for (uint32_t i = 0; i < signals.Length(); i++) sigaddset(&waiting, signals.Get(i).ToNumber().Int32Value());
  sigprocmask(SIG_SETMASK, &waiting, &before);
  struct sigaction usual = {}, pipeAction;
  usual.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &usual, &pipeAction);
  execve(path.c_str(), argvPointers.data(), envPointers.data());
  int saved = errno;
  sigaction(SIGPIPE, &pipeAction, nullptr);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return number(info.Env(), -saved);
}

static Napi::Value rebootMachine(const Napi::CallbackInfo& info) {
  std::string command = stringArg(info, 0);
  int how = command == "restart" ? RB_AUTOBOOT : command == "poweroff" ? RB_POWER_OFF : RB_HALT_SYSTEM;
  sync();
  return reboot(how) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

static Napi::Value inotifyInit(const Napi::CallbackInfo& info) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return fd < 0 ? error(info.Env()) : number(info.Env(), fd);
}

static Napi::Value inotifyAdd(const Napi::CallbackInfo& info) {
  int wd = inotify_add_watch(intArg(info, 0), stringArg(info, 1).c_str(), info[2].ToNumber().Uint32Value());
  return wd < 0 ? error(info.Env()) : number(info.Env(), wd);
}

static Napi::Value inotifyRemove(const Napi::CallbackInfo& info) {
  return inotify_rm_watch(intArg(info, 0), intArg(info, 1)) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

/* inotifyRead(fd): [wd, mask, …] of what waits, at most one buffer of it. */
static Napi::Value inotifyRead(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  alignas(struct inotify_event) char buffer[16384];
  ssize_t got = read(intArg(info, 0), buffer, sizeof buffer);
  for (char* at = buffer; at < buffer + got;) {
    const struct inotify_event* event = reinterpret_cast<const struct inotify_event*>(at);
    out.Set(n++, event->wd);
    out.Set(n++, number(env, event->mask));
    at += sizeof(struct inotify_event) + event->len;
  }
  return out;
}

/* writeReady(fd, bytes): bytes that the descriptor took without blocking; it stays as it is, others may share it. */
static Napi::Value writeReady(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = intArg(info, 0);
  Napi::Uint8Array data = info[1].As<Napi::Uint8Array>();
  size_t at = 0;
  while (at < data.ByteLength()) {
    struct pollfd ready = {fd, POLLOUT, 0};
    if (poll(&ready, 1, 0) <= 0) break;
    // A pipe that is ready takes this much without blocking (pipe(7), PIPE_BUF).
    size_t piece = data.ByteLength() - at < PIPE_BUF ? data.ByteLength() - at : PIPE_BUF;
    ssize_t put = write(fd, data.Data() + at, piece);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) break;
    if (put < 0) return error(env);
    at += static_cast<size_t>(put);
  }
  return number(env, static_cast<double>(at));
}

/*
 * releasePages(): gives back pages of the allocator that nothing is in, and those that are as their file has them, program
 * text above all. What runs comes back from the page cache when it is touched. A mapping with pages of its own
 * (relocations) is left.
 */
static Napi::Value releasePages(const Napi::CallbackInfo& info) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::unique_ptr<FILE, int (*)(FILE*)> maps(fopen("/proc/self/smaps", "re"), fclose);
  if (!maps) return error(info.Env());
  char line[PATH_MAX + 128];
  unsigned long start = 0, end = 0, inode = 0, resident = 0, own = 0;
  char mode[5] = "";
  while (fgets(line, sizeof line, maps.get()) != nullptr) {
    unsigned long from, to;
    if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu", &from, &to, mode, &inode) == 4) {
      start = from;
      end = to;
    } else if (sscanf(line, "Rss: %lu kB", &resident) != 1 && sscanf(line, "Anonymous: %lu kB", &own) == 1) {
      if (inode == 0 || own != 0 || resident == 0 || mode[0] != 'r' || mode[1] == 'w' || mode[3] != 'p') continue;
      // Refused for locked memory, of which none is ours; it stays then.
      (void)madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
    }
  }
  return number(info.Env(), 0);
}

void initSystem(Napi::Env env, Napi::Object exports) {
  exports.Set("setProcessName", Napi::Function::New(env, setProcessName));
  exports.Set("becomeSubreaper", Napi::Function::New(env, becomeSubreaper));
  exports.Set("clock", Napi::Function::New(env, clock));
  exports.Set("fillRandom", Napi::Function::New(env, fillRandom));
  exports.Set("hypervisor", Napi::Function::New(env, hypervisor));
  exports.Set("limit", Napi::Function::New(env, limit));
  exports.Set("space", Napi::Function::New(env, space));
  exports.Set("closeFd", Napi::Function::New(env, closeFd));
  exports.Set("discardFd", Napi::Function::New(env, discardFd));
  exports.Set("closeConnection", Napi::Function::New(env, closeConnectionFd));
  exports.Set("pipe", Napi::Function::New(env, makePipe));
  exports.Set("setCloseOnExec", Napi::Function::New(env, setCloseOnExec));
  exports.Set("readFd", Napi::Function::New(env, readFd));
  exports.Set("memfd", Napi::Function::New(env, memfd));
  exports.Set("exec", Napi::Function::New(env, execProgram));
  exports.Set("reboot", Napi::Function::New(env, rebootMachine));
  exports.Set("inotifyInit", Napi::Function::New(env, inotifyInit));
  exports.Set("inotifyAdd", Napi::Function::New(env, inotifyAdd));
  exports.Set("writeReady", Napi::Function::New(env, writeReady));
  exports.Set("releasePages", Napi::Function::New(env, releasePages));
  exports.Set("inotifyRemove", Napi::Function::New(env, inotifyRemove));
  exports.Set("inotifyRead", Napi::Function::New(env, inotifyRead));
}

}  // namespace pidone
