/*
 * A manager that crashes becomes its program anew, in the same process: what it needs is in a memfd (src/main/crash.ts), its
 * arguments and its environment are laid out before, and descriptors that it needs are marked. The handler of a crash makes
 * system calls and touches nothing that may be damaged or locked.
 */
#include "addon.h"
#include "common.h"
#include "crash.h"
#include "raw.h"

#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <vector>

namespace pidone {

/* Those that systemd takes for a crash, but SIGQUIT, which ends containers; and what traps of a compiler raise. */
static const int crashSignals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

/* A descriptor that is to stay open, by what it is of: its number may be another file's by then. */
struct Kept {
  dev_t dev;
  ino_t ino;
  bool held;
};

/* Memory that nothing else lies in: what overwrites the heap does not meet it. */
struct Program {
  char* path;
  char** argv;
  char** env;
  unsigned long waiting;
  /* What the main thread gets when its parent ends; the thread that executes it takes its place, not its setting. */
  int parentDeath;
};

static std::atomic<int> logFd{-1};
/* Of the main thread alone. */
static int nextFd = -1;
static std::atomic<bool> armed{false}, crashing{false};
static Program program;
static void* programMemory = MAP_FAILED;
static size_t programBytes = 0;
static Kept* kept = nullptr;
static size_t keptRoom = 0;
static std::atomic<int> keptEnd{0};
static long ownPid = 0;
static uint64_t spawnedCount = 0, reapedCount = 0, toldCount = 0;

/* ---- the log --------------------------------------------------------------------------------------------------- */

/* Bytes that could not be written: a negative errno. */
static int put(int fd, const char* text, size_t size) {
  while (size > 0) {
    long written = raw(SYS_write, fd, text, size);
    if (written == -EINTR) continue;
    if (written < 0) return static_cast<int>(written);
    if (written == 0) return -EIO;
    text += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

static void putFact(const char* text, int size) {
  if (size > 0) (void)put(logFd.load(), text, static_cast<size_t>(size));
}

void noteSpawn(int pid) {
  uint64_t number = spawnedCount++;
  if (logFd.load() < 0) return;
  char line[64];
  putFact(line, snprintf(line, sizeof line, "[\"spawn\",%llu,%d]\n", static_cast<unsigned long long>(number), pid));
}

void noteExit(int pid, int status, const struct rusage& usage, bool awaited) {
  uint64_t number = reapedCount++;
  if (logFd.load() < 0 || !awaited) return;
  double cpuMs = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                 static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
  char line[160];
  putFact(line, snprintf(line, sizeof line, "[\"exit\",%llu,%d,%d,%d,%.3f,%ld]\n",
                         static_cast<unsigned long long>(number), pid,
                         WIFEXITED(status) ? 0 : WCOREDUMP(status) ? 2 : 1,
                         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), cpuMs, usage.ru_maxrss));
}

void noteTold(uint64_t count) { toldCount += count; }

/* ---- the crash ------------------------------------------------------------------------------------------------- */

/* Text that is put together without the C library, and written in pieces. */
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  void add(const char* text) {
    while (*text != '\0') add(*text++);
  }
  void add(long number) {
    char digits[24];
    int count = 0;
    unsigned long rest = number < 0 ? 0ul - static_cast<unsigned long>(number) : static_cast<unsigned long>(number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    if (number < 0) add('-');
    while (count > 0) add(digits[--count]);
  }
  void flush() {
    (void)put(fd_, buffer_, size_);
    size_ = 0;
  }

 private:
  void add(char c) {
    if (size_ == sizeof buffer_) flush();
    buffer_[size_++] = c;
  }
  int fd_;
  size_t size_ = 0;
  char buffer_[512];
};

static bool isKept(int fd) {
  if (static_cast<size_t>(fd) >= keptRoom || !kept[fd].held) return false;
  struct stat st;
  return raw(SYS_fstat, fd, &st) == 0 && st.st_dev == kept[fd].dev && st.st_ino == kept[fd].ino;
}

/* When the handler returns the process dies of the signal, where it was when that came. */
static void dieOf(int signal) {
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, nullptr);
  raw(SYS_kill, raw(SYS_getpid), signal);
}

/* Where a core is wanted of who crashes, a copy of the process leaves it. True in the copy. */
static bool isCopyForCore() {
  struct rlimit limit = {};
  if (raw(SYS_prlimit64, 0, RLIMIT_CORE, 0, &limit) < 0 || limit.rlim_cur == 0) return false;
  if (raw(SYS_clone, SIGCHLD, 0, 0, 0, 0) != 0) return false;
#ifdef SYS_close_range
  // It may take long; who is connected need not wait for it.
  raw(SYS_close_range, 3, ~0u, 0);
#endif
  return true;
}

static void* programCounter(void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#else
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#endif
}

static constexpr int mostFrames = 64;

/*
 * The stack is written down by a copy of the process, and not waited for for long: whoever has crashed may hold a lock that is
 * asked for, and what the copy finds may make it crash, too. Code that V8 has made is not seen through.
 */
static void writeStack(void* context) {
  long copy = raw(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (copy < 0) return;
  if (copy == 0) {
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    unsigned long none = 0;
    for (int signal : crashSignals) sigaction(signal, &usual, nullptr);
    raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
    static void* frames[mostFrames];
    int count = backtrace(frames, mostFrames), first = 0;
    // Up to where the crash was it is the handler's.
    while (first < count && frames[first] != programCounter(context)) first++;
    if (first == count) first = 0;
    static const char head[] = "\n[\"stack\"]\n";
    (void)put(logFd.load(), head, sizeof head - 1);
    backtrace_symbols_fd(frames + first, count - first, logFd.load());
    raw(SYS_exit_group, 0);
  }
  for (int waitedMs = 0; waitedMs < 300; waitedMs++) {
    if (raw(SYS_wait4, copy, 0, WNOHANG, 0) != 0) return;
    struct timespec rest = {0, 1'000'000};
    raw(SYS_ppoll, 0, 0, &rest, 0, 0);
  }
  raw(SYS_kill, copy, SIGKILL);
  raw(SYS_wait4, copy, 0, 0, 0);
}

/* Does not return. `signal` 0: no signal, the process is about to end for an error. */
[[noreturn]] static void becomeAnew(int signal, int code, int sender) {
  // A child that is being spawned is watched by it; it would outlive execve(2).
  struct itimerval never = {};
  raw(SYS_setitimer, ITIMER_REAL, &never, 0);
  int log = logFd.load();
  Line line(log);
  // What was being written may have no end.
  line.add("\n[\"crash\",");
  line.add(static_cast<long>(signal));
  line.add(",");
  line.add(static_cast<long>(code));
  line.add(",");
  line.add(static_cast<long>(sender));
  line.add("]\n[\"fds\"");
  int end = keptEnd.load();
  for (int fd = 0; fd < end; fd++) {
    if (!isKept(fd) || raw(SYS_fcntl, fd, F_SETFD, 0) < 0) continue;
    line.add(",");
    line.add(static_cast<long>(fd));
  }
  line.add("]\n");
  line.flush();
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, log}) raw(SYS_fcntl, fd, F_SETFD, 0);
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &usual, nullptr);
  raw(SYS_rt_sigprocmask, SIG_SETMASK, &program.waiting, 0, sizeof program.waiting);
  raw(SYS_prctl, PR_SET_PDEATHSIG, program.parentDeath);
  raw(SYS_execve, program.path, program.argv, program.env);
  raw(SYS_exit_group, signal == 0 ? 1 : 128 + signal);
  __builtin_unreachable();
}

