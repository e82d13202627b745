/* What a service sees of the file system, systemd.exec(5) "SANDBOXING". */
#include "calls.h"
#include "child.h"
#include "walk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* Newer than the headers of the oldest system that builds this. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace pidone {

static constexpr uint64_t attributeReadOnly = 0x1, attributeNoSuid = 0x2, attributeNoDev = 0x4, attributeNoExec = 0x8;

struct MountAttributes {
  uint64_t set, clear, propagation, userns;
};

void Child::setMounts() {
  long result = raw(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
  if (result < 0) {
    if (plan_.namespacesRequired || !refused(result)) fail(stepNamespace, result);
    return;
  }
  // What a later mount covers can still be the source of another.
  for (size_t i = 0; i < plan_.mountsCount; i++) {
    Mount& m = plan_.mounts[i];
    if (m.kind == MountKind::bind) m.opened = openRaw(m.source, O_PATH | O_CLOEXEC);
  }
  for (size_t i = 0; i < plan_.mountsCount; i++) {
    const Mount& m = plan_.mounts[i];
    result = mount(m);
    if (m.kind == MountKind::bind && m.opened >= 0) closeRaw(m.opened);
    if (result == 0 || (m.optional && missing(result))) continue;
    if (plan_.namespacesRequired || !refused(result)) fail(stepNamespace, result, static_cast<int>(i) + 1);
  }
  if (plan_.propagation == 0) return;
  result = raw(SYS_mount, nullptr, "/", nullptr, plan_.propagation | MS_REC, nullptr);
  if (result < 0 && !refused(result)) fail(stepNamespace, result);
}

/* Mount points that are not there yet; the last component is a file where `file`. */
static long makePath(const char* path, bool file) { return Walk().make(path, file ? 0600 : 0755, file); }

static long fdMode(long fd, mode_t& mode) {
  struct stat st;
  long result = raw(SYS_fstat, fd, &st);
  mode = st.st_mode;
  return result;
}

static long statMode(const char* path, mode_t& mode) {
  long fd = openRaw(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return fd;
  long result = fdMode(fd, mode);
  closeRaw(fd);
  return result;
}

/* Of one mount, not of those below it. */
long Child::setFlags(const char* target, uint64_t set, uint64_t clear) {
  MountAttributes attributes = {set, clear, 0, 0};
  long result = raw(SYS_mount_setattr, AT_FDCWD, target, 0, &attributes, sizeof attributes);
  if (result != -ENOSYS) return result;
  // Before Linux 5.12: those that it has are to be said again. The numbers of these four are the same everywhere.
  struct statfs st;
  result = raw(SYS_statfs, target, &st);
  if (result < 0) return result;
  constexpr uint64_t all = attributeReadOnly | attributeNoSuid | attributeNoDev | attributeNoExec;
  uint64_t flags = ((static_cast<uint64_t>(st.f_flags) & all) | set) & ~clear;
  return raw(SYS_mount, nullptr, target, nullptr, MS_BIND | MS_REMOUNT | flags, nullptr);
}

long Child::bindOnto(const Mount& m) {
  if (m.opened < 0) return m.opened;
  mode_t from, onto;
  long result = fdMode(m.opened, from);
  if (result < 0) return result;
  if (missing(statMode(m.target, onto))) {
    result = makePath(m.target, !S_ISDIR(from));
    if (result < 0) return result;
  }
  char source[64];
  appendNumber(source, appendText(source, 0, "/proc/self/fd/"), static_cast<unsigned long>(m.opened));
  const unsigned long flags = MS_BIND | (m.recursive ? MS_REC : 0);
  result = raw(SYS_mount, source, m.target, nullptr, flags, nullptr);
  // Without /proc the path has to do.
  return missing(result) ? raw(SYS_mount, m.source, m.target, nullptr, flags, nullptr) : result;
}

/* A link that is there already stays; so does anything else, as an error. */
static long linkTo(const char* text, const char* path) {
  Walk walk;
  long result = walk.toParent(path, 0755);
  if (result < 0) return result;
  result = raw(SYS_symlinkat, text, walk.directory(), walk.name());
  if (result != -EEXIST) return result;
  char present[4096];
  long length = raw(SYS_readlinkat, walk.directory(), walk.name(), present, sizeof present);
  bool same = length >= 0 && static_cast<size_t>(length) == strlen(text) &&
              memcmp(present, text, static_cast<size_t>(length)) == 0;
  return same ? 0 : -EEXIST;
}

long Child::mount(const Mount& m) {
  long result;
  switch (m.kind) {
    case MountKind::bind:
      result = bindOnto(m);
      return result < 0 || m.attributes == 0 ? result : setFlags(m.target, m.attributes, 0);
    case MountKind::self:
      return raw(SYS_mount, m.target, m.target, nullptr, MS_BIND | MS_REC, nullptr);
    case MountKind::flags:
      result = setFlags(m.target, m.attributes, m.cleared);
      // No mount of this name, or one that is covered.
      return m.optional && result == -EINVAL ? 0 : result;
    case MountKind::symlink:
      return linkTo(m.source, m.target);
    case MountKind::tmpfs: {
      mode_t mode;
      result = statMode(m.target, mode);
      if (missing(result)) {
        if (m.optional) return result;
        result = makePath(m.target, false);
      }
      if (result < 0) return result;
      return raw(SYS_mount, "tmpfs", m.target, "tmpfs", static_cast<unsigned long>(m.attributes), m.source);
    }
    case MountKind::proc:
      return raw(SYS_mount, "proc", m.target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, m.source);
    case MountKind::cgroup:
      return raw(SYS_mount, "cgroup2", m.target, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
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
  return result == 0 ? setFlags(m.target, attributeReadOnly | attributeNoExec, 0) : result;
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
  return setFlags(m.target, attributeReadOnly | attributeNoSuid | attributeNoExec, 0);
}

}  // namespace pidone
