/*
 * The child's half of spawn, in the order of systemd. It may share the manager's memory, so it makes system calls only
 * (raw.h), allocates nothing, and writes to nothing but its plan.
 */
#include "raw.h"
#include "spawn.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kd.h>
#include <linux/nsfs.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/vt.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that builds this. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#endif

namespace pidone {

static constexpr uint64_t attributeReadOnly = 0x1, attributeNoSuid = 0x2, attributeNoDev = 0x4, attributeNoExec = 0x8;

struct MountAttributes {
  uint64_t set, clear, propagation, userns;
};

static bool missing(long error) { return error == -ENOENT || error == -ENOTDIR; }
static bool refused(long error) { return error == -EPERM || error == -EACCES || error == -ENOSYS; }

static long openRaw(const char* path, int flags, int mode = 0) {
  return raw(SYS_openat, AT_FDCWD, path, flags, mode);
}
static void closeRaw(long fd) { raw(SYS_close, fd); }

static void resetTerminal(long fd);

[[noreturn]] static void leave(int status) {
  raw(SYS_exit_group, status);
  // A filter of the service's own may refuse even that.
  raw(SYS_exit, status);
#if defined(__x86_64__)
  for (;;) __asm__ volatile("hlt");
#else
  for (;;) __builtin_trap();
#endif
}

/* The child. Every step returns 0 or a negative errno. */
class Child {
 public:
  explicit Child(Plan& plan) : plan_(plan) {}
  [[noreturn]] void run();

 private:
  [[noreturn]] void fail(int step, long error);
  void check(int step, long error) {
    if (error < 0) fail(step, error);
  }

  long resetSignals();
  void waitForIdle();
  void liftDescriptors();
  long lift(int& fd);
  long place(long fd, int target);
  long setStdio(int target);
  long openPath(const Stdio& stdio);
  long acquireTerminal(const Stdio& stdio);
  void prepareTerminal();
  void setTerminalSize(long fd);
  long joinCgroup();
  long setNice();
  long setOom();
  long setLimit(const Limit& limit);
  long unshareUser();
  long openNamespace(const char* path, int flag);
  void enterNamespace(long fd, int flag, int step);
  void unshareAll();
  void setMounts();
  long mount(const Mount& m);
  long bindOnto(const Mount& m, const char* source);
  long restrict(const Mount& m, uint64_t set, uint64_t clear);
  long makeInaccessible(const Mount& m);
  long makeDev(const Mount& m);
  long raiseLoopback();
  long setGroups();
  long passDescriptors();
  long nextKept(long from) const;
  void closeOthers(bool all);
  long dropBounding();
  long raiseAmbient(bool inheritable);
  long setUser();
  long changeRoot();
  long setSecureBits();
  void installFilters();

  Plan& plan_;
  long networkNamespace_ = -1, ipcNamespace_ = -1;
};

void Child::fail(int step, long error) {
  Failure failure = {step, static_cast<int>(-error)};
  *plan_.failure = failure;
  if (plan_.reportFd >= 0) raw(SYS_write, plan_.reportFd, &failure, sizeof failure);
  leave(step);
}

/* ---- signals, idle ------------------------------------------------------------------------------------------- */

struct KernelAction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};

long Child::resetSignals() {
  for (int signal = 1; signal <= 64; signal++) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    KernelAction action = {};
    action.handler = signal == SIGPIPE && plan_.ignoreSigpipe ? SIG_IGN : SIG_DFL;
    raw(SYS_rt_sigaction, signal, &action, nullptr, sizeof(uint64_t));
  }
  uint64_t none = 0;
  return raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

/* Type=idle of systemd.service(5): until the manager closes the other end, at most the time that was given. */
void Child::waitForIdle() {
  struct pollfd descriptor = {plan_.idleFd, POLLIN, 0};
  struct timespec timeout = {plan_.idleTimeoutMs / 1000, (plan_.idleTimeoutMs % 1000) * 1000000L};
  raw(SYS_ppoll, &descriptor, 1, &timeout, nullptr, 0);
  closeRaw(plan_.idleFd);
}

/* ---- descriptors --------------------------------------------------------------------------------------------- */

/* Moves a descriptor of the manager's above those that the program is to get. */
long Child::lift(int& fd) {
  int floor = 3 + plan_.fdsCount;
  if (fd < 0 || fd >= floor) return 0;
  long moved = raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, floor);
  if (moved < 0) return moved;
  fd = static_cast<int>(moved);
  return 0;
}

void Child::liftDescriptors() {
  check(stepFds, lift(plan_.reportFd));
  check(stepFds, lift(plan_.idleFd));
  for (Stdio& stdio : plan_.stdio)
    if (stdio.source == Source::fd) check(stepFds, lift(stdio.fd));
  for (int i = 0; i < plan_.fdsCount; i++) check(stepFds, lift(plan_.fds[i]));
}

/* Makes `fd`, which is of no other use, the descriptor `target`. */
long Child::place(long fd, int target) {
  if (fd < 0) return fd;
  if (fd == target) return raw(SYS_fcntl, fd, F_SETFD, 0);
  long result = raw(SYS_dup3, fd, target, 0);
  closeRaw(fd);
  return result;
}

static void setBlocking(long fd, bool blocking) {
  long flags = raw(SYS_fcntl, fd, F_GETFL);
  if (flags < 0) return;
  long wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags) raw(SYS_fcntl, fd, F_SETFL, wanted);
}

