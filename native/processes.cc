/* The process table, and signals that hit no recycled pid. */
#include "addon.h"
#include "common.h"
#include "events.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_set>
#include <vector>

namespace pidone {

/* Reads a file of /proc that the kernel writes in one piece; the number of bytes, or -1. The text ends in NUL. */
static ssize_t readSmall(const char* path, char* text, size_t size) {
  Fd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return -1;
  ssize_t got;
  do got = read(fd.get(), text, size - 1);
  while (got < 0 && errno == EINTR);
  text[got > 0 ? got : 0] = 0;
  return got;
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

struct Limits {
  double locks = -1, realtime = -1;
};

/* The two limits of the mark. The call answers for processes of the same user, to the capable for all; the file to all. */
static Limits limitsOf(int pid) {
  Limits limits;
  struct rlimit64 locks, realtime;
  if (syscall(SYS_prlimit64, pid, RLIMIT_LOCKS, nullptr, &locks) == 0 &&
      syscall(SYS_prlimit64, pid, RLIMIT_RTTIME, nullptr, &realtime) == 0) {
    if (locks.rlim_max != RLIM64_INFINITY) limits.locks = static_cast<double>(locks.rlim_max);
    if (realtime.rlim_max != RLIM64_INFINITY) limits.realtime = static_cast<double>(realtime.rlim_max);
    return limits;
  }
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/limits", pid);
  if (readSmall(path, text, sizeof text) <= 0) return limits;
  limits.locks = limitIn(text, "Max file locks");
  limits.realtime = limitIn(text, "Max realtime timeout");
  return limits;
}

enum class Seen { alive, dead, gone };

static void addStat(const Stat& stat, Napi::Array& out, uint32_t& n) {
  Napi::Env env = out.Env();
  char state[2] = {stat.state, 0};
  Limits limits = limitsOf(stat.pid);
  out.Set(n++, number(env, stat.pid));
  out.Set(n++, number(env, stat.ppid));
  out.Set(n++, number(env, stat.pgid));
  out.Set(n++, number(env, stat.sid));
  out.Set(n++, Napi::String::New(env, state));
  out.Set(n++, number(env, static_cast<double>(stat.startTime)));
  out.Set(n++, Napi::String::New(env, stat.comm));
  out.Set(n++, number(env, limits.locks));
  out.Set(n++, number(env, limits.realtime));
}

static Seen addProcess(int pid, Napi::Array& out, uint32_t& n) {
  Stat stat;
  if (!readStat(pid, stat)) return Seen::gone;
  addStat(stat, out, n);
  return stat.state == 'Z' || stat.state == 'X' ? Seen::dead : Seen::alive;
}

/* Where processes come and go all the time. */
static const int maxLists = 4;

/*
 * processes(): [pid, ppid, pgid, sid, state, startTime, comm, tag or -1, check or -1, …] of all.
 *
 * The list is read before the processes: one that has ended meanwhile may have forked after it, so the list is read again
 * for what was not in it.
 */
static Napi::Value processes(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return error(env);
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  std::unordered_set<int> seen;
  bool ended = true;
  for (int list = 0; ended && list < maxLists; list++) {
    ended = false;
    rewinddir(proc);
    while (struct dirent* entry = readdir(proc)) {
      if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
      int pid = atoi(entry->d_name);
      if (seen.count(pid) != 0) continue;
      Seen state = addProcess(pid, out, n);
      if (state != Seen::alive) ended = true;
      // The number of one that is gone may be another's by the next list.
      if (state != Seen::gone) seen.insert(pid);
    }
  }
  closedir(proc);
  return out;
}

/* process(pid): the same of one, [] where there is none. */
static Napi::Value process(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  uint32_t n = 0;
  if (addProcess(intArg(info, 0), out, n) != Seen::gone) knowProcess(intArg(info, 0));
  return out;
}

/* An error that says nothing of the process that was asked for. */
static bool isOwnFault(int problem) { return problem == EMFILE || problem == ENFILE || problem == ENOMEM; }

/*
 * proc(5), /proc/PID/task/TID/children: what one thread has forked, and what came to it of those that have ended. Where one of
 * them is reaped meanwhile the list may miss another: whoever finds that one gone asks again. 0, or a negative errno.
 */
static int readChildren(int pid, int thread, std::vector<int>& out) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, thread);
  Fd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return -errno;
  int child = 0;
  for (;;) {
    ssize_t got = read(fd.get(), text, sizeof text);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    for (ssize_t i = 0; i < got; i++) {
      if (text[i] >= '0' && text[i] <= '9') {
        child = child * 10 + (text[i] - '0');
      } else if (child > 0) {
        out.push_back(child);
        child = 0;
      }
    }
  }
  if (child > 0) out.push_back(child);
  return 0;
}

