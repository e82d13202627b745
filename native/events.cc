/* What wakes the event loop: readable and writable descriptors, signals, and the children to reap. */
#include "addon.h"
#include "common.h"
#include "crash.h"
#include "events.h"

#include <uv.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <unordered_set>
#include <vector>

/* native/preload: keeps the signals of a manager blocked until it takes them. Not there in other processes. */
extern "C" __attribute__((weak)) std::atomic<int> pidoneHoldsSignals;

namespace pidone {

/* ---- descriptors --------------------------------------------------------------------------------------------- */

/* A uv_poll with the function to call; JavaScript holds it as an external. */
struct Poll {
  uv_poll_t handle;
  Napi::FunctionReference callback;
  Napi::AsyncContext* context;
  bool closed = false;
};

static void onPoll(uv_poll_t* handle, int status, int events) {
  Poll* poll = static_cast<Poll*>(handle->data);
  if (poll->closed) return;
  Napi::Env env = poll->callback.Env();
  Napi::HandleScope scope(env);
  // An error of the descriptor shows when it is read or written.
  int seen = status < 0 ? (UV_READABLE | UV_WRITABLE) : events;
  poll->callback.MakeCallback(env.Global(), {Napi::Number::New(env, seen)}, *poll->context);
}

/* watch(fd, callback): a handle that watches nothing yet; callback is given 1 (readable), 2 (writable) or 3. */
static Napi::Value watch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return number(env, -ENOSYS);
  Poll* poll = new Poll();
  int r = uv_poll_init(loop, &poll->handle, intArg(info, 0));
  if (r < 0) {
    delete poll;
    return number(env, r);
  }
  poll->handle.data = poll;
  poll->callback = Napi::Persistent(info[1].As<Napi::Function>());
  poll->context = new Napi::AsyncContext(env, "pidone");
  return Napi::External<Poll>::New(env, poll);
}

/* setWatch(handle, events): 0 stops. */
static Napi::Value setWatch(const Napi::CallbackInfo& info) {
  Poll* poll = info[0].As<Napi::External<Poll>>().Data();
  if (poll->closed) return number(info.Env(), -EBADF);
  int events = intArg(info, 1);
  int r = events == 0 ? uv_poll_stop(&poll->handle) : uv_poll_start(&poll->handle, events, onPoll);
  return number(info.Env(), r);
}

static Napi::Value closeWatch(const Napi::CallbackInfo& info) {
  Poll* poll = info[0].As<Napi::External<Poll>>().Data();
  if (poll->closed) return info.Env().Undefined();
  poll->closed = true;
  uv_poll_stop(&poll->handle);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll->handle), [](uv_handle_t* handle) {
    Poll* closing = static_cast<Poll*>(handle->data);
    Napi::HandleScope scope(closing->callback.Env());
    delete closing->context;
    delete closing;
  });
  return info.Env().Undefined();
}

/* unrefWatch(handle): does not keep the process alive. */
static Napi::Value unrefWatch(const Napi::CallbackInfo& info) {
  Poll* poll = info[0].As<Napi::External<Poll>>().Data();
  if (!poll->closed) uv_unref(reinterpret_cast<uv_handle_t*>(&poll->handle));
  return info.Env().Undefined();
}

/* ---- signals ------------------------------------------------------------------------------------------------- */

/* One signal as it came in. The pipe takes records whole, they are shorter than PIPE_BUF. */
struct Record {
  int32_t signal;
  int32_t pid;
  int32_t value;
};

static int signalPipe[2] = {-1, -1};
/* A SIGCHLD has come since the last reaping: more of them say nothing new. */
static std::atomic<bool> childPending{false};
/* Signals for which the pipe had no room, a bit each. */
static std::atomic<uint64_t> overflow{0};

/*
 * Pids that somebody waits for, each in the slot of its low bits. One that another has pushed out is taken for a stranger,
 * whose end is noticed a little later.
 */
static constexpr uint32_t slots = 65536;
static std::atomic<int> awaited[slots];
/* Ends of strangers are looked for by a timer at the moment: they need not wake the loop. */
static std::atomic<bool> lookingLater{false};

/* Any thread may run this: Node resets the masks of its own. Only async-signal-safe calls. */
static void onSignal(int signal, siginfo_t* from, void*) {
  if (signal == SIGCHLD && lookingLater.load() && awaited[static_cast<uint32_t>(from->si_pid) % slots] != from->si_pid)
    return;
  int saved = errno;
  if (signal != SIGCHLD || !childPending.exchange(true)) {
    Record record = {signal, from->si_pid, from->si_code == SI_QUEUE ? from->si_value.sival_int : 0};
    if (write(signalPipe[1], &record, sizeof record) < 0) overflow.fetch_or(1ull << (signal - 1));
  }
  errno = saved;
}

static int handle(int signal, bool ours) {
  struct sigaction action = {};
  if (ours) {
    action.sa_sigaction = onSignal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP;
    sigfillset(&action.sa_mask);
  } else {
    action.sa_handler = SIG_DFL;
  }
  return sigaction(signal, &action, nullptr);
}