static bool isTerminal(long fd) {
  struct termios settings;
  return raw(SYS_ioctl, fd, TCGETS, &settings) == 0;
}

long Child::setStdio(int target) {
  const Stdio& stdio = plan_.stdio[target];
  switch (stdio.source) {
    case Source::null:
      return place(openRaw("/dev/null", target == 0 ? O_RDONLY : O_WRONLY), target);
    case Source::file:
      return place(openPath(stdio), target);
    case Source::tty:
      return place(acquireTerminal(stdio), target);
    case Source::duplicate:
      return raw(SYS_dup3, stdio.fd, target, 0);
    case Source::fd: {
      long result = raw(SYS_dup3, stdio.fd, target, 0);
      if (result < 0) return result;
      setBlocking(target, true);
      if (target == 0 && plan_.session && isTerminal(0)) {
        raw(SYS_ioctl, 0, TIOCSCTTY, 0);
        resetTerminal(0);
        setTerminalSize(0);
      }
      return 0;
    }
  }
  return -EINVAL;
}

long Child::openPath(const Stdio& stdio) {
  int flags = stdio.flags | O_NOCTTY;
  int access = flags & O_ACCMODE;
  if (access != O_RDONLY) flags |= O_CREAT;
  raw(SYS_umask, plan_.umask);
  long fd = openRaw(stdio.path, flags, 0666);
  raw(SYS_umask, 0);
  if (fd != -ENXIO) return fd;
  // A Unix socket cannot be opened; it can be connected to.
  struct sockaddr_un address = {};
  size_t length = strlen(stdio.path);
  if (length >= sizeof address.sun_path) return -ENXIO;
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, stdio.path, length + 1);
  fd = raw(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  long result = raw(SYS_connect, fd, &address, sizeof address);
  if (result == -ENOTSOCK || result == -EINVAL) result = -ENXIO;
  if (result == 0 && access == O_RDONLY) result = raw(SYS_shutdown, fd, SHUT_WR);
  if (result == 0 && access == O_WRONLY) result = raw(SYS_shutdown, fd, SHUT_RD);
  if (result == 0) return fd;
  closeRaw(fd);
  return result;
}

/* ---- terminals ----------------------------------------------------------------------------------------------- */

/* A terminal that is just being closed by its last user answers EIO for a moment. */
static constexpr int terminalAttempts = 20;

static long openTerminal(const char* path, int flags, int attempts) {
  for (int attempt = 1;; attempt++) {
    long fd = openRaw(path, O_RDWR | O_NOCTTY | O_CLOEXEC | flags);
    if (fd >= 0 && !isTerminal(fd)) {
      closeRaw(fd);
      return -ENOTTY;
    }
    if (fd != -EIO || attempt == attempts) return fd;
    struct timespec pause = {0, 50 * 1000000L};
    raw(SYS_nanosleep, &pause, nullptr);
  }
}

/* What TTYReset= of systemd.exec(5) means: line settings as a program expects them. */
static void resetTerminal(long fd) {
  raw(SYS_ioctl, fd, TIOCNXCL);
  raw(SYS_ioctl, fd, KDSETMODE, KD_TEXT);
  raw(SYS_ioctl, fd, KDSKBMODE, K_UNICODE);
  struct termios settings;
  if (raw(SYS_ioctl, fd, TCGETS, &settings) < 0) return;
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC);
  settings.c_iflag |= ICRNL | IMAXBEL | IUTF8;
  settings.c_oflag |= ONLCR | OPOST;
  settings.c_cflag |= CREAD;
  settings.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  settings.c_cc[VINTR] = 'C' & 0x1f;
  settings.c_cc[VQUIT] = '\\' & 0x1f;
  settings.c_cc[VERASE] = 0x7f;
  settings.c_cc[VKILL] = 'X' & 0x1f;
  settings.c_cc[VEOF] = 'D' & 0x1f;
  settings.c_cc[VSTART] = 'Q' & 0x1f;
  settings.c_cc[VSTOP] = 'S' & 0x1f;
  settings.c_cc[VSUSP] = 'Z' & 0x1f;
  settings.c_cc[VLNEXT] = 'V' & 0x1f;
  settings.c_cc[VWERASE] = 'W' & 0x1f;
  settings.c_cc[VREPRINT] = 'R' & 0x1f;
  settings.c_cc[VEOL] = 0;
  settings.c_cc[VEOL2] = 0;
  settings.c_cc[VTIME] = 0;
  settings.c_cc[VMIN] = 1;
  raw(SYS_ioctl, fd, TCSETS, &settings);
  raw(SYS_ioctl, fd, TCFLSH, TCIOFLUSH);
}

/* Who has been hung up has to open it anew. */
void revertTerminal(const char* path, bool hangUp, bool reset, int attempts) {
  if (hangUp) {
    long fd = openTerminal(path, O_NONBLOCK, attempts);
    if (fd >= 0) {
      raw(SYS_ioctl, fd, TIOCVHANGUP);
      closeRaw(fd);
    }
  }
  if (reset) {
    long fd = openTerminal(path, O_NONBLOCK, attempts);
    if (fd >= 0) {
      resetTerminal(fd);
      closeRaw(fd);
    }
  }
}