/*
 * Those of this process. Orphans come to its first thread, as long as that lives, and what it spawns to the thread that does;
 * the other threads, of which Node has many, have none.
 */
static int ownChildren(std::vector<int>& out) {
  out.clear();
  int pid = getpid(), thread = static_cast<int>(syscall(SYS_gettid));
  int result = readChildren(pid, pid, out);
  return result == 0 && thread != pid ? readChildren(pid, thread, out) : result;
}

/*
 * Children of all threads; -ENOENT where the process is gone, or the kernel was built without CONFIG_PROC_CHILDREN. What a thread
 * leaves that ends comes to another one of the process, so where one is missing all are asked again.
 */
static int childrenOf(int pid, std::vector<int>& out) {
  if (pid == getpid()) return ownChildren(out);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  bool told = false;
  for (int list = 0; list < maxLists; list++) {
    out.clear();
    struct statx task;
    if (statx(AT_FDCWD, path, 0, STATX_NLINK, &task) < 0) {
      if (errno != ENOSYS) return -errno;
      task.stx_nlink = 0;
    }
    // Two links of its own, and one of each thread.
    if (task.stx_nlink == 3) {
      int result = readChildren(pid, pid, out);
      if (result == 0 || isOwnFault(-result)) return result;
      continue;
    }
    DIR* threads = opendir(path);
    if (threads == nullptr) return -errno;
    int result = 0;
    while (struct dirent* entry = readdir(threads)) {
      if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
      int one = readChildren(pid, atoi(entry->d_name), out);
      if (one == 0) told = true;
      if (one != 0 && !isOwnFault(-result)) result = one;
    }
    closedir(threads);
    if (isOwnFault(-result)) return result;
    if (result == 0) break;
  }
  return told ? 0 : -ENOENT;
}

/* children(pid): pids, or a negative errno, as childrenOf. */
static Napi::Value children(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<int> found;
  int result = childrenOf(intArg(info, 0), found);
  if (result < 0) return number(env, result);
  Napi::Array out = Napi::Array::New(env, found.size());
  uint32_t n = 0;
  for (int child : found) out.Set(n++, number(env, child));
  return out;
}

/*
 * families([pid, …]): of each that there is, in that order: how many children, their pids, and what process() tells. Or a
 * negative errno, where none can be asked.
 *
 * Children are read before their parent: one that is alive then had not left them to anybody.
 */
static Napi::Value families(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array pids = info[0].As<Napi::Array>();
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  std::vector<int> found;
  for (uint32_t i = 0; i < pids.Length(); i++) {
    Napi::HandleScope scope(env);
    int pid = pids.Get(i).ToNumber().Int32Value();
    int result = childrenOf(pid, found);
    if (isOwnFault(-result)) return number(env, result);
    if (result < 0) found.clear();
    Stat stat;
    errno = 0;
    if (!readStat(pid, stat)) {
      if (isOwnFault(errno)) return error(env);
      continue;
    }
    out.Set(n++, number(env, static_cast<double>(found.size())));
    for (int child : found) out.Set(n++, number(env, child));
    addStat(stat, out, n);
  }
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

/* hasPid(pidfd): 1 while the process has its pid, also when it has ended and nobody has reaped it; 0, or a negative errno. */
static Napi::Value hasPid(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (syscall(SYS_pidfd_send_signal, intArg(info, 0), 0, nullptr, 0) == 0) return number(env, 1);
  return errno == ESRCH ? number(env, 0) : error(env);
}

static Napi::Value queueSignal(const Napi::CallbackInfo& info) {
  union sigval value = {};
  value.sival_int = intArg(info, 2);
  return ::sigqueue(intArg(info, 0), intArg(info, 1), value) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

void initProcesses(Napi::Env env, Napi::Object exports) {
  exports.Set("processes", Napi::Function::New(env, processes));
  exports.Set("process", Napi::Function::New(env, process));
  exports.Set("children", Napi::Function::New(env, children));
  exports.Set("families", Napi::Function::New(env, families));
  exports.Set("kill", Napi::Function::New(env, killProcess));
  exports.Set("hasPid", Napi::Function::New(env, hasPid));
  exports.Set("sigqueue", Napi::Function::New(env, queueSignal));
}

}  // namespace pidone
