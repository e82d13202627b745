/* The order of the steps, and those that need no file of their own. */
#include "calls.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace pidone {

void Child::fail(int step, long error, int detail) {
  Failure failure = {step, static_cast<int>(-error), detail};
  *plan_.failure = failure;
  if (plan_.reportFd >= 0) raw(SYS_write, plan_.reportFd, &failure, sizeof failure);
  leave(step == stepExec && detail != 0 && plan_.mayBeMissing ? 0 : step);
}

bool Child::leaveOut(bool lenient, uint32_t which, long error) {
  if (!lenient || !refused(error)) return false;
  plan_.leftOut |= which;
  return true;
}

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

/* Below the mounts, and before any other user's rights: a program that is none, or lies where none is run, is not there. */
void Child::locate() {
  long fd = openRaw(plan_.path, O_PATH | O_CLOEXEC);
  struct stat st;
  long result = fd < 0 ? fd : raw(SYS_fstat, fd, &st);
  if (fd >= 0) closeRaw(fd);
  if (result == 0 && !S_ISREG(st.st_mode)) result = S_ISDIR(st.st_mode) ? -EISDIR : -EBADFD;
  if (result == 0) result = raw(SYS_faccessat, AT_FDCWD, plan_.path, X_OK);
  if (result < 0) fail(stepExec, result, 1);
}

/* Type=idle of systemd.service(5): until the manager closes the other end, at most the time that was given. */
void Child::waitForIdle() {
  struct pollfd descriptor = {plan_.idleFd, POLLIN, 0};
  struct timespec timeout = {plan_.idleTimeoutMs / 1000, (plan_.idleTimeoutMs % 1000) * 1000000L};
  raw(SYS_ppoll, &descriptor, 1, &timeout, nullptr, 0);
  closeRaw(plan_.idleFd);
}

static void setMark(int resource, uint64_t value) {
  struct rlimit64 limit = {value, value};
  raw(SYS_prlimit64, 0, resource, &limit, nullptr);
}

/* Joins and makes namespaces, and takes on the groups, which no longer can be had in a user namespace. */
void Child::enterNamespaces() {
  Plan& p = plan_;
  bool ownUsers = (p.namespaces & CLONE_NEWUSER) != 0;
  if (ownUsers && p.managerUid != 0) {
    // Without privilege the other namespaces are to be had only from inside a user namespace of one's own.
    long result = unshareUser();
    if (result < 0 && p.namespacesRequired) fail(stepUser, result);
    joinAll();
    unshareAll(~0);
    check(stepGroup, setGroups());
    return;
  }
  joinAll();
  unshareAll(~p.delegated);
  check(stepGroup, setGroups());
  if (userNamespace_ >= 0) {
    check(stepUser, raw(SYS_setns, userNamespace_, CLONE_NEWUSER));
    closeRaw(userNamespace_);
  }
  if (!ownUsers) return;
  long result = unshareUser();
  if (result < 0 && (p.namespacesRequired || !refused(result))) fail(stepUser, result);
  unshareAll(p.delegated);
}

void Child::run() {
  Plan& p = plan_;
  raw(SYS_umask, 0);
  check(stepSignalMask, resetSignals());
  if (p.exitAtOnce >= 0) leave(p.exitAtOnce);
  liftDescriptors();
  // One that shares the manager's memory runs its program before anybody could miss what it holds.
  if (p.forked) closeOthers(false);
  // Before it can wait: what it has until then is the manager's.
  if (p.setOom) check(stepOomAdjust, setOom());
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
  if (p.userNamespace != nullptr) {
    userNamespace_ = openNamespace(p.userNamespace, CLONE_NEWUSER);
    check(stepNamespace, userNamespace_);
  }
  check(stepStdin, setStdio(0));
  check(stepStdout, setStdio(1));
  check(stepStderr, setStdio(2));
  if (p.coredumpFilter != nullptr) {
    long result = writeFile("/proc/self/coredump_filter", p.coredumpFilter);
    if (!refused(result) && !missing(result)) check(stepLimits, result);
  }
  if (p.setScheduling) {
    int priority = p.schedulingPriority;
    optional(stepSetScheduler, leftOutScheduling,
             raw(SYS_sched_setscheduler, 0, p.schedulingPolicy, &priority));
  }
  if (p.setNice) check(stepNice, setNice());
  if (p.affinityBytes > 0)
    optional(stepCpuAffinity, leftOutAffinity, raw(SYS_sched_setaffinity, 0, p.affinityBytes, p.affinity));
  if (p.setIoprio)
    optional(stepIoprio, leftOutIoprio, raw(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, p.ioprio));
  if (p.setTimerSlack)
    optional(stepTimerSlack, leftOutTimerSlack, raw(SYS_prctl, PR_SET_TIMERSLACK, p.timerSlack));
  /* Where the kernel can't it is left, as systemd has it. */
  if (p.setHugePages) raw(SYS_prctl, PR_SET_THP_DISABLE, p.hugePagesOff, p.hugePagesFlags, 0, 0);
  if (p.setPersonality) check(stepPersonality, raw(SYS_personality, p.personality));
  if (p.setUid && isTerminal(0)) raw(SYS_fchown, 0, p.uid, -1L);
  for (size_t i = 0; i < p.limitsCount; i++) check(stepLimits, setLimit(p.limits[i]));
  enterNamespaces();
  raw(SYS_umask, p.umask);
  check(stepFds, passDescriptors());
  closeOthers(true);
  if (p.setBounding) check(stepCapabilities, dropBounding());
  if (p.setAmbient) check(stepCapabilities, raiseAmbient(true));
  if (p.root != nullptr) check(stepChroot, changeRoot());
  if (p.locate) locate();
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
  // A limit that is lower already tells nothing of us, and does no harm.
  if (p.setTag) setMark(RLIMIT_LOCKS, p.tag);
  if (p.setCheck) setMark(RLIMIT_RTTIME, p.check);
  char pid[24];
  size_t digits = appendNumber(pid, 0, static_cast<unsigned long>(raw(SYS_getpid)));
  for (size_t i = 0; i < p.pidPlacesCount; i++) memcpy(p.pidPlaces[i], pid, digits + 1);
  if (p.leftOut != 0 && p.reportFd >= 0) {
    Failure none = {0, static_cast<int>(p.leftOut), 0};
    raw(SYS_write, p.reportFd, &none, sizeof none);
  }
  if (p.setSeccomp) installFilters();
  fail(stepExec, raw(SYS_execve, p.path, p.argv, p.env));
}

int runChild(void* plan) { Child(*static_cast<Plan*>(plan)).run(); }

}  // namespace pidone