/* StandardInput=tty, tty-force, tty-fail: makes the terminal the session's own. */
long Child::acquireTerminal(const Stdio& stdio) {
  long notify = -1;
  if (stdio.mode == TtyMode::wait) {
    notify = raw(SYS_inotify_init1, IN_CLOEXEC);
    if (notify < 0) return notify;
    long watched = raw(SYS_inotify_add_watch, notify, stdio.path, IN_CLOSE);
    if (watched < 0) return watched;
  }
  long fd;
  for (;;) {
    fd = openTerminal(stdio.path, 0, terminalAttempts);
    if (fd < 0) break;
    // Taking a terminal that is ours already hangs it up.
    KernelAction ignore = {SIG_IGN, 0, nullptr, 0}, before = {};
    raw(SYS_rt_sigaction, SIGHUP, &ignore, &before, sizeof(uint64_t));
    long taken = raw(SYS_ioctl, fd, TIOCSCTTY, stdio.mode == TtyMode::force ? 1 : 0);
    raw(SYS_rt_sigaction, SIGHUP, &before, nullptr, sizeof(uint64_t));
    if (taken == 0) break;
    closeRaw(fd);
    fd = taken;
    if (taken != -EPERM || stdio.mode != TtyMode::wait) break;
    // Another session has it: somebody closes it some day.
    char events[1024];
    long got = raw(SYS_read, notify, events, sizeof events);
    if (got < 0 && got != -EINTR) {
      fd = got;
      break;
    }
  }
  if (notify >= 0) closeRaw(notify);
  if (fd >= 0 && stdio.reset) resetTerminal(fd);
  if (fd >= 0) setTerminalSize(fd);
  return fd;
}

/* TTYVHangup= and TTYReset= of systemd.exec(5): before anything is opened, and whatever comes of it. */
void Child::prepareTerminal() {
  const Terminal& terminal = plan_.terminal;
  const Stdio& input = plan_.stdio[0];
  if (terminal.path != nullptr) {
    revertTerminal(terminal.path, terminal.hangUp, terminal.reset, terminalAttempts);
  } else if (input.source == Source::fd) {
    if (terminal.hangUp) raw(SYS_ioctl, input.fd, TIOCVHANGUP);
    if (terminal.reset) resetTerminal(input.fd);
  }
}

/* TTYRows= and TTYColumns= of systemd.exec(5). */
void Child::setTerminalSize(long fd) {
  const Terminal& terminal = plan_.terminal;
  if (terminal.rows < 0 && terminal.columns < 0) return;
  struct winsize size;
  if (raw(SYS_ioctl, fd, TIOCGWINSZ, &size) < 0) return;
  if (terminal.rows >= 0) size.ws_row = static_cast<unsigned short>(terminal.rows);
  if (terminal.columns >= 0) size.ws_col = static_cast<unsigned short>(terminal.columns);
  raw(SYS_ioctl, fd, TIOCSWINSZ, &size);
}

/* ---- priorities and limits ------------------------------------------------------------------------------------ */

static long writeFile(const char* path, const char* text) {
  long fd = openRaw(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  long result = raw(SYS_write, fd, text, strlen(text));
  closeRaw(fd);
  return result < 0 ? result : 0;
}

long Child::joinCgroup() { return writeFile(plan_.cgroupProcs, "0"); }

/* As near as RLIMIT_NICE permits. */
long Child::setNice() {
  long result = raw(SYS_setpriority, PRIO_PROCESS, 0, plan_.nice);
  if (result != -EACCES && result != -EPERM) return result;
  struct rlimit64 highest;
  result = raw(SYS_prlimit64, 0, RLIMIT_NICE, nullptr, &highest);
  if (result < 0) return result;
  long current = 20 - raw(SYS_getpriority, PRIO_PROCESS, 0);
  long best = highest.rlim_cur >= 40 ? -20 : 20 - static_cast<long>(highest.rlim_cur);
  if (best > current) best = current;
  if (best < plan_.nice) best = plan_.nice;
  return best == current ? 0 : raw(SYS_setpriority, PRIO_PROCESS, 0, best);
}

long Child::setOom() {
  long result = writeFile("/proc/self/oom_score_adj", plan_.oomScoreAdjust);
  // Lowering it takes a privilege that containers do not have; the service runs all the same.
  return refused(result) ? 0 : result;
}

static uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

long Child::setLimit(const Limit& limit) {
  struct rlimit64 wanted = {limit.soft, limit.hard};
  long result = raw(SYS_prlimit64, 0, limit.resource, &wanted, nullptr);
  if (result != -EPERM) return result;
  struct rlimit64 current;
  result = raw(SYS_prlimit64, 0, limit.resource, nullptr, &current);
  if (result < 0) return result;
  wanted.rlim_cur = lesser(limit.soft, current.rlim_max);
  wanted.rlim_max = lesser(limit.hard, current.rlim_max);
  return raw(SYS_prlimit64, 0, limit.resource, &wanted, nullptr);
}

/* ---- namespaces ----------------------------------------------------------------------------------------------- */

static size_t appendText(char* to, size_t at, const char* text) {
  size_t length = strlen(text);
  memcpy(to + at, text, length + 1);
  return at + length;
}

static size_t appendNumber(char* to, size_t at, unsigned long value) {
  char digits[24];
  size_t n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n > 0) to[at++] = digits[--n];
  to[at] = 0;
  return at;
}

