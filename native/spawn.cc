/* The manager's half of spawn: everything that needs memory, then one clone. */
#include "addon.h"
#include "child/plan.h"
#include "common.h"
#include "crash.h"
#include "events.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <deque>
#include <vector>

namespace pidone {

static constexpr size_t stackSize = 128 * 1024, helperStackSize = 16 * 1024;

/* Reads the request and owns what the plan points to. */
class Request {
 public:
  explicit Request(Napi::Object from) : from_(from) {}
  /* False where a text holds a NUL, which no program can be given. */
  bool read();
  Plan plan = {};
  Failure failure = {};

 private:
  char* keep(std::string text, size_t room = 0);
  char* keep(const Napi::Object& object, const char* name);
  bool optionalNumber(const char* name, int& out);
  void readStrings(const char* name, std::vector<char*>& out, bool completed);
  void readStdio(const char* name, Stdio& out);
  void readTerminal(Terminal& out);
  void readMounts();
  void readFilters();
  template <typename T>
  void readNumbers(const char* name, std::vector<T>& out);

  Napi::Object from_;
  bool usable_ = true;
  std::deque<std::string> texts_;
  std::vector<char*> argv_, env_, pidPlaces_;
  std::vector<int> fds_;
  std::vector<gid_t> groups_;
  std::vector<Limit> limits_;
  std::vector<Mount> mounts_;
  std::vector<unsigned char> affinity_;
  std::vector<Filter> filters_;
  std::deque<std::vector<unsigned char>> programs_;
};

/* A text that stays where it is for as long as the request does. */
char* Request::keep(std::string text, size_t room) {
  if (text.find('\0') != std::string::npos) usable_ = false;
  size_t length = text.size();
  texts_.push_back(std::move(text));
  if (room > 0) {
    texts_.back().resize(length + room);
    texts_.back()[length] = 0;
  }
  return texts_.back().data();
}

char* Request::keep(const Napi::Object& object, const char* name) {
  Napi::Value value = object.Get(name);
  return value.IsString() ? keep(value.As<Napi::String>().Utf8Value()) : nullptr;
}

bool Request::optionalNumber(const char* name, int& out) {
  Napi::Value value = from_.Get(name);
  if (!value.IsNumber()) return false;
  out = value.As<Napi::Number>().Int32Value();
  return true;
}

void Request::readStrings(const char* name, std::vector<char*>& out, bool completed) {
  Napi::Array list = from_.Get(name).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    std::string text = list.Get(i).ToString().Utf8Value();
    bool open = completed && (text == "LISTEN_PID=" || text == "WATCHDOG_PID=" || text == "SYSTEMD_EXEC_PID=");
    size_t length = text.size();
    out.push_back(keep(std::move(text), open ? 24 : 0));
    if (open) pidPlaces_.push_back(out.back() + length);
  }
  out.push_back(nullptr);
}

template <typename T>
void Request::readNumbers(const char* name, std::vector<T>& out) {
  Napi::Value value = from_.Get(name);
  if (!value.IsArray()) return;
  Napi::Array list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) out.push_back(static_cast<T>(list.Get(i).ToNumber().Int64Value()));
}

void Request::readStdio(const char* name, Stdio& out) {
  Napi::Object object = from_.Get(name).As<Napi::Object>();
  out.source = static_cast<Source>(static_cast<int>(numberField(object, "source", 0)));
  out.fd = static_cast<int>(numberField(object, "fd", -1));
  out.flags = static_cast<int>(numberField(object, "flags", 0));
  out.terminal = boolField(object, "terminal");
  out.mode = static_cast<TtyMode>(static_cast<int>(numberField(object, "mode", 0)));
  out.reset = boolField(object, "reset");
  out.path = keep(object, "path");
}

void Request::readTerminal(Terminal& out) {
  out = {nullptr, false, false, -1, -1};
  Napi::Value value = from_.Get("terminal");
  if (!value.IsObject()) return;
  Napi::Object object = value.As<Napi::Object>();
  out.path = keep(object, "path");
  out.hangUp = boolField(object, "hangUp");
  out.reset = boolField(object, "reset");
  out.rows = static_cast<int>(numberField(object, "rows", -1));
  out.columns = static_cast<int>(numberField(object, "columns", -1));
}