static void onCrash(int signal, siginfo_t* info, void* context) {
  // A child that has not executed its program has the handler, too.
  if (!armed.load() || raw(SYS_getpid) != ownPid) {
    dieOf(signal);
    return;
  }
  // Another thread that crashes meanwhile goes with this program.
  if (crashing.exchange(true))
    for (;;) raw(SYS_ppoll, 0, 0, 0, 0, 0);
  if (isCopyForCore()) {
    dieOf(signal);
    return;
  }
  writeStack(context);
  becomeAnew(signal, info->si_code, info->si_code <= 0 ? info->si_pid : 0);
}

/* ---- what is said before -------------------------------------------------------------------------------------- */

/* openCrashLog(): the descriptor of an empty log. */
static Napi::Value openCrashLog(const Napi::CallbackInfo& info) {
#if defined(__SANITIZE_ADDRESS__)
  // Its own handler is to report.
  return number(info.Env(), -ENOTSUP);
#else
  if (logFd.load() >= 0) return number(info.Env(), -EBUSY);
  int fd = memfd_create("pidone-state", MFD_CLOEXEC);
  if (fd < 0) return error(info.Env());
  logFd = fd;
  return number(info.Env(), fd);
#endif
}

static Napi::Value written(const Napi::CallbackInfo& info, int fd) {
  if (fd < 0) return number(info.Env(), -EBADF);
  std::string text = stringArg(info, 0);
  return number(info.Env(), put(fd, text.data(), text.size()));
}