/* "ID ID 1", for root and for the id that the service is to have. */
static void idMap(char* text, unsigned long own, unsigned long wanted) {
  size_t at = 0;
  const unsigned long ids[2] = {own, wanted};
  for (int i = 0; i < (own == wanted ? 1 : 2); i++) {
    at = appendNumber(text, at, ids[i]);
    at = appendText(text, at, " ");
    at = appendNumber(text, at, ids[i]);
    at = appendText(text, at, " 1\n");
  }
}

struct MapHelper {
  Plan* plan;
  long pid;
  int ready[2];
  long result;
};

/* Outside of the new user namespace: the only one who may map more than its own id. */
static int mapIds(void* argument) {
  MapHelper& helper = *static_cast<MapHelper*>(argument);
  char byte;
  closeRaw(helper.ready[1]);
  if (raw(SYS_read, helper.ready[0], &byte, 1) != 1) leave(1);
  const Plan& plan = *helper.plan;
  char path[64], text[128];
  const auto write = [&](const char* file) {
    size_t at = appendText(path, 0, "/proc/");
    at = appendNumber(path, at, static_cast<unsigned long>(helper.pid));
    appendText(path, at, file);
    return writeFile(path, text);
  };
  idMap(text, plan.managerUid, plan.setUid ? plan.uid : plan.managerUid);
  long result = write("/uid_map");
  if (result == 0) {
    idMap(text, plan.managerGid, plan.setGid ? plan.gid : plan.managerGid);
    result = write("/gid_map");
  }
  leave(result < 0 ? static_cast<int>(-result) : 0);
}

