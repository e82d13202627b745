/* What a child of spawn is told: everything resolved, nothing to allocate. Made by spawn.cc, carried out by child.h. */
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace pidone {

/* Steps by the exit status that systemd.exec(5) gives to their failure. */
enum Step : int {
  stepChdir = 200,
  stepNice = 201,
  stepFds = 202,
  stepExec = 203,
  stepLimits = 205,
  stepOomAdjust = 206,
  stepSignalMask = 207,
  stepStdin = 208,
  stepStdout = 209,
  stepChroot = 210,
  stepIoprio = 211,
  stepTimerSlack = 212,
  stepSecureBits = 213,
  stepSetScheduler = 214,
  stepCpuAffinity = 215,
  stepGroup = 216,
  stepUser = 217,
  stepCapabilities = 218,
  stepCgroup = 219,
  stepSetsid = 220,
  stepStderr = 222,
  stepNetwork = 225,
  stepNamespace = 226,
  stepNoNewPrivileges = 227,
  stepSeccomp = 228,
  stepPersonality = 230,
};

enum class Source { null, file, tty, fd, duplicate };
enum class TtyMode { wait, force, fail };

struct Stdio {
  Source source;
  /* fd: number in the manager. duplicate: 0 or 1. */
  int fd;
  /* file, tty. */
  const char* path;
  int flags;
  /* file: must be one. */
  bool terminal;
  TtyMode mode;
  bool reset;
};

enum class MountKind { bind, tmpfs, inaccessible, self, flags, proc, dev, mqueue, symlink, cgroup };

struct Mount {
  MountKind kind;
  const char* source;
  char* target;
  bool optional;
  bool recursive;
  /* MOUNT_ATTR_*: set, and taken back. */
  uint64_t attributes, cleared;
  /* bind: the source, or a negative errno; the child's. */
  long opened;
};

/* TTYVHangup=, TTYReset= and the size of a terminal (systemd.exec(5)). */
struct Terminal {
  /* Null: the standard input, where that is a descriptor of the manager's. */
  const char* path;
  bool hangUp, reset;
  /* Of the standard input, where it is a terminal; -1 leaves it. */
  int rows, columns;
};

/* struct sock_fprog. */
struct Filter {
  unsigned short length;
  void* instructions;
};

/*
 * What a process runs without, or with less of, where the container may not give it and the plan is lenient: a bit each.
 * Below these, limits have the bit of their number (setrlimit(2)).
 */
enum LeftOut : uint32_t {
  leftOutNice = 1u << 16,
  leftOutScheduling = 1u << 17,
  leftOutIoprio = 1u << 18,
  leftOutAffinity = 1u << 19,
  leftOutTimerSlack = 1u << 20,
};

struct Limit {
  int resource;
  uint64_t soft, hard;
};

/* `detail`: of stepNamespace the mount that failed, counted from 1; of stepExec 1 where no program is there to be run. */
struct Failure {
  int step;
  int error;
  int detail;
};

struct Plan {
  const char* path;
  char** argv;
  char** env;
  /* Entries of env that end in the child's pid: where the digits go, with room for them. */
  char** pidPlaces;
  size_t pidPlacesCount;
  int exitAtOnce;
  /* Only the child can see whether the program is there; where it may be missing, that is no failure. */
  bool locate, mayBeMissing;
  /* The memory is the child's own, and the manager does not wait for it. */
  bool forked;

  Stdio stdio[3];
  Terminal terminal;
  int* fds;
  int fdsCount;
  /* -1 leaves O_NONBLOCK as it is. */
  int fdsNonBlocking;

  const char* cwd;
  bool cwdOptional;
  const char* root;

  bool setUid, setGid, setGroups;
  uid_t uid;
  gid_t gid;
  gid_t* groups;
  size_t groupsCount;
  mode_t umask;

  Limit* limits;
  size_t limitsCount;
  bool setTag;
  uint64_t tag;
  bool setCheck;
  uint64_t check;

  bool setNice, setOom, setIoprio, setScheduling, setTimerSlack, setPersonality, setHugePages;
  int nice, ioprio, schedulingPolicy, schedulingPriority;
  const char* oomScoreAdjust;
  const char* coredumpFilter;
  unsigned long timerSlack, personality;
  /* PR_SET_THP_DISABLE's arguments. */
  unsigned long hugePagesOff, hugePagesFlags;
  unsigned char* affinity;
  size_t affinityBytes;
  /* Settings of speed that are refused for want of CAP_SYS_NICE, or of CAP_SYS_RESOURCE, are no failure. */
  bool lenientNice, lenientResource;
  /* LeftOut bits, written by the child. */
  uint32_t leftOut;

  bool ignoreSigpipe, session, noNewPrivileges;
  bool setSecureBits, setBounding, setAmbient;
  int secureBits;
  uint64_t bounding, ambient;

  /* CLONE_NEW* of unshare(2). */
  int namespaces;
  bool namespacesRequired;
  /* So many ids of a new user namespace mean themselves, from 0; 0: root's, the manager's and the process's own do. */
  unsigned long userRange;
  Mount* mounts;
  size_t mountsCount;
  /* What mounts are to each other in the end: MS_SHARED, MS_SLAVE, MS_PRIVATE. */
  unsigned long propagation;
  /* Namespaces that are joined rather than made. */
  const char* networkNamespace;
  const char* ipcNamespace;
  const char* userNamespace;
  /* CLONE_NEW… of those that the new user namespace is to own: they are made after it. */
  int delegated;
  const char* hostname;
  /* The manager's own ids: what the ids of a new user namespace mean. */
  uid_t managerUid;
  gid_t managerGid;

  /* True where filters are asked for, even if there is none for this machine. */
  bool setSeccomp;
  Filter* filters;
  size_t filtersCount;

  const char* cgroupProcs;
  int idleFd;
  int idleTimeoutMs;

  /* What failed: seen by the manager where the child shares its memory, else written to reportFd (-1: none). */
  Failure* failure;
  int reportFd;
  /* A second stack for the helper that maps the ids of a user namespace. */
  char* helperStack;
};

/*
 * Hangs up and resets a terminal, without waiting for it, and whatever comes of it. Tries to open it so often while it is
 * being closed, which takes a moment.
 */
void revertTerminal(const char* path, bool hangUp, bool reset, int attempts);

/* Carries out a plan in the child; never returns. */
[[noreturn]] int runChild(void* plan);

}  // namespace pidone
