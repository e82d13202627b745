/* Mounts that are put into the namespace of a process that runs. */
#include "bind.h"

#include "../common.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that builds this. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace pidone {

static constexpr unsigned cloneTree = 1, moveEmptyPath = 4, wholeTree = 0x8000;
static constexpr uint64_t attributeReadOnly = 1;

/* What is at the source becomes a mount of nobody's, which is then put at the target as the process sees it. */
int bindInto(const Binding& asked) {
  const std::string process = "/proc/" + std::to_string(asked.pid);
  Fd space(open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  if (space.get() < 0) return -errno;
  Fd root(open((process + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return -errno;
  Fd tree(static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, asked.source.c_str(), cloneTree | wholeTree | O_CLOEXEC)));
  if (tree.get() < 0) return -errno;
  if (asked.readOnly) {
    uint64_t attributes[4] = {attributeReadOnly, 0, 0, 0};
    if (syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH | wholeTree, attributes, sizeof attributes) < 0)
      return -errno;
  }
  struct stat st;
  if (syscall(SYS_fstat, tree.get(), &st) < 0) return -errno;
  if (unshare(CLONE_FS) < 0 || setns(space.get(), CLONE_NEWNS) < 0) return -errno;
  if (fchdir(root.get()) < 0 || chroot(".") < 0) return -errno;
  const char* target = asked.target.c_str();
  if (asked.make) {
    long made = Walk().make(target, S_ISDIR(st.st_mode) ? 0755 : 0700, !S_ISDIR(st.st_mode));
    if (made < 0) return static_cast<int>(made);
  }
  return syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, target, moveEmptyPath) < 0 ? -errno : 0;
}

}  // namespace pidone