void Request::readFilters() {
  Napi::Value value = from_.Get("seccomp");
  plan.setSeccomp = value.IsArray();
  if (!plan.setSeccomp) return;
  constexpr size_t instruction = 8, most = 4096;
  Napi::Array list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Value entry = list.Get(i);
    if (!entry.IsTypedArray()) continue;
    Napi::Uint8Array bytes = entry.As<Napi::Uint8Array>();
    if (bytes.ByteLength() % instruction != 0 || bytes.ByteLength() / instruction > most) {
      usable_ = false;
      continue;
    }
    programs_.emplace_back(bytes.Data(), bytes.Data() + bytes.ByteLength());
    filters_.push_back(
        {static_cast<unsigned short>(bytes.ByteLength() / instruction), programs_.back().data()});
  }
  plan.filters = filters_.data();
  plan.filtersCount = filters_.size();
}

void Request::readMounts() {
  Napi::Value value = from_.Get("mounts");
  if (!value.IsArray()) return;
  Napi::Array list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Object object = list.Get(i).As<Napi::Object>();
    Mount mount = {};
    mount.kind = static_cast<MountKind>(static_cast<int>(numberField(object, "kind", 0)));
    mount.source = keep(object, "source");
    mount.target = keep(object, "target");
    mount.optional = boolField(object, "optional");
    mount.recursive = boolField(object, "recursive");
    mount.attributes = static_cast<uint64_t>(numberField(object, "attributes", 0));
    mount.cleared = static_cast<uint64_t>(numberField(object, "cleared", 0));
    mounts_.push_back(mount);
  }
}

