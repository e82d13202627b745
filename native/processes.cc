/* The process table, and signals that hit no recycled pid. */
#include "addon.h"
#include "common.h"
#include "events.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace pidone {

/* Reads a small file of /proc whole; the number of bytes, or -1. The text ends in NUL. */
static ssize_t readSmall(const char* path, char* text, size_t size) {
  Fd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return -1;
  size_t at = 0;
  while (at < size - 1) {
    ssize_t got = read(fd.get(), text + at, size - 1 - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  text[at] = 0;
  return static_cast<ssize_t>(at);
}

struct Stat {
  int pid, ppid, pgid, sid;
  char state;
  unsigned long long startTime;
  std::string comm;
};

/* proc_pid_stat(5). The name may hold blanks and brackets: it ends at the last ')'. */
static bool readStat(int pid, Stat& out) {
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (readSmall(path, text, sizeof text) <= 0) return false;
  const char* open = strchr(text, '(');
  const char* end = strrchr(text, ')');
  if (open == nullptr || end == nullptr || end < open) return false;
  out.pid = pid;
  out.comm.assign(open + 1, static_cast<size_t>(end - open - 1));
  if (sscanf(end + 1, " %c %d %d %d", &out.state, &out.ppid, &out.pgid, &out.sid) != 4) return false;
  const char* field = end + 1;
  // The state is field 3; the start time is field 22.
  for (int i = 2; i < 22; i++) {
    field = strchr(field, ' ');
    if (field == nullptr) return false;
    field++;
  }
  out.startTime = strtoull(field, nullptr, 10);
  return true;
}

static unsigned long long startTimeOf(int pid) {
  Stat stat;
  return readStat(pid, stat) ? stat.startTime : 0;
}

/* A hard limit, -1 where it is unlimited or cannot be read. */
static double limitIn(const char* text, const char* name) {
  const char* line = strstr(text, name);
  if (line == nullptr) return -1;
  char soft[32], hard[32];
  if (sscanf(line + strlen(name), " %31s %31s", soft, hard) != 2 || hard[0] == 'u') return -1;
  return strtod(hard, nullptr);
}

static bool addProcess(int pid, Napi::Array& out, uint32_t& n) {
  Stat stat;
  if (!readStat(pid, stat)) return false;
  Napi::Env env = out.Env();
  char state[2] = {stat.state, 0};
  out.Set(n++, number(env, stat.pid));
  out.Set(n++, number(env, stat.ppid));
  out.Set(n++, number(env, stat.pgid));
  out.Set(n++, number(env, stat.sid));
  out.Set(n++, Napi::String::New(env, state));
  out.Set(n++, number(env, static_cast<double>(stat.startTime)));
  out.Set(n++, Napi::String::New(env, stat.comm));
  char path[64], limits[4096];
  snprintf(path, sizeof path, "/proc/%d/limits", pid);
  if (readSmall(path, limits, sizeof limits) <= 0) limits[0] = 0;
  out.Set(n++, number(env, limitIn(limits, "Max file locks")));
  out.Set(n++, number(env, limitIn(limits, "Max realtime timeout")));
  return true;
}

/* processes(): [pid, ppid, pgid, sid, state, startTime, comm, tag or -1, check or -1, …] of all. */
static Napi::Value processes(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return error(env);
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  while (struct dirent* entry = readdir(proc)) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    // One that ends while it is looked at is left out.
    addProcess(atoi(entry->d_name), out, n);
  }
  closedir(proc);
  return out;
}

/* process(pid): the same of one, [] where there is none. */
static Napi::Value process(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  uint32_t n = 0;
  if (addProcess(intArg(info, 0), out, n)) knowProcess(intArg(info, 0));
  return out;
}

/* kill(pid, signal, startTime): 0, or a negative errno. With a start time another process under the pid is not hit. */
static Napi::Value killProcess(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int pid = intArg(info, 0), signal = intArg(info, 1);
  knowProcess(pid);
  double startTime = info[2].IsNumber() ? doubleArg(info, 2) : 0;
  if (startTime <= 0) return ::kill(pid, signal) < 0 ? error(env) : number(env, 0);
  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd.get() < 0 && errno == ESRCH) return error(env);
  if (static_cast<double>(startTimeOf(pid)) != startTime) return number(env, -ESRCH);
  if (pidfd.get() >= 0) {
    // The descriptor was there before the look at the start time, so it stands for that very process.
    if (syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) return number(env, 0);
    if (errno != ENOSYS && errno != EPERM) return error(env);
  }
  // No pidfd here (an old kernel, a seccomp profile): the window between look and kill stays.
  return ::kill(pid, signal) < 0 ? error(env) : number(env, 0);
}

static Napi::Value queueSignal(const Napi::CallbackInfo& info) {
  union sigval value = {};
  value.sival_int = intArg(info, 2);
  return ::sigqueue(intArg(info, 0), intArg(info, 1), value) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

void initProcesses(Napi::Env env, Napi::Object exports) {
  exports.Set("processes", Napi::Function::New(env, processes));
  exports.Set("process", Napi::Function::New(env, process));
  exports.Set("kill", Napi::Function::New(env, killProcess));
  exports.Set("sigqueue", Napi::Function::New(env, queueSignal));
}

}  // namespace pidone
