/* Priorities and limits, systemd.exec(5) "SCHEDULING" and "PROCESS PROPERTIES". */
#include "calls.h"
#include "child.h"

#include <sys/resource.h>
#include <unistd.h>

namespace pidone {

long Child::joinCgroup() { return writeFile(plan_.cgroupProcs, "0"); }

/* As near as RLIMIT_NICE permits. */
long Child::setNice() {
  long result = raw(SYS_setpriority, PRIO_PROCESS, 0, plan_.nice);
  if (result != -EACCES && result != -EPERM) return result;
  leaveOut(plan_.lenientNice, leftOutNice, result);
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
  // Lowering it takes a privilege that containers do not have, and there may be no /proc; the service runs all the same.
  return refused(result) || missing(result) ? 0 : result;
}

long Child::setLimit(const Limit& limit) {
  struct rlimit64 wanted = {limit.soft, limit.hard};
  long result = raw(SYS_prlimit64, 0, limit.resource, &wanted, nullptr);
  if (result != -EPERM) return result;
  leaveOut(plan_.lenientResource, 1u << limit.resource, result);
  struct rlimit64 current;
  result = raw(SYS_prlimit64, 0, limit.resource, nullptr, &current);
  if (result < 0) return result;
  wanted.rlim_cur = lesser(limit.soft, current.rlim_max);
  wanted.rlim_max = lesser(limit.hard, current.rlim_max);
  return raw(SYS_prlimit64, 0, limit.resource, &wanted, nullptr);
}

}  // namespace pidone