static uint64_t mask(Napi::Value value) {
  bool lossless;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

static uint64_t limitValue(double value) { return std::isfinite(value) ? static_cast<uint64_t>(value) : ~0ull; }

bool Request::read() {
  Plan& p = plan;
  p.path = keep(from_, "path");
  readStrings("argv", argv_, false);
  readStrings("env", env_, true);
  p.argv = argv_.data();
  p.env = env_.data();
  p.pidPlaces = pidPlaces_.data();
  p.pidPlacesCount = pidPlaces_.size();
  p.exitAtOnce = static_cast<int>(numberField(from_, "exitAtOnce", -1));
  readStdio("stdin", p.stdio[0]);
  readStdio("stdout", p.stdio[1]);
  readStdio("stderr", p.stdio[2]);
  readTerminal(p.terminal);
  readNumbers("fds", fds_);
  p.fds = fds_.data();
  p.fdsCount = static_cast<int>(fds_.size());
  p.fdsNonBlocking = static_cast<int>(numberField(from_, "fdsNonBlocking", -1));
  p.cwd = keep(from_, "cwd");
  p.cwdOptional = boolField(from_, "cwdOptional");
  p.root = keep(from_, "root");
  double uid = numberField(from_, "uid", -1), gid = numberField(from_, "gid", -1);
  p.setUid = uid >= 0;
  p.uid = p.setUid ? static_cast<uid_t>(uid) : 0;
  p.setGid = gid >= 0;
  p.gid = p.setGid ? static_cast<gid_t>(gid) : 0;
  p.setGroups = from_.Get("groups").IsArray();
  readNumbers("groups", groups_);
  p.groups = groups_.data();
  p.groupsCount = groups_.size();
  p.umask = static_cast<mode_t>(numberField(from_, "umask", 022));

  Napi::Array list = from_.Get("limits").As<Napi::Array>();
  for (uint32_t i = 0; i + 2 < list.Length(); i += 3)
    limits_.push_back({list.Get(i).ToNumber().Int32Value(), limitValue(list.Get(i + 1).ToNumber().DoubleValue()),
                       limitValue(list.Get(i + 2).ToNumber().DoubleValue())});
  p.limits = limits_.data();
  p.limitsCount = limits_.size();
  double tag = numberField(from_, "tag", -1), check = numberField(from_, "check", -1);
  p.setTag = tag >= 0;
  p.tag = p.setTag ? static_cast<uint64_t>(tag) : 0;
  p.setCheck = check >= 0;
  p.check = p.setCheck ? static_cast<uint64_t>(check) : 0;

  p.setNice = optionalNumber("nice", p.nice);
  p.oomScoreAdjust = keep(from_, "oomScoreAdjust");
  p.setOom = p.oomScoreAdjust != nullptr;
  p.coredumpFilter = keep(from_, "coredumpFilter");
  p.setIoprio = optionalNumber("ioprio", p.ioprio);
  p.setScheduling = optionalNumber("schedulingPolicy", p.schedulingPolicy);
  optionalNumber("schedulingPriority", p.schedulingPriority);
  Napi::Value slack = from_.Get("timerSlackNs");
  p.setTimerSlack = slack.IsNumber();
  if (p.setTimerSlack) p.timerSlack = static_cast<unsigned long>(slack.ToNumber().DoubleValue());
  int hugePages = 0;
  p.setHugePages = optionalNumber("hugePages", hugePages);
  p.hugePagesOff = hugePages & 1;
  p.hugePagesFlags = hugePages & ~1;
  Napi::Value personality = from_.Get("personality");
  p.setPersonality = personality.IsNumber();
  if (p.setPersonality) p.personality = static_cast<unsigned long>(personality.ToNumber().DoubleValue());
  std::vector<int> cpus;
  readNumbers("cpuAffinity", cpus);
  for (int cpu : cpus) {
    if (cpu < 0 || cpu >= 8192) continue;
    // Whole words, as sched_setaffinity(2) counts them.
    size_t bytes = (static_cast<size_t>(cpu) / 64 + 1) * 8;
    if (affinity_.size() < bytes) affinity_.resize(bytes);
    affinity_[static_cast<size_t>(cpu) / 8] |= static_cast<unsigned char>(1u << (cpu % 8));
  }
  p.affinity = affinity_.data();
  p.affinityBytes = affinity_.size();

  p.lenientNice = boolField(from_, "lenientNice");
  p.lenientResource = boolField(from_, "lenientResource");
  p.ignoreSigpipe = boolField(from_, "ignoreSigpipe");
  p.session = boolField(from_, "session");
  p.noNewPrivileges = boolField(from_, "noNewPrivileges");
  p.setSecureBits = optionalNumber("secureBits", p.secureBits);
  Napi::Value bounding = from_.Get("capabilityBounding"), ambient = from_.Get("capabilityAmbient");
  p.setBounding = bounding.IsBigInt();
  if (p.setBounding) p.bounding = mask(bounding);
  p.setAmbient = ambient.IsBigInt();
  if (p.setAmbient) p.ambient = mask(ambient);

  p.namespaces = static_cast<int>(numberField(from_, "namespaces", 0));
  p.delegated = static_cast<int>(numberField(from_, "delegated", 0));
  p.namespacesRequired = boolField(from_, "namespacesRequired");
  p.locate = boolField(from_, "locate");
  p.mayBeMissing = boolField(from_, "mayBeMissing");
  p.userRange = static_cast<unsigned long>(numberField(from_, "userRange", 0));
  readMounts();
  p.mounts = mounts_.data();
  p.mountsCount = mounts_.size();
  p.propagation = static_cast<unsigned long>(numberField(from_, "propagation", 0));
  p.networkNamespace = keep(from_, "networkNamespace");
  p.userNamespace = keep(from_, "userNamespace");
  p.ipcNamespace = keep(from_, "ipcNamespace");
  p.hostname = keep(from_, "hostname");
  p.managerUid = geteuid();
  p.managerGid = getegid();

  readFilters();
  p.cgroupProcs = keep(from_, "cgroupProcs");
  p.idleFd = static_cast<int>(numberField(from_, "idleFd", -1));
  p.idleTimeoutMs = static_cast<int>(numberField(from_, "idleTimeoutMs", 5000));
  p.failure = &failure;
  p.reportFd = -1;
  p.leftOut = 0;
  return usable_ && p.path != nullptr && p.cwd != nullptr;
}

/* ---- the guard ------------------------------------------------------------------------------------------------ */

/*
 * Until the child has its program the manager waits, and whoever may send the child signals can stop it: it is continued
 * after a second. One that is stuck for longer, on a file system that does not answer, is killed. The manager's thread
 * cannot do that itself; another of the process takes the signal.
 */
static constexpr int secondsToLive = 10;
static std::atomic<int> guarded{0}, guardTicks{0};

static void onGuard(int) {
  int saved = errno;
  int pid = guarded.load();
  if (pid > 0) kill(pid, ++guardTicks >= secondsToLive ? SIGKILL : SIGCONT);
  errno = saved;
}

static void startGuard() {
  static bool installed = false;
  if (!installed) {
    struct sigaction action = {};
    action.sa_handler = onGuard;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    installed = true;
  }
  guardTicks = 0;
  struct itimerval everySecond = {{1, 0}, {1, 0}};
  setitimer(ITIMER_REAL, &everySecond, nullptr);
}

static void stopGuard() {
  struct itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
  guarded = 0;
}

/* ---- spawn ---------------------------------------------------------------------------------------------------- */

/*
 * spawn(request): [pid, step, errno, report, left out, detail]. Step 0: the program runs, or, where the request says `fork`, it
 * may still fail; `report` is then the descriptor that tells (12 bytes: step, errno, detail; with step 0 what was left out) or
 * ends. A negative errno: no process was made.
 */
static Napi::Value spawn(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object object = info[0].As<Napi::Object>();
  Request request(object);
  if (!request.read()) return number(env, -EINVAL);
  bool forked = boolField(object, "fork");
  int report[2] = {-1, -1};
  if (forked && pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0) return error(env);
  Fd reportRead(report[0]), reportWrite(report[1]);
  request.plan.reportFd = report[1];
  request.plan.forked = forked;

  size_t size = stackSize + helperStackSize;
  char* stack =
      static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0));
  if (stack == MAP_FAILED) return error(env);
  request.plan.helperStack = stack + helperStackSize;

  // No handler may run in the child: it would run in the manager's memory.
  uint64_t all = ~0ull, before = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  int pid;
  int failed = 0;
  // A process namespace begins with a process: PrivatePIDs= goes without where it may not be had.
  const auto start = [&](int flags, void* parentTid) {
    int apart = request.plan.namespaces & CLONE_NEWPID;
    pid = clone(runChild, stack + size, flags | apart | SIGCHLD, &request.plan, parentTid);
    if (pid < 0 && apart != 0 && (errno == EPERM || errno == EINVAL || errno == ENOSPC))
      pid = clone(runChild, stack + size, flags | SIGCHLD, &request.plan, parentTid);
    failed = pid < 0 ? errno : 0;
  };
  if (forked) {
    start(0, nullptr);
  } else {
    // A change of user in memory that is shared makes the manager undumpable, and /proc/PID of it closed to others.
    int dumpable = prctl(PR_GET_DUMPABLE);
    startGuard();
    static_assert(sizeof guarded == sizeof(int), "the kernel writes the pid there");
    start(CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID, &guarded);
    stopGuard();
    if (dumpable == 1 && prctl(PR_GET_DUMPABLE) != 1) prctl(PR_SET_DUMPABLE, 1);
  }
  // Before a signal may end this program: the next one is to know of the child.
  if (pid >= 0) noteSpawn(pid);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
  munmap(stack, size);
  if (pid < 0) return number(env, -failed);
  knowProcess(pid);

  Napi::Array out = Napi::Array::New(env, 6);
  out.Set(0u, pid);
  out.Set(1u, request.failure.step);
  out.Set(2u, request.failure.error);
  out.Set(3u, reportRead.release());
  out.Set(4u, forked ? 0u : request.plan.leftOut);
  out.Set(5u, request.failure.detail);
  return out;
}

/* revertTerminal(path, hangUp, reset) */
static Napi::Value revertTerminal(const Napi::CallbackInfo& info) {
  revertTerminal(stringArg(info, 0).c_str(), info[1].ToBoolean(), info[2].ToBoolean(), 1);
  return info.Env().Undefined();
}

void initSpawn(Napi::Env env, Napi::Object exports) {
  exports.Set("spawn", Napi::Function::New(env, spawn));
  exports.Set("revertTerminal", Napi::Function::New<revertTerminal>(env));
}

}  // namespace pidone
