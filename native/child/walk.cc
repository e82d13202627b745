/* Paths that others may change meanwhile. */
#include "walk.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <climits>

namespace pidone {

static constexpr unsigned maxLinks = 40;
/* Somebody who makes and removes the same name all the time is not waited for. */
static constexpr int maxAttempts = 64;
static constexpr mode_t writableByOthers = 022;

Walk::Walk() : self_(static_cast<uid_t>(raw(SYS_geteuid))) {
  name_[0] = held_[0] = rest_[0] = 0;
}

Walk::~Walk() {
  if (directory_ >= 0) closeRaw(directory_);
  if (file_ >= 0) closeRaw(file_);
}

long Walk::releaseDirectory() {
  long fd = directory_;
  directory_ = -1;
  return fd;
}

void Walk::move(long to) {
  if (directory_ >= 0) closeRaw(directory_);
  directory_ = to;
}

long Walk::begin(const char* path) {
  size_t length = strlen(path);
  if (length == 0) return -ENOENT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  at_ = sizeof rest_ - 1 - length;
  memcpy(rest_ + at_, path, length + 1);
  long fd = openRaw(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fd;
  move(fd);
  return 0;
}

/* Takes the next component; false where there is none. One that is too long becomes one that no file can have. */
bool Walk::nextName() {
  for (;;) {
    while (rest_[at_] == '/') at_++;
    if (rest_[at_] == 0) return false;
    size_t end = at_;
    while (rest_[end] != 0 && rest_[end] != '/') end++;
    size_t length = end - at_;
    if (length < sizeof name_) memcpy(name_, rest_ + at_, length);
    name_[length < sizeof name_ ? length : 0] = 0;
    at_ = end;
    if (strcmp(name_, ".") != 0) return true;
  }
}

bool Walk::atEnd() const {
  for (size_t at = at_; rest_[at] != 0; at++) {
    bool isDot = rest_[at] == '.' && rest_[at - 1] == '/' && (rest_[at + 1] == '/' || rest_[at + 1] == 0);
    if (rest_[at] != '/' && !isDot) return false;
  }
  return true;
}

/* Whether others than the manager's user could put something else in the place of an entry. */
bool Walk::mayReplace(const struct stat& in, const struct stat& entry) const {
  if (!trusts(in.st_uid)) return true;
  if ((in.st_mode & writableByOthers) == 0) return false;
  return (in.st_mode & S_ISVTX) == 0 || !trusts(entry.st_uid);
}

/*
 * Whether an entry has the name by which it was found and no other. A rename over one of two names counts it down before the
 * name leads elsewhere, under the lock of the directory, which a listing waits for: looked at before and after that.
 */
bool Walk::isOnlyHere(const struct stat& st) const {
  if (st.st_nlink > 1) return false;
  long listing = raw(SYS_openat, directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing >= 0) {
    char entries[512];
    raw(SYS_getdents64, listing, entries, sizeof entries);
    closeRaw(listing);
  }
  struct stat now;
  return raw(SYS_newfstatat, directory_, name_, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_nlink == 1 &&
         now.st_ino == st.st_ino && now.st_dev == st.st_dev;
}

/* Somebody's link may lead to what is the same user's, who could do it all without us, and nowhere else. */
long Walk::landed(uid_t owner) const { return !led_ || owner == leader_ ? 0 : -ENOLINK; }

long Walk::follow(long link, const struct stat& st, const struct stat& in) {
  if (++links_ > maxLinks) return -ELOOP;
  bool isOthers = !trusts(st.st_uid);
  // With more than one name it may be from anywhere, unless nobody else can make names here.
  bool mayName = !trusts(in.st_uid) || (in.st_mode & writableByOthers) != 0;
  if (!isOthers && mayName && !isOnlyHere(st)) return -ENOLINK;
  if (isOthers) {
    if (led_ && leader_ != st.st_uid) return -ENOLINK;
    led_ = true;
    leader_ = st.st_uid;
  }
  char target[PATH_MAX];
  long length = raw(SYS_readlinkat, link, "", target, sizeof target);
  if (length < 0) return length;
  if (length == 0) return -ENOENT;
  size_t size = static_cast<size_t>(length);
  if (size >= sizeof target || size + 1 > at_) return -ENAMETOOLONG;
  rest_[--at_] = '/';
  at_ -= size;
  memcpy(rest_ + at_, target, size);
  if (target[0] != '/') return 0;
  long root = openRaw("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return root;
  move(root);
  return 0;
}

static bool isProc(long fd) {
  struct statfs fs;
  return raw(SYS_fstatfs, fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Enters `name_`, a directory or a link to one. */
long Walk::enter(int makeMode) {
  if (name_[0] == 0) return -ENAMETOOLONG;
  constexpr int flags = O_PATH | O_CLOEXEC;
  struct stat in, st;
  long result = raw(SYS_fstat, directory_, &in);
  if (result < 0) return result;
  long next = raw(SYS_openat, directory_, name_, flags | O_NOFOLLOW);
  for (int attempt = 0; next == -ENOENT && makeMode >= 0 && attempt < maxAttempts; attempt++) {
    if ((result = landed(in.st_uid)) < 0) return result;
    result = raw(SYS_mkdirat, directory_, name_, makeMode);
    if (result < 0 && result != -EEXIST) return result;
    next = raw(SYS_openat, directory_, name_, flags | O_NOFOLLOW);
  }
  if (next < 0) return next;
  result = raw(SYS_fstat, next, &st);
  // Links of the kernel lead to what has no name.
  if (result == 0 && S_ISLNK(st.st_mode) && isProc(directory_)) {
    closeRaw(next);
    next = raw(SYS_openat, directory_, name_, flags);
    if (next < 0) return next;
    result = raw(SYS_fstat, next, &st);
  }
  if (result == 0 && mayReplace(in, st)) contested_ = true;
  if (result == 0 && S_ISLNK(st.st_mode)) {
    result = follow(next, st, in);
  } else if (result == 0 && !S_ISDIR(st.st_mode)) {
    result = -ENOTDIR;
  } else if (result == 0) {
    move(next);
    return 0;
  }
  closeRaw(next);
  return result;
}

long Walk::toParent(const char* path, int makeMode) {
  long result = begin(path);
  while (result == 0) {
    if (!nextName()) {
      memcpy(name_, ".", 2);
      break;
    }
    if (atEnd()) break;
    result = enter(makeMode);
  }
  if (result < 0) return result;
  if (name_[0] == 0) return -ENAMETOOLONG;
  if (!led_) return 0;
  struct stat st;
  result = raw(SYS_fstat, directory_, &st);
  return result < 0 ? result : landed(st.st_uid);
}

long Walk::make(const char* path, int mode, bool file) {
  long result = toParent(path, mode);
  if (result < 0) return result;
  if (file) {
    result = raw(SYS_openat, directory_, name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (result >= 0) closeRaw(result);
    return result < 0 && result != -EEXIST ? result : 0;
  }
  result = raw(SYS_mkdirat, directory_, name_, mode);
  if (result == 0 || result != -EEXIST) return result;
  // A link to a directory will do as well.
  result = enter(mode);
  while (result == 0 && nextName()) result = enter(mode);
  return result;
}

/* The file that `file` holds, with the access that is asked for. */
long Walk::reopen(const struct stat& st, const struct stat& in, int flags) {
  long result = landed(st.st_uid);
  if (result < 0) return result;
  bool isOthers = !trusts(in.st_uid);
  bool mayName = isOthers || (in.st_mode & writableByOthers) != 0;
  if (!S_ISDIR(st.st_mode) && mayName && !(isOthers && st.st_uid == in.st_uid) && !isOnlyHere(st)) return -ENOLINK;
  // As fs.protected_regular has it, proc_sys_fs(5).
  bool isShared = (in.st_mode & S_ISVTX) != 0 && (in.st_mode & S_IWOTH) != 0;
  if ((flags & O_CREAT) != 0 && S_ISREG(st.st_mode) && isShared && st.st_uid != in.st_uid && st.st_uid != self_)
    return -EACCES;
  if ((flags & O_PATH) != 0) {
    long fd = file_;
    file_ = -1;
    return fd;
  }
  appendNumber(held_, appendText(held_, 0, "/proc/self/fd/"), static_cast<unsigned long>(file_));
  int plain = flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW);
  long fd = openRaw(held_, plain);
  if (fd != -ENOENT && fd != -ENOTDIR) return fd;
  // Without /proc the name has to do, as long as it is still the same file's.
  fd = raw(SYS_openat, directory_, name_, (plain & ~O_TRUNC) | O_NOFOLLOW);
  if (fd < 0) return fd;
  struct stat opened;
  result = raw(SYS_fstat, fd, &opened);
  if (result == 0 && (opened.st_dev != st.st_dev || opened.st_ino != st.st_ino)) result = -ENOLINK;
  if (result == 0 && (flags & O_TRUNC) != 0 && S_ISREG(st.st_mode)) result = raw(SYS_ftruncate, fd, 0);
  if (result == 0) return fd;
  closeRaw(fd);
  return result;
}

long Walk::open(const char* path, int flags, int mode) {
  long result = begin(path);
  if (result < 0) return result;
  if (!nextName()) return -EISDIR;
  for (int attempt = 0; attempt < maxAttempts;) {
    if (!atEnd()) {
      if ((result = enter(-1)) < 0) return result;
      if (!nextName()) memcpy(name_, ".", 2);
      continue;
    }
    attempt++;
    if (name_[0] == 0) return -ENAMETOOLONG;
    struct stat in, st;
    if ((result = raw(SYS_fstat, directory_, &in)) < 0) return result;
    if (file_ >= 0) closeRaw(file_);
    file_ = raw(SYS_openat, directory_, name_, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file_ == -ENOENT && (flags & O_CREAT) != 0) {
      if ((result = landed(in.st_uid)) < 0) return result;
      result = raw(SYS_openat, directory_, name_, flags | O_EXCL | O_NOFOLLOW, mode);
      if (result != -EEXIST) return result;
      continue;
    }
    if (file_ < 0) return file_;
    if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) return -EEXIST;
    if ((result = raw(SYS_fstat, file_, &st)) < 0) return result;
    if (S_ISLNK(st.st_mode) && isProc(directory_)) {
      closeRaw(file_);
      file_ = raw(SYS_openat, directory_, name_, O_PATH | O_CLOEXEC);
      if (file_ < 0) return file_;
      if ((result = raw(SYS_fstat, file_, &st)) < 0) return result;
    }
    bool isLink = S_ISLNK(st.st_mode);
    if (isLink && (flags & (O_NOFOLLOW | O_PATH)) == O_NOFOLLOW) return -ELOOP;
    if (!isLink || (flags & O_NOFOLLOW) != 0) return reopen(st, in, flags);
    if ((result = follow(file_, st, in)) < 0) return result;
    if (!nextName()) memcpy(name_, ".", 2);
  }
  return -ELOOP;
}

}  // namespace pidone