/* ---- children ------------------------------------------------------------------------------------------------- */

/*
 * Signals and ends of children, on the event loop. Children are reaped at once and told in the order of reaping: at once
 * too where one that the manager knows is among them, else (orphans that nobody has asked about) a little later and many in
 * one call, for a call costs more than a whole process.
 */
class Reaper {
 public:
  /* The functions get an array [signal, pid, value, …] and a Float64Array [pid, how, status, CPU ms, maximum KiB, …]. */
  int start(Napi::Env env, const std::vector<int>& signals, Napi::Function onSignals, Napi::Function onExits);
  void stop();
  void know(int pid) {
    // Who fills it with strangers gets news of them later, and nothing worse.
    if (known_.size() >= 65536) known_.clear();
    known_.insert(pid);
    awaited[static_cast<uint32_t>(pid) % slots] = pid;
  }

 private:
  static void onReapTimer(uv_timer_t* timer) { static_cast<Reaper*>(timer->data)->reap(); }
  void readSignals();
  void childrenEnded();
  void reap();
  void rest();
  void deliver();

  /* Most that is reaped before others on the loop get their turn. */
  static constexpr int batch = 512;
  static constexpr uint64_t strangersMs = 80;
  /* After an end of a stranger the next ones are looked for so much later; none then, and they wake us again. */
  static constexpr uint64_t laterMs = 40;
  /* So many wakes in so short a time, or so many ends at once, are a storm: SIGCHLD, the cost of it, is muted for a moment. */
  static constexpr int stormWakes = 12, stormEnds = 16;
  static constexpr uint64_t stormMs = 10, restMs = 5;

  bool running_ = false;
  std::vector<int> signals_;
  uv_poll_t poll_;
  uv_timer_t reapTimer_, deliverTimer_;
  Napi::FunctionReference onSignals_, onExits_;
  Napi::AsyncContext* context_ = nullptr;
  std::unordered_set<int> known_;
  std::vector<double> exits_;
  bool resting_ = false;
  uint64_t wakesSince_ = 0;
  int wakes_ = 0;
};

static Reaper reaper;

int Reaper::start(Napi::Env env, const std::vector<int>& signals, Napi::Function onSignals, Napi::Function onExits) {
  if (signalPipe[0] < 0) {
    if (pipe2(signalPipe, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
    // Room for a storm of them; the size is a wish.
    fcntl(signalPipe[1], F_SETPIPE_SZ, 1 << 18);
  }
  onSignals_ = Napi::Persistent(onSignals);
  onExits_ = Napi::Persistent(onExits);
  if (!running_) {
    uv_loop_t* loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) return -ENOSYS;
    int r = uv_poll_init(loop, &poll_, signalPipe[0]);
    if (r < 0) return r;
    uv_timer_init(loop, &reapTimer_);
    uv_timer_init(loop, &deliverTimer_);
    context_ = new Napi::AsyncContext(env, "pidone");
    poll_.data = reapTimer_.data = deliverTimer_.data = this;
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) { static_cast<Reaper*>(handle->data)->readSignals(); });
    running_ = true;
  }
  sigset_t unblock;
  sigemptyset(&unblock);
  for (int signal : signals) {
    if (handle(signal, true) < 0) return -errno;
    signals_.push_back(signal);
    sigaddset(&unblock, signal);
  }
  if (&pidoneHoldsSignals != nullptr) pidoneHoldsSignals.store(0);
  // The front door, or who has started it, may have blocked them: what has come meanwhile comes now.
  if (sigprocmask(SIG_UNBLOCK, &unblock, nullptr) < 0) return -errno;
  // Children that ended before the handler was there.
  uv_timer_start(&reapTimer_, onReapTimer, 0, 0);
  return 0;
}

void Reaper::stop() {
  for (int signal : signals_) handle(signal, false);
  signals_.clear();
  if (!running_) return;
  uv_poll_stop(&poll_);
  uv_timer_stop(&reapTimer_);
  uv_timer_stop(&deliverTimer_);
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&poll_), reinterpret_cast<uv_handle_t*>(&reapTimer_),
                              reinterpret_cast<uv_handle_t*>(&deliverTimer_)})
    uv_unref(handle);
}

void Reaper::readSignals() {
  Napi::Env env = onSignals_.Env();
  Napi::HandleScope scope(env);
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  bool child = false;
  const auto add = [&](const Record& record) {
    if (record.signal == SIGCHLD) {
      child = true;
      return;
    }
    out.Set(n++, record.signal);
    out.Set(n++, record.pid);
    out.Set(n++, record.value);
  };
  Record records[64];
  for (;;) {
    ssize_t got = read(signalPipe[0], records, sizeof records);
    if (got <= 0) break;
    for (size_t i = 0; i < static_cast<size_t>(got) / sizeof(Record); i++) add(records[i]);
    if (static_cast<size_t>(got) < sizeof records) break;
  }
  uint64_t lost = overflow.exchange(0);
  // Who sent it is not known any more; that it came is.
  for (int signal = 1; lost != 0; signal++, lost >>= 1)
    if ((lost & 1) != 0) add({signal, 0, 0});
  if (n > 0) onSignals_.MakeCallback(env.Global(), {out}, *context_);
  if (child) childrenEnded();
}

