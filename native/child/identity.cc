/* Users, groups, capabilities, filters of system calls, and the root directory. */
#include "calls.h"
#include "child.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that builds this. */
#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#endif

namespace pidone {

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

bool hasCapability(int capability) {
  Capabilities own;
  return own.get() == 0 && ((own.data[capability / 32].effective >> (capability % 32)) & 1) != 0;
}

long Child::changeRoot() {
  long result = raw(SYS_chroot, plan_.root);
  return result < 0 ? result : raw(SYS_chdir, "/");
}

}  // namespace pidone
