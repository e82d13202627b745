/* Namespaces: those that are joined, and those that are made. */
#include "calls.h"
#include "child.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pidone {

/* "ID ID 1", for root and for the id that the service is to have; "0 0 RANGE" where a range of ids stays as it is. */
static void idMap(char* text, unsigned long own, unsigned long wanted, unsigned long range) {
  size_t at = 0;
  if (range > 0) {
    at = appendText(text, at, "0 0 ");
    at = appendNumber(text, at, range);
    appendText(text, at, "\n");
    return;
  }
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
  idMap(text, plan.managerUid, plan.setUid ? plan.uid : plan.managerUid, plan.userRange);
  long result = write("/uid_map");
  if (result == 0) {
    idMap(text, plan.managerGid, plan.setGid ? plan.gid : plan.managerGid, plan.userRange);
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
    idMap(text, plan_.managerUid, plan_.managerUid, 0);
    result = writeFile("/proc/self/uid_map", text);
    if (result < 0) return result;
    idMap(text, plan_.managerGid, plan_.managerGid, 0);
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

void Child::joinAll() {
  enterNamespace(networkNamespace_, CLONE_NEWNET, stepNetwork);
  enterNamespace(ipcNamespace_, CLONE_NEWIPC, stepNamespace);
}

void Child::unshareAll(int which) {
  const struct {
    int flag;
    int step;
  } order[] = {
      {CLONE_NEWNET, stepNetwork}, {CLONE_NEWIPC, stepNamespace}, {CLONE_NEWCGROUP, stepNamespace},
      {CLONE_NEWNS, stepNamespace}, {CLONE_NEWUTS, stepNamespace}};
  for (const auto& each : order) {
    if ((plan_.namespaces & which & each.flag) == 0) continue;
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

}  // namespace pidone
