/*
 * The child's half of spawn, in the order of systemd. It may share the manager's memory, so it makes system calls only
 * (raw.h), allocates nothing, and writes to nothing but its plan.
 *
 * child.cc is the order of the steps; the steps lie beside it by what they are about: stdio.cc, terminal.cc, limits.cc,
 * namespaces.cc, mounts.cc, identity.cc.
 */
#pragma once

#include "plan.h"

#include <cstddef>
#include <cstdint>

namespace pidone {

/* The child. Every step returns 0 or a negative errno. */
class Child {
 public:
  explicit Child(Plan& plan) : plan_(plan) {}
  [[noreturn]] void run();

 private:
  [[noreturn]] void fail(int step, long error, int detail = 0);
  void check(int step, long error) {
    if (error < 0) fail(step, error);
  }

  /* For a step that may be left out: true where it was refused and the plan lets it be. */
  bool leaveOut(bool lenient, uint32_t which, long error);
  void optional(int step, uint32_t which, long error) {
    if (!leaveOut(plan_.lenientNice, which, error)) check(step, error);
  }

  long resetSignals();
  void locate();
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
  void enterNamespaces();
  void joinAll();
  void unshareAll(int which);
  void setMounts();
  long mount(const Mount& m);
  long bindOnto(const Mount& m);
  long setFlags(const char* target, uint64_t set, uint64_t clear);
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
  long networkNamespace_ = -1, ipcNamespace_ = -1, userNamespace_ = -1;
};

/* Line settings as a program expects them (TTYReset= of systemd.exec(5)). */
void resetTerminal(long fd);

/* Whether the process has a capability in effect. */
bool hasCapability(int capability);

}  // namespace pidone