/* writeCrashLog(text) */
static Napi::Value writeCrashLog(const Napi::CallbackInfo& info) { return written(info, logFd.load()); }

static void closeNext() {
  if (nextFd >= 0) close(nextFd);
  nextFd = -1;
}

/* writeNextCrashLog(text, anew): one that nobody reads until it takes the place of the log. */
static Napi::Value writeNextCrashLog(const Napi::CallbackInfo& info) {
  if (info[1].ToBoolean()) {
    closeNext();
    nextFd = memfd_create("pidone-state", MFD_CLOEXEC);
    if (nextFd < 0) return error(info.Env());
  }
  return written(info, nextFd);
}

/* turnCrashLog(): a crash finds the one or the other. */
static Napi::Value turnCrashLog(const Napi::CallbackInfo& info) {
  int log = logFd.load();
  if (log < 0 || nextFd < 0) return number(info.Env(), -EBADF);
  if (dup3(nextFd, log, O_CLOEXEC) < 0) return error(info.Env());
  closeNext();
  return number(info.Env(), 0);
}

/* Room for as many descriptors as there may be; pages that nobody touches cost nothing. */
static bool makeRoom() {
  if (kept != nullptr) return true;
  struct rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return false;
  size_t room = limit.rlim_cur < (1u << 20) ? static_cast<size_t>(limit.rlim_cur) : 1u << 20;
  void* memory = mmap(nullptr, room * sizeof(Kept), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  kept = static_cast<Kept*>(memory);
  keptRoom = room;
  return true;
}

/* keepOverCrash([fd…], keep) */
static Napi::Value keepOverCrash(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!makeRoom()) return error(env);
  Napi::Array list = info[0].As<Napi::Array>();
  bool keep = info[1].ToBoolean();
  for (uint32_t i = 0; i < list.Length(); i++) {
    int fd = list.Get(i).ToNumber().Int32Value();
    if (fd < 0 || static_cast<size_t>(fd) >= keptRoom) continue;
    struct stat st = {};
    bool held = keep && syscall(SYS_fstat, fd, &st) == 0;
    kept[fd] = {st.st_dev, st.st_ino, held};
    if (held && fd >= keptEnd.load()) keptEnd = fd + 1;
  }
  return number(env, 0);
}

static size_t laidOut(const std::vector<std::string>& texts) {
  size_t size = (texts.size() + 1) * sizeof(char*);
  for (const std::string& text : texts) size += text.size() + 1;
  return size;
}

static char** layOut(const std::vector<std::string>& texts, char** pointers, char*& at) {
  size_t i = 0;
  for (; i < texts.size(); i++) {
    pointers[i] = at;
    memcpy(at, texts[i].c_str(), texts[i].size() + 1);
    at += texts[i].size() + 1;
  }
  pointers[i] = nullptr;
  return pointers;
}

