/* What wakes the event loop: readable and writable descriptors, signals, and the children to reap. */
#include "common.h"

#include <uv.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <vector>

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
/* A SIGCHLD is in the pipe already: more of them say nothing new. */
static std::atomic<bool> childPending{false};

/* Any thread may run this: Node resets the masks of its own. Only async-signal-safe calls. */
static void onSignal(int signal, siginfo_t* from, void*) {
  int saved = errno;
  if (signal != SIGCHLD || !childPending.exchange(true)) {
    Record record = {signal, from->si_pid, from->si_code == SI_QUEUE ? from->si_value.sival_int : 0};
    if (signal == SIGCHLD) record.pid = 0;
    ssize_t written = write(signalPipe[1], &record, sizeof record);
    if (written < 0 && signal == SIGCHLD) childPending.store(false);
  }
  errno = saved;
}

/* openSignals([signal…]): the descriptor that is readable when one has come. SIGCHLD must be among them to reap. */
static Napi::Value openSignals(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (signalPipe[0] < 0 && pipe2(signalPipe, O_NONBLOCK | O_CLOEXEC) < 0) return error(env);
  // Room for a storm of them; the size is a wish.
  fcntl(signalPipe[1], F_SETPIPE_SZ, 1 << 18);
  Napi::Array signals = info[0].As<Napi::Array>();
  struct sigaction action = {};
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigset_t unblock;
  sigemptyset(&unblock);
  for (uint32_t i = 0; i < signals.Length(); i++) {
    int signal = signals.Get(i).ToNumber().Int32Value();
    if (sigaction(signal, &action, nullptr) < 0) return error(env);
    sigaddset(&unblock, signal);
  }
  // The one who started the manager may have blocked them.
  if (sigprocmask(SIG_UNBLOCK, &unblock, nullptr) < 0) return error(env);
  return number(env, signalPipe[0]);
}

/* readSignals(): [signal, pid, value, …] of all that have come. */
static Napi::Value readSignals(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array out = Napi::Array::New(env);
  uint32_t n = 0;
  Record records[64];
  for (;;) {
    ssize_t got = read(signalPipe[0], records, sizeof records);
    if (got <= 0) break;
    for (size_t i = 0; i < static_cast<size_t>(got) / sizeof(Record); i++) {
      // From here on a SIGCHLD is news again: what it tells of is reaped after this.
      if (records[i].signal == SIGCHLD) childPending.store(false);
      out.Set(n++, records[i].signal);
      out.Set(n++, records[i].pid);
      out.Set(n++, records[i].value);
    }
  }
  return out;
}

/* ---- children ------------------------------------------------------------------------------------------------- */

/* At most so many exits a call, so that a storm of orphans does not starve everything else; 0 asks again. */
static constexpr int batch = 512;
static int32_t reaped[batch * 5];

/*
 * reap(into: Int32Array): reaps ended children, up to what fits, and writes pid, how (0 exited, 1 killed, 2 dumped),
 * status, CPU milliseconds and maximum resident KiB of each. Returns their number, the array's capacity where there may
 * be more.
 */
static Napi::Value reap(const Napi::CallbackInfo& info) {
  Napi::Int32Array into = info[0].As<Napi::Int32Array>();
  int room = static_cast<int>(into.ElementLength() / 5);
  if (room > batch) room = batch;
  int n = 0;
  while (n < room) {
    int status = 0;
    struct rusage usage = {};
    pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &usage);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) break;
    int32_t* exit = &reaped[n * 5];
    exit[0] = pid;
    exit[1] = WIFEXITED(status) ? 0 : WCOREDUMP(status) ? 2 : 1;
    exit[2] = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    exit[3] = static_cast<int32_t>((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                                   (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
    exit[4] = static_cast<int32_t>(usage.ru_maxrss);
    n++;
  }
  std::copy(reaped, reaped + n * 5, into.Data());
  return number(info.Env(), n);
}

void initEvents(Napi::Env env, Napi::Object exports) {
  exports.Set("watch", Napi::Function::New(env, watch));
  exports.Set("setWatch", Napi::Function::New(env, setWatch));
  exports.Set("closeWatch", Napi::Function::New(env, closeWatch));
  exports.Set("unrefWatch", Napi::Function::New(env, unrefWatch));
  exports.Set("openSignals", Napi::Function::New(env, openSignals));
  exports.Set("readSignals", Napi::Function::New(env, readSignals));
  exports.Set("reap", Napi::Function::New(env, reap));
}

}  // namespace pidone
