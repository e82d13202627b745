/*
 * Paths walked by descriptors where others than the manager's user may rename and link meanwhile: a link that an ordinary
 * user could have laid leads only to what is that user's own. Used by the child as well: system calls only, no allocation.
 */
#pragma once

#include "calls.h"

#include <sys/stat.h>

namespace pidone {

class Walk {
 public:
  Walk();
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /*
   * Goes to the directory that holds the last component of `path`, which is not looked at. Directories that are missing are
   * made where `makeMode` is not negative. 0 or a negative errno; -ENOLINK where somebody could have led it astray.
   */
  long toParent(const char* path, int makeMode);
  /* Makes all of a path, the last component a directory, or an empty file where `file`. */
  long make(const char* path, int mode, bool file);
  /*
   * Opens a file as open(2) does; with O_CREAT it is made with `mode`. A file with several names that an ordinary user could
   * have put there is not opened (-ENOLINK). Of a socket it is -ENXIO, and heldPath() names it.
   */
  long open(const char* path, int flags, int mode);

  /* The directory; the walk's own. */
  long directory() const { return directory_; }
  long releaseDirectory();
  /* The last component; "." where the path is a root. */
  const char* name() const { return name_; }
  /* A directory on the way could be put in another's place by others: the path's text may lead elsewhere a moment later. */
  bool contested() const { return contested_; }
  /* The file that open() came to, as a path that nobody can change. */
  const char* heldPath() const { return held_; }

 private:
  long begin(const char* path);
  long follow(long link, const struct stat& st, const struct stat& in);
  long enter(int makeMode);
  bool nextName();
  bool atEnd() const;
  long landed(uid_t owner) const;
  long reopen(const struct stat& st, const struct stat& in, int flags);
  bool trusts(uid_t uid) const { return uid == 0 || uid == self_; }
  bool mayReplace(const struct stat& in, const struct stat& entry) const;
  bool isOnlyHere(const struct stat& st) const;
  void move(long to);

  long directory_ = -1, file_ = -1;
  uid_t self_;
  unsigned links_ = 0;
  bool contested_ = false, led_ = false;
  /* Whose link has led here. */
  uid_t leader_ = 0;
  char name_[256];
  char held_[40];
  /* What is left of the path, from `at_` to its end. */
  char rest_[8192];
  size_t at_ = 0;
};

}  // namespace pidone