static std::vector<std::string> strings(Napi::Array from) {
  std::vector<std::string> out;
  for (uint32_t i = 0; i < from.Length(); i++) out.push_back(from.Get(i).ToString().Utf8Value());
  return out;
}

/* Of the main thread, whose own may be what has run out. */
static bool setStack() {
  static constexpr size_t size = 64 << 10;
  static void* memory = MAP_FAILED;
  if (memory != MAP_FAILED) return true;
  memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return false;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = size;
  return sigaltstack(&stack, nullptr) == 0;
}

/* armCrash(path, argv, env, [signal…]): the program, and what is blocked in it until it takes it. */
static Napi::Value armCrash(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = stringArg(info, 0);
  std::vector<std::string> argv = strings(info[1].As<Napi::Array>()), environment = strings(info[2].As<Napi::Array>());
  if (programMemory != MAP_FAILED) munmap(programMemory, programBytes);
  programBytes = path.size() + 1 + laidOut(argv) + laidOut(environment);
  programMemory = mmap(nullptr, programBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (programMemory == MAP_FAILED || !makeRoom() || !setStack()) return error(env);
  char** pointers = static_cast<char**>(programMemory);
  char** ofEnvironment = pointers + argv.size() + 1;
  char* at = reinterpret_cast<char*>(ofEnvironment + environment.size() + 1);
  program.argv = layOut(argv, pointers, at);
  program.env = layOut(environment, ofEnvironment, at);
  program.path = at;
  memcpy(at, path.c_str(), path.size() + 1);
  if (prctl(PR_GET_PDEATHSIG, &program.parentDeath) < 0) program.parentDeath = 0;
  program.waiting = 0;
  Napi::Array signals = info[3].As<Napi::Array>();
  for (uint32_t i = 0; i < signals.Length(); i++)
    program.waiting |= 1ul << (signals.Get(i).ToNumber().Int32Value() - 1);
  (void)mprotect(programMemory, programBytes, PROT_READ);
  // What it needs it loads at its first call.
  void* frame;
  (void)backtrace(&frame, 1);
  ownPid = getpid();
  armed = true;
  struct sigaction action = {};
  action.sa_sigaction = onCrash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (int signal : crashSignals)
    if (sigaction(signal, &action, nullptr) < 0) return error(env);
  return number(env, 0);
}

/* closeCrashLog(): a crash is one again. */
static Napi::Value closeCrashLog(const Napi::CallbackInfo& info) {
  if (armed.exchange(false)) {
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    for (int signal : crashSignals) sigaction(signal, &usual, nullptr);
  }
  closeNext();
  int log = logFd.exchange(-1);
  if (log >= 0) close(log);
  return info.Env().Undefined();
}

/* crashNow(): the process is about to end for an error that nobody has caught. Returns where it may. */
static Napi::Value crashNow(const Napi::CallbackInfo& info) {
  if (armed.load() && !crashing.exchange(true)) becomeAnew(0, 0, 0);
  return info.Env().Undefined();
}

/* crashMoment(): [exits told, processes spawned]. */
static Napi::Value crashMoment(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env(), 2);
  out.Set(0u, number(info.Env(), static_cast<double>(toldCount)));
  out.Set(1u, number(info.Env(), static_cast<double>(spawnedCount)));
  return out;
}

void initCrash(Napi::Env env, Napi::Object exports) {
  exports.Set("openCrashLog", Napi::Function::New(env, openCrashLog));
  exports.Set("writeCrashLog", Napi::Function::New(env, writeCrashLog));
  exports.Set("writeNextCrashLog", Napi::Function::New(env, writeNextCrashLog));
  exports.Set("turnCrashLog", Napi::Function::New(env, turnCrashLog));
  exports.Set("keepOverCrash", Napi::Function::New(env, keepOverCrash));
  exports.Set("armCrash", Napi::Function::New(env, armCrash));
  exports.Set("closeCrashLog", Napi::Function::New(env, closeCrashLog));
  exports.Set("crashNow", Napi::Function::New(env, crashNow));
  exports.Set("crashMoment", Napi::Function::New(env, crashMoment));
}

}  // namespace pidone