/* PrivateUsers=: a user namespace in which root, the manager's ids and the service's mean themselves, and no other does. */
long Child::unshareUser() {
  char text[128];
  if (plan_.managerUid != 0) {
    long result = raw(SYS_unshare, CLONE_NEWUSER);
    if (result < 0) return result;
    writeFile("/proc/self/setgroups", "deny");
    idMap(text, plan_.managerUid, plan_.managerUid);
    result = writeFile("/proc/self/uid_map", text);
    if (result < 0) return result;
    idMap(text, plan_.managerGid, plan_.managerGid);
    return writeFile("/proc/self/gid_map", text);
  }
  MapHelper helper = {&plan_, raw(SYS_getpid), {-1, -1}, 0};
  long result = raw(SYS_pipe2, helper.ready, O_CLOEXEC);
  if (result < 0) return result;
  // The pid by which the helper knows us is that of its own namespace, which is ours as well.
  int pid = clone(mapIds, plan_.helperStack, CLONE_VM | SIGCHLD, &helper);
  if (pid < 0) return -errno;
  result = raw(SYS_unshare, CLONE_NEWUSER);
  closeRaw(helper.ready[0]);
  if (result == 0) raw(SYS_write, helper.ready[1], "", 1);
  closeRaw(helper.ready[1]);
  int status = 0;
  long waited;
  do waited = raw(SYS_wait4, pid, &status, __WALL, nullptr);
  while (waited == -EINTR);
  if (result < 0) return result;
  if (waited < 0) return waited;
  return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

long Child::raiseLoopback() {
  long fd = raw(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  struct ifreq request = {};
  memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  long result = raw(SYS_ioctl, fd, 0x8914 /* SIOCSIFFLAGS */, &request);
  closeRaw(fd);
  return result;
}

/* NetworkNamespacePath=, IPCNamespacePath=: -EINVAL where the file is no namespace of the kind. */
long Child::openNamespace(const char* path, int flag) {
  long fd = openRaw(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fd;
  if (raw(SYS_ioctl, fd, NS_GET_NSTYPE) == flag) return fd;
  closeRaw(fd);
  return -EINVAL;
}

/* Without the privilege the process stays where it is, as with PrivateNetwork=. */
void Child::enterNamespace(long fd, int flag, int step) {
  if (fd < 0) return;
  long result = raw(SYS_setns, fd, flag);
  closeRaw(fd);
  if (result < 0 && !refused(result)) fail(step, result);
}

void Child::unshareAll() {
  const struct {
    int flag;
    int step;
  } order[] = {
      {CLONE_NEWNET, stepNetwork}, {CLONE_NEWIPC, stepNamespace}, {CLONE_NEWNS, stepNamespace},
      {CLONE_NEWUTS, stepNamespace}};
  // Without privilege the other namespaces are to be had only from inside a user namespace of one's own.
  bool userFirst = (plan_.namespaces & CLONE_NEWUSER) != 0 && plan_.managerUid != 0;
  if (userFirst) {
    long result = unshareUser();
    if (result < 0 && plan_.namespacesRequired) fail(stepUser, result);
  }
  enterNamespace(networkNamespace_, CLONE_NEWNET, stepNetwork);
  enterNamespace(ipcNamespace_, CLONE_NEWIPC, stepNamespace);
  for (const auto& each : order) {
    if ((plan_.namespaces & each.flag) == 0) continue;
    long result = raw(SYS_unshare, each.flag);
    if (result < 0) {
      if (plan_.namespacesRequired || (!refused(result) && result != -EINVAL && result != -ENOSPC))
        fail(each.step, result);
      continue;
    }
    if (each.flag == CLONE_NEWNET) raiseLoopback();
    if (each.flag == CLONE_NEWNS) setMounts();
    if (each.flag == CLONE_NEWUTS && plan_.hostname != nullptr)
      check(stepNamespace, raw(SYS_sethostname, plan_.hostname, strlen(plan_.hostname)));
  }
}

void Child::setMounts() {
  long result = raw(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
  if (result < 0) {
    if (plan_.namespacesRequired || !refused(result)) fail(stepNamespace, result);
    return;
  }
  for (size_t i = 0; i < plan_.mountsCount; i++) {
    const Mount& m = plan_.mounts[i];
    result = mount(m);
    if (result == 0 || (m.optional && missing(result))) continue;
    if (plan_.namespacesRequired || !refused(result)) fail(stepNamespace, result);
  }
  if (plan_.propagation == 0) return;
  result = raw(SYS_mount, nullptr, "/", nullptr, plan_.propagation | MS_REC, nullptr);
  if (result < 0 && !refused(result)) fail(stepNamespace, result);
}

/* mkdir -p, for mount points that are not there yet; the last component is a file where `file`. */
static long makePath(char* path, bool file) {
  long result = 0;
  for (char* at = path + 1;; at++) {
    char here = *at;
    if (here != '/' && here != 0) continue;
    *at = 0;
    if (here == 0 && file) {
      result = openRaw(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (result >= 0) closeRaw(result);
    } else {
      result = raw(SYS_mkdirat, AT_FDCWD, path, 0755);
    }
    *at = here;
    if (result < 0 && result != -EEXIST) return result;
    if (here == 0) return 0;
  }
}

static long statMode(const char* path, mode_t& mode) {
  long fd = openRaw(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return fd;
  struct stat st;
  long result = raw(SYS_fstat, fd, &st);
  mode = st.st_mode;
  closeRaw(fd);
  return result;
}

long Child::restrict(const Mount& m, uint64_t set, uint64_t clear) {
  MountAttributes attributes = {set, clear, 0, 0};
  long result =
      raw(SYS_mount_setattr, AT_FDCWD, m.target, m.recursive ? AT_RECURSIVE : 0, &attributes, sizeof attributes);
  if (result != -ENOSYS) return result;
  // Before Linux 5.12: one mount, not those below it.
  unsigned long flags = MS_BIND | MS_REMOUNT;
  if (set & attributeReadOnly) flags |= MS_RDONLY;
  if (set & attributeNoSuid) flags |= MS_NOSUID;
  if (set & attributeNoDev) flags |= MS_NODEV;
  if (set & attributeNoExec) flags |= MS_NOEXEC;
  return raw(SYS_mount, nullptr, m.target, nullptr, flags, nullptr);
}

long Child::bindOnto(const Mount& m, const char* source) {
  mode_t from, onto;
  long result = statMode(source, from);
  if (result < 0) return result;
  if (missing(statMode(m.target, onto))) {
    result = makePath(m.target, !S_ISDIR(from));
    if (result < 0) return result;
  }
  return raw(SYS_mount, source, m.target, nullptr, MS_BIND | (m.recursive ? MS_REC : 0), nullptr);
}

long Child::mount(const Mount& m) {
  long result;
  switch (m.kind) {
    case MountKind::bind:
      result = bindOnto(m, m.source);
      return result < 0 || m.attributes == 0 ? result : restrict(m, m.attributes, 0);
    case MountKind::readOnly:
    case MountKind::readWrite: {
      mode_t mode;
      result = statMode(m.target, mode);
      if (result < 0) return result;
      // What is no mount yet is made one. Over / nothing can be mounted that would be seen.
      if (m.target[1] != 0) {
        result = raw(SYS_mount, m.target, m.target, nullptr, MS_BIND | MS_REC, nullptr);
        if (result < 0) return result;
      }
      return m.kind == MountKind::readOnly ? restrict(m, m.attributes | attributeReadOnly, 0)
                                           : restrict(m, m.attributes, attributeReadOnly);
    }
    case MountKind::tmpfs: {
      mode_t mode;
      result = statMode(m.target, mode);
      if (missing(result)) {
        if (m.optional) return result;
        result = makePath(m.target, false);
      }
      if (result < 0) return result;
      unsigned long flags = MS_STRICTATIME;
      if (m.attributes & attributeNoSuid) flags |= MS_NOSUID;
      if (m.attributes & attributeNoDev) flags |= MS_NODEV;
      if (m.attributes & attributeNoExec) flags |= MS_NOEXEC;
      result = raw(SYS_mount, "tmpfs", m.target, "tmpfs", flags, m.source);
      return result == 0 && (m.attributes & attributeReadOnly) ? restrict(m, attributeReadOnly, 0) : result;
    }
    case MountKind::proc:
      return raw(SYS_mount, "proc", m.target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, m.source);
    case MountKind::inaccessible:
      return makeInaccessible(m);
    case MountKind::dev:
      return makeDev(m);
    case MountKind::mqueue: {
      mode_t mode;
      result = statMode(m.target, mode);
      if (missing(result)) result = makePath(m.target, false);
      if (result < 0) return result;
      raw(SYS_umount2, m.target, MNT_DETACH | UMOUNT_NOFOLLOW);
      return raw(SYS_mount, "mqueue", m.target, "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME, nullptr);
    }
  }
  return -EINVAL;
}

/* Something that nobody may open in the place of the target: a directory or a file without any permission. */
long Child::makeInaccessible(const Mount& m) {
  mode_t mode;
  long result = statMode(m.target, mode);
  if (result < 0) return result;
  if (S_ISDIR(mode)) {
    result = raw(SYS_mount, "tmpfs", m.target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
                 "mode=000,size=4k,nr_inodes=2");
    return result;
  }
  // The file comes from a file system that is there only for as long as it takes to bind it.
  bool inDev = strncmp(m.target, "/dev/", 5) == 0;
  const char* where = inDev ? "/proc" : "/dev";
  const char* file = inDev ? "/proc/inaccessible" : "/dev/inaccessible";
  result = raw(SYS_mount, "tmpfs", where, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=4k,nr_inodes=2");
  if (result < 0) return result;
  long fd = openRaw(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0000);
  if (fd >= 0) {
    closeRaw(fd);
    result = raw(SYS_mount, file, m.target, nullptr, MS_BIND, nullptr);
  } else {
    result = fd;
  }
  raw(SYS_umount2, where, MNT_DETACH);
  return result == 0 ? restrict(m, attributeReadOnly | attributeNoExec, 0) : result;
}

/* MAJOR:MINOR of a device, as stat(2) of the kernel has it. */
static size_t appendDevice(char* to, size_t at, unsigned long device) {
  at = appendNumber(to, at, (device >> 8) & 0xfff);
  at = appendText(to, at, ":");
  return appendNumber(to, at, (device & 0xff) | ((device >> 12) & 0xfff00));
}

/* The place of a name below a directory, in a buffer of its own. */
class PathIn {
 public:
  explicit PathIn(const char* directory) : length_(strlen(directory)) {
    if (usable()) appendText(text_, appendText(text_, 0, directory), "/");
  }
  bool usable() const { return length_ < sizeof text_ - 64; }
  char* operator()(const char* name) {
    appendText(text_, length_ + 1, name);
    return text_;
  }

 private:
  char text_[4096];
  size_t length_;
};

/* A device or directory of the old /dev, which `fd` holds, in the new one. */
static long keepInDev(PathIn& at, const char* name, long fd) {
  struct stat st;
  long result = raw(SYS_fstat, fd, &st);
  if (result < 0) return result;
  if (S_ISDIR(st.st_mode)) {
    result = raw(SYS_mkdirat, AT_FDCWD, at(name), 0755);
  } else {
    result = raw(SYS_mknodat, AT_FDCWD, at(name), st.st_mode, st.st_rdev);
    if (result == 0) {
      char link[64] = "char/", target[64] = "../";
      appendDevice(link, strlen(link), st.st_rdev);
      appendText(target, strlen(target), name);
      raw(SYS_symlinkat, target, AT_FDCWD, at(link));
      return 0;
    }
    // A container that may not make devices can still show those that it has.
    result = openRaw(at(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (result >= 0) closeRaw(result);
  }
  if (result < 0) return result;
  char source[64];
  appendNumber(source, appendText(source, 0, "/proc/self/fd/"), static_cast<unsigned long>(fd));
  return raw(SYS_mount, source, at(name), nullptr, MS_BIND | MS_REC, nullptr);
}

/* PrivateDevices=: a /dev with the pseudo devices only. */
long Child::makeDev(const Mount& m) {
  static const char* const names[] = {"null", "zero", "full", "random", "urandom", "tty", "pts", "shm", "mqueue",
                                      "hugepages"};
  constexpr size_t count = sizeof names / sizeof *names;
  long open[count];
  PathIn at(m.target);
  if (!at.usable()) return -ENAMETOOLONG;
  for (size_t i = 0; i < count; i++) open[i] = openRaw(at(names[i]), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  long result = raw(SYS_mount, "tmpfs", m.target, "tmpfs", MS_NOSUID | MS_NOEXEC | MS_STRICTATIME,
                    "mode=755,size=4m,nr_inodes=64k");
  if (result == 0) raw(SYS_mkdirat, AT_FDCWD, at("char"), 0755);
  for (size_t i = 0; i < count; i++) {
    if (open[i] < 0) continue;
    if (result == 0) result = keepInDev(at, names[i], open[i]);
    closeRaw(open[i]);
  }
  if (result < 0) return result;
  raw(SYS_mkdirat, AT_FDCWD, at("mqueue"), 0755);
  raw(SYS_mkdirat, AT_FDCWD, at("hugepages"), 0755);
  static const char* const links[][2] = {{"pts/ptmx", "ptmx"},          {"/proc/self/fd", "fd"},
                                         {"/proc/self/fd/0", "stdin"},  {"/proc/self/fd/1", "stdout"},
                                         {"/proc/self/fd/2", "stderr"}, {"/run/systemd/journal/dev-log", "log"}};
  for (const auto& link : links) raw(SYS_symlinkat, link[0], AT_FDCWD, at(link[1]));
  if (raw(SYS_faccessat, AT_FDCWD, "/proc/kcore", F_OK) == 0)
    raw(SYS_symlinkat, "/proc/kcore", AT_FDCWD, at("core"));
  return restrict(m, attributeReadOnly | attributeNoSuid | attributeNoExec, 0);
}

/* ---- identity ------------------------------------------------------------------------------------------------- */

long Child::setGroups() {
  if (plan_.setGroups) {
    long result = raw(SYS_setgroups, plan_.groupsCount, plan_.groups);
    if (result == -EPERM) {
      // A user namespace without this right: there the list stays as it is.
      char text[8] = {};
      long fd = openRaw("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
      if (fd >= 0) {
        raw(SYS_read, fd, text, sizeof text - 1);
        closeRaw(fd);
      }
      if (strncmp(text, "deny", 4) == 0) result = 0;
    }
    if (result < 0) return result;
  }
  return plan_.setGid ? raw(SYS_setresgid, plan_.gid, plan_.gid, plan_.gid) : 0;
}

struct Capabilities {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {};
  long get() { return raw(SYS_capget, &header, data); }
  long set() { return raw(SYS_capset, &header, data); }
};

long Child::dropBounding() {
  for (int capability = 0; capability < 64; capability++) {
    if ((plan_.bounding >> capability) & 1) continue;
    long has = raw(SYS_prctl, PR_CAPBSET_READ, capability);
    if (has < 0) break;  // Past the last one that the kernel knows.
    if (has == 0) continue;
    long result = raw(SYS_prctl, PR_CAPBSET_DROP, capability);
    if (result < 0) return result;
  }
  Capabilities own;
  long result = own.get();
  if (result < 0) return result;
  own.data[0].inheritable &= static_cast<uint32_t>(plan_.bounding);
  own.data[1].inheritable &= static_cast<uint32_t>(plan_.bounding >> 32);
  return own.set();
}

/*
 * The ambient set survives no change of user: first it becomes the inheritable set, which then holds nothing else that
 * the manager may have got from its own parent, and it is raised again after the change.
 */
long Child::raiseAmbient(bool inheritable) {
  if (inheritable) {
    Capabilities own;
    long result = own.get();
    if (result < 0) return result;
    own.data[0].inheritable = static_cast<uint32_t>(plan_.ambient);
    own.data[1].inheritable = static_cast<uint32_t>(plan_.ambient >> 32);
    result = own.set();
    if (result < 0) return result;
  }
  for (int capability = 0; capability < 64; capability++) {
    if (((plan_.ambient >> capability) & 1) == 0) continue;
    long result = raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    if (result < 0) return result;
  }
  return 0;
}

long Child::setUser() {
  if (plan_.uid != 0 && (plan_.ambient != 0 || plan_.setSecureBits)) {
    long result = raw(SYS_prctl, PR_SET_KEEPCAPS, 1);
    if (result < 0) return result;
  }
  return raw(SYS_setresuid, plan_.uid, plan_.uid, plan_.uid);
}

long Child::setSecureBits() {
  if (raw(SYS_prctl, PR_GET_SECUREBITS) == plan_.secureBits) return 0;
  // Takes CAP_SETPCAP, which is still permitted after a change of user but not in effect. exec sorts that out.
  Capabilities own;
  long result = own.get();
  if (result < 0) return result;
  own.data[0].effective |= 1u << CAP_SETPCAP;
  own.set();
  return raw(SYS_prctl, PR_SET_SECUREBITS, plan_.secureBits);
}

/*
 * The filters of system calls, last of all. An unprivileged process may have filters only if it can gain no privileges.
 * Where the kernel has no filters, or a filter around the container refuses ours, the program runs without.
 */
void Child::installFilters() {
  for (size_t i = 0; i < plan_.filtersCount; i++) {
    Filter& filter = plan_.filters[i];
    long result = raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
    if (result == -ENOSYS) result = raw(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    if (result < 0 && result != -EINVAL && !refused(result)) fail(stepSeccomp, result);
  }
}

static bool hasCapability(int capability) {
  Capabilities own;
  return own.get() == 0 && ((own.data[capability / 32].effective >> (capability % 32)) & 1) != 0;
}

long Child::changeRoot() {
  long result = raw(SYS_chroot, plan_.root);
  return result < 0 ? result : raw(SYS_chdir, "/");
}

/* ---- what stays open ------------------------------------------------------------------------------------------ */

long Child::passDescriptors() {
  for (int i = 0; i < plan_.fdsCount; i++) {
    long result = raw(SYS_dup3, plan_.fds[i], 3 + i, 0);
    if (result < 0) return result;
    if (plan_.fdsNonBlocking >= 0) setBlocking(3 + i, plan_.fdsNonBlocking == 0);
  }
  return 0;
}

static constexpr long lastDescriptor = 0x7fffffff;

static void closeRange(long from, long to) {
  if (from > to) return;
  if (raw(SYS_close_range, from, to, 0) == 0) return;
  struct Entry {
    uint64_t ino;
    int64_t off;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  long directory = openRaw("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    struct rlimit64 limit = {1024, 1024};
    raw(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &limit);
    for (long fd = from; fd <= to && fd < static_cast<long>(lesser(limit.rlim_cur, 1 << 20)); fd++) closeRaw(fd);
    return;
  }
  alignas(8) char buffer[4096];
  for (;;) {
    long got = raw(SYS_getdents64, directory, buffer, sizeof buffer);
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      const Entry* entry = reinterpret_cast<const Entry*>(buffer + at);
      at += entry->length;
      long fd = 0;
      const char* digit = entry->name;
      if (*digit < '0' || *digit > '9') continue;
      for (; *digit != 0; digit++) fd = fd * 10 + (*digit - '0');
      if (fd >= from && fd <= to && fd != directory) closeRaw(fd);
    }
  }
  closeRaw(directory);
}

/* The least descriptor from `from` on that is still needed before exec. */
long Child::nextKept(long from) const {
  long next = lastDescriptor + 1;
  const auto consider = [&](long fd) {
    if (fd >= from && fd < next) next = fd;
  };
  consider(plan_.reportFd);
  consider(plan_.idleFd);
  for (const Stdio& stdio : plan_.stdio)
    if (stdio.source == Source::fd) consider(stdio.fd);
  for (int i = 0; i < plan_.fdsCount; i++) consider(plan_.fds[i]);
  return next;
}

/*
 * Closes what is the manager's: at once, so that a child that waits holds nothing of it open. Afterwards what the program
 * is not to have.
 */
void Child::closeOthers(bool all) {
  long from = 3 + (all ? plan_.fdsCount : 0);
  while (from <= lastDescriptor) {
    long next = all ? (plan_.reportFd >= from ? plan_.reportFd : lastDescriptor + 1) : nextKept(from);
    closeRange(from, next - 1);
    from = next + 1;
  }
}

/* ---- all of it ------------------------------------------------------------------------------------------------ */

void Child::run() {
  Plan& p = plan_;
  raw(SYS_umask, 0);
  check(stepSignalMask, resetSignals());
  if (p.exitAtOnce >= 0) leave(p.exitAtOnce);
  liftDescriptors();
  // One that shares the manager's memory runs its program before anybody could miss what it holds.
  if (p.forked) closeOthers(false);
  if (p.idleFd >= 0) waitForIdle();
  if (p.session) check(stepSetsid, raw(SYS_setsid));
  if (p.cgroupProcs != nullptr) check(stepCgroup, joinCgroup());
  prepareTerminal();
  if (p.networkNamespace != nullptr) {
    networkNamespace_ = openNamespace(p.networkNamespace, CLONE_NEWNET);
    check(stepNetwork, networkNamespace_);
  }
  if (p.ipcNamespace != nullptr) {
    ipcNamespace_ = openNamespace(p.ipcNamespace, CLONE_NEWIPC);
    check(stepNamespace, ipcNamespace_);
  }
  check(stepStdin, setStdio(0));
  check(stepStdout, setStdio(1));
  check(stepStderr, setStdio(2));
  if (p.setOom) check(stepOomAdjust, setOom());
  if (p.coredumpFilter != nullptr) {
    long result = writeFile("/proc/self/coredump_filter", p.coredumpFilter);
    if (!refused(result) && !missing(result)) check(stepLimits, result);
  }
  if (p.setScheduling) {
    int priority = p.schedulingPriority;
    check(stepSetScheduler, raw(SYS_sched_setscheduler, 0, p.schedulingPolicy, &priority));
  }
  if (p.setNice) check(stepNice, setNice());
  if (p.affinityBytes > 0) check(stepCpuAffinity, raw(SYS_sched_setaffinity, 0, p.affinityBytes, p.affinity));
  if (p.setIoprio) check(stepIoprio, raw(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, p.ioprio));
  if (p.setTimerSlack) check(stepTimerSlack, raw(SYS_prctl, PR_SET_TIMERSLACK, p.timerSlack));
  if (p.setPersonality) check(stepPersonality, raw(SYS_personality, p.personality));
  if (p.setUid && isTerminal(0)) raw(SYS_fchown, 0, p.uid, -1L);
  for (size_t i = 0; i < p.limitsCount; i++) check(stepLimits, setLimit(p.limits[i]));
  unshareAll();
  raw(SYS_umask, p.umask);
  check(stepGroup, setGroups());
  if ((p.namespaces & CLONE_NEWUSER) != 0 && p.managerUid == 0) {
    long result = unshareUser();
    if (result < 0 && (p.namespacesRequired || !refused(result))) fail(stepUser, result);
  }
  check(stepFds, passDescriptors());
  closeOthers(true);
  if (p.setBounding) check(stepCapabilities, dropBounding());
  if (p.setAmbient) check(stepCapabilities, raiseAmbient(true));
  if (p.root != nullptr) check(stepChroot, changeRoot());
  if (p.setUid) {
    check(stepUser, setUser());
    if (p.ambient != 0) check(stepCapabilities, raiseAmbient(false));
  }
  long result = raw(SYS_chdir, p.cwd);
  if (result < 0 && p.cwdOptional) result = raw(SYS_chdir, "/");
  check(stepChdir, result);
  if (p.setSecureBits) check(stepSecureBits, setSecureBits());
  if (p.noNewPrivileges || (p.setSeccomp && !hasCapability(CAP_SYS_ADMIN)))
    check(stepNoNewPrivileges, raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  if (p.setTag) {
    // A limit that is lower already tells nothing of us, and does no harm.
    struct rlimit64 tag = {p.tag, p.tag};
    raw(SYS_prlimit64, 0, RLIMIT_LOCKS, &tag, nullptr);
  }
  char pid[24];
  size_t digits = appendNumber(pid, 0, static_cast<unsigned long>(raw(SYS_getpid)));
  for (size_t i = 0; i < p.pidPlacesCount; i++) memcpy(p.pidPlaces[i], pid, digits + 1);
  if (p.setSeccomp) installFilters();
  fail(stepExec, raw(SYS_execve, p.path, p.argv, p.env));
}

int runChild(void* plan) { Child(*static_cast<Plan*>(plan)).run(); }

}  // namespace pidone