void Reaper::childrenEnded() {
  if (resting_) return;
  uint64_t now = uv_hrtime() / 1000000;
  if (now - wakesSince_ > stormMs) {
    wakesSince_ = now;
    wakes_ = 0;
  }
  if (++wakes_ <= stormWakes) {
    reap();
    return;
  }
  rest();
}

void Reaper::rest() {
  if (!resting_) {
    resting_ = true;
    // By default a SIGCHLD is dropped by the kernel, and its child waits to be reaped all the same.
    handle(SIGCHLD, false);
  }
  uv_timer_start(&reapTimer_, onReapTimer, restMs, 0);
}

void Reaper::reap() {
  if (resting_) {
    resting_ = false;
    handle(SIGCHLD, true);
  }
  lookingLater = false;
  // From here on a SIGCHLD is news again: what it tells of may be missed below.
  childPending.store(false);
  bool knownEnded = false;
  int n = 0;
  for (; n < batch; n++) {
    int status = 0;
    struct rusage usage = {};
    pid_t pid;
    do pid = wait4(-1, &status, WNOHANG | __WALL, &usage);
    while (pid < 0 && errno == EINTR);
    if (pid <= 0) break;
    bool isKnown = known_.erase(pid) > 0;
    noteExit(pid, status, usage, isKnown);
    knownEnded |= isKnown;
    exits_.push_back(pid);
    exits_.push_back(WIFEXITED(status) ? 0 : WCOREDUMP(status) ? 2 : 1);
    exits_.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    exits_.push_back(static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3);
    exits_.push_back(static_cast<double>(usage.ru_maxrss));
  }
  if (n == batch) {
    // More of them: everything else gets its turn before.
    uv_timer_start(&reapTimer_, onReapTimer, 0, 0);
  } else if (n >= stormEnds) {
    rest();
  } else if (n > 0 && !knownEnded) {
    uv_timer_start(&reapTimer_, onReapTimer, laterMs, 0);
    lookingLater = true;
  }
  if (exits_.empty()) return;
  if (knownEnded || exits_.size() >= 5 * 8192)
    deliver();
  else if (!uv_is_active(reinterpret_cast<uv_handle_t*>(&deliverTimer_)))
    uv_timer_start(&deliverTimer_, [](uv_timer_t* timer) { static_cast<Reaper*>(timer->data)->deliver(); }, strangersMs, 0);
}

void Reaper::deliver() {
  uv_timer_stop(&deliverTimer_);
  if (exits_.empty()) return;
  Napi::Env env = onExits_.Env();
  Napi::HandleScope scope(env);
  Napi::Float64Array out = Napi::Float64Array::New(env, exits_.size());
  std::copy(exits_.begin(), exits_.end(), out.Data());
  noteTold(exits_.size() / 5);
  exits_.clear();
  onExits_.MakeCallback(env.Global(), {out}, *context_);
}

void knowProcess(int pid) { reaper.know(pid); }

/*
 * startSignals([signal…], onSignals, onExits, [out, in]): see Reaper::start. May be called again with more signals. The pipe is
 * that of the program that this process was before: what it has not read counts.
 */
static Napi::Value startSignals(const Napi::CallbackInfo& info) {
  Napi::Array list = info[0].As<Napi::Array>();
  std::vector<int> signals;
  for (uint32_t i = 0; i < list.Length(); i++) signals.push_back(list.Get(i).ToNumber().Int32Value());
  if (info[3].IsArray() && signalPipe[0] < 0) {
    for (uint32_t i = 0; i < 2; i++) {
      signalPipe[i] = info[3].As<Napi::Array>().Get(i).ToNumber().Int32Value();
      fcntl(signalPipe[i], F_SETFD, FD_CLOEXEC);
    }
  }
  return number(info.Env(), reaper.start(info.Env(), signals, info[1].As<Napi::Function>(), info[2].As<Napi::Function>()));
}

/* signalPipe(): [out, in], -1 where no signals are taken. */
static Napi::Value signalPipeOf(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env(), 2);
  for (uint32_t i = 0; i < 2; i++) out.Set(i, signalPipe[i]);
  return out;
}

/* stopSignals(): back to what signals do to a program that has asked for none. */
static Napi::Value stopSignals(const Napi::CallbackInfo& info) {
  reaper.stop();
  return info.Env().Undefined();
}

void initEvents(Napi::Env env, Napi::Object exports) {
  exports.Set("watch", Napi::Function::New(env, watch));
  exports.Set("setWatch", Napi::Function::New(env, setWatch));
  exports.Set("closeWatch", Napi::Function::New(env, closeWatch));
  exports.Set("unrefWatch", Napi::Function::New(env, unrefWatch));
  exports.Set("startSignals", Napi::Function::New(env, startSignals));
  exports.Set("signalPipe", Napi::Function::New(env, signalPipeOf));
  exports.Set("stopSignals", Napi::Function::New(env, stopSignals));
}

}  // namespace pidone
