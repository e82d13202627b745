/*
 * Where a manager is found, and where one may be: the places of src/control/places.ts, in the same order.
 *
 * The system's manager has /run; where that can't be written, a directory named by its user under one of the others, and
 * where there is none, an abstract socket. What somebody else could have put there is passed over.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

#define NOBODY ((uid_t)-1)
#define MAIN_DIRECTORY "/run/pidone"

static const char *const other_bases[] = {"/dev/shm", "/dev", "/tmp"};
enum { OTHER_BASES = sizeof(other_bases) / sizeof(other_bases[0]), OWNERS = 3 };

/* As whom a manager may run that this caller asks: as PID 1 does, as root, as the caller itself. NOBODY ends it early. */
static void find_owners(uid_t owners[OWNERS]) {
  struct stat init;
  uid_t all[OWNERS] = {stat("/proc/1", &init) == 0 ? init.st_uid : 0, 0, geteuid()};
  size_t count = 0;
  for (size_t i = 0; i < OWNERS; i++) {
    bool known = false;
    for (size_t j = 0; j < count; j++) known |= owners[j] == all[i];
    if (!known) owners[count++] = all[i];
  }
  while (count < OWNERS) owners[count++] = NOBODY;
}

static bool is_owner(const uid_t owners[OWNERS], uid_t uid) {
  for (size_t i = 0; i < OWNERS && owners[i] != NOBODY; i++)
    if (owners[i] == uid) return true;
  return false;
}

/* A directory of its own, in which nobody but its owner can have put anything. */
static bool is_private(const char *path, uid_t *owner) {
  struct stat directory;
  if (lstat(path, &directory) < 0 || !S_ISDIR(directory.st_mode) || (directory.st_mode & 022) != 0) return false;
  *owner = directory.st_uid;
  return true;
}

static bool in_base(char *path, size_t size, const char *base, uid_t owner) {
  int length = snprintf(path, size, "%s/pidone-%lu", base, (unsigned long)owner);
  return length > 0 && (size_t)length < size;
}

/* Names are shared by all that share the network: the root directory tells containers apart. */
static bool abstract_name(char *path, size_t size, uid_t owner) {
  struct stat top;
  if (stat("/", &top) < 0) return false;
  int length = snprintf(path, size, "@pidone/%lu/%llx.%llx", (unsigned long)owner, (unsigned long long)top.st_dev,
                        (unsigned long long)top.st_ino);
  return length > 0 && (size_t)length < size;
}

/* ---- asking ---- */

static bool foreign = false;

bool manager_is_foreign(void) { return foreign; }

/* Connects and looks who listens. */
static int connect_to(const char *path, struct ucred *peer) {
  socklen_t size = sizeof(*peer);
  int fd = connect_unix(path);
  memset(peer, 0, sizeof(*peer));
  if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) < 0) peer->uid = NOBODY;
  foreign = fd >= 0 && peer->uid != 0 && peer->uid != geteuid();
  return fd;
}

/* `visible`: it has to be a process that is seen from here, as the listener at a name that anybody could take. */
static int connect_checked(const char *path, const uid_t owners[OWNERS], bool visible) {
  struct ucred peer;
  int fd = connect_to(path, &peer);
  if (fd < 0 || (is_owner(owners, peer.uid) && (!visible || peer.pid > 0))) return fd;
  close(fd);
  return -1;
}

static int connect_in(const char *directory, const uid_t owners[OWNERS], uid_t wanted) {
  char path[PATH_MAX];
  uid_t owner;
  if (!is_private(directory, &owner) || !(wanted == NOBODY ? is_owner(owners, owner) : owner == wanted)) return -1;
  // Who connects waits behind those who have connected before: root, and whose manager it is, have a door of their own.
  if (geteuid() == 0 || geteuid() == owner) {
    snprintf(path, sizeof(path), "%s/private", directory);
    int fd = connect_checked(path, owners, false);
    if (fd >= 0) return fd;
  }
  snprintf(path, sizeof(path), "%s/control", directory);
  return connect_checked(path, owners, false);
}

static int connect_system(const uid_t owners[OWNERS]) {
  char path[108];
  int fd = connect_in(MAIN_DIRECTORY, owners, NOBODY);
  for (size_t i = 0; fd < 0 && i < OTHER_BASES; i++) {
    for (size_t j = 0; fd < 0 && j < OWNERS && owners[j] != NOBODY; j++)
      if (in_base(path, sizeof(path), other_bases[i], owners[j])) fd = connect_in(path, owners, owners[j]);
  }
  for (size_t j = 0; fd < 0 && j < OWNERS && owners[j] != NOBODY; j++)
    if (abstract_name(path, sizeof(path), owners[j])) fd = connect_checked(path, owners, true);
  return fd;
}

/* In $XDG_RUNTIME_DIR, or where that is unset in one of the places that could be it. `owners` is this user alone. */
static int connect_user(const uid_t owners[OWNERS]) {
  const char *given = getenv("XDG_RUNTIME_DIR");
  char base[64], path[PATH_MAX];
  if (given != NULL && given[0] == '/') {
    int length = snprintf(path, sizeof(path), "%s/pidone", given);
    return length > 0 && (size_t)length < sizeof(path) ? connect_in(path, owners, NOBODY) : -1;
  }
  snprintf(path, sizeof(path), "/run/user/%lu/pidone", (unsigned long)geteuid());
  int fd = connect_in(path, owners, NOBODY);
  for (size_t i = 0; fd < 0 && i < OTHER_BASES; i++) {
    uid_t owner;
    if (!in_base(base, sizeof(base), other_bases[i], geteuid()) || !is_private(base, &owner) || owner != geteuid()) continue;
    snprintf(path, sizeof(path), "%s/user/pidone", base);
    fd = connect_in(path, owners, NOBODY);
  }
  return fd;
}

int connect_journal(void) {
  static const char name[] = "systemd/journal/stdout";
  uid_t owners[OWNERS], owner;
  char directory[64], path[108];
  snprintf(path, sizeof(path), "/run/%s", name);
  int fd = connect_unix(path), error = errno;
  find_owners(owners);
  snprintf(path, sizeof(path), "%s/%s", MAIN_DIRECTORY, name);
  if (fd < 0 && is_private(MAIN_DIRECTORY, &owner) && is_owner(owners, owner)) fd = connect_unix(path);
  for (size_t i = 0; fd < 0 && i < OTHER_BASES; i++) {
    for (size_t j = 0; fd < 0 && j < OWNERS && owners[j] != NOBODY; j++) {
      if (!in_base(directory, sizeof(directory), other_bases[i], owners[j])) continue;
      snprintf(path, sizeof(path), "%s/%s", directory, name);
      if (is_private(directory, &owner) && owner == owners[j]) fd = connect_unix(path);
    }
  }
  errno = error;
  return fd;
}

/* --user before `--`: the options parser of the manager knows all the ways to say it, this is the fast one. */
static bool wants_user_manager(int argc, char **argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--user") == 0) return true;
  }
  return false;
}

int connect_manager(int argc, char **argv) {
  struct ucred peer;
  uid_t owners[OWNERS];
  const char *given = getenv("PIDONE_SOCKET");
  if (given != NULL && given[0] != '\0') return connect_to(given, &peer);
  if (!wants_user_manager(argc, argv)) {
    find_owners(owners);
    return connect_system(owners);
  }
  for (size_t i = 0; i < OWNERS; i++) owners[i] = i == 0 ? geteuid() : NOBODY;
  int fd = connect_user(owners);
  /* A user who is PID 1 has that one. */
  return fd >= 0 || geteuid() == 0 ? fd : connect_system(owners);
}

/* ---- being one ---- */

/* Makes the directory where it is missing; whether it is there now and can be written. */
static bool usable(const char *path) {
  return (mkdir(path, 0755) == 0 || errno == EEXIST) && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

/* The same of a directory that belongs to this user; others may look into it and no more. */
static bool usable_as_own(const char *path) {
  struct stat directory;
  if (!usable(path) || lstat(path, &directory) < 0 || !S_ISDIR(directory.st_mode)) return false;
  return directory.st_uid == geteuid() && ((directory.st_mode & 07777) == 0755 || chmod(path, 0755) == 0);
}

/* Something is mounted there or below that a file system over it would hide: the engine's secrets, for one. */
static bool holds_mounts(const char *directory) {
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (mounts == NULL) return true;
  char *line = NULL;
  size_t room = 0;
  bool found = false;
  while (!found && getline(&line, &room, mounts) > 0) {
    const char *target = line;
    const size_t length = strlen(directory);
    for (int field = 0; field < 4 && target != NULL; field++) target = strchr(target + (field > 0), ' ');
    found = target != NULL && strncmp(target + 1, directory, length) == 0 && strchr("/ ", target[length + 1]) != NULL;
  }
  free(line);
  fclose(mounts);
  return found;
}

/* Without /proc nothing tells what runs. A container that may mount gets one. */
static void renew_proc(void) {
  if (access("/proc/self", F_OK) == 0) return;
  mkdir("/proc", 0755);
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A container that may mount gets a /run of its own where it has one that can't be written, as under systemd. */
static void renew_run(void) {
  if (access("/run", W_OK) == 0 || errno != EROFS || holds_mounts("/run")) return;
  mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=0755,size=20%,nr_inodes=800k");
}

/* Where somebody listens already, it is another container's, with which the directory is shared. */
static int listen_in(const char *directory) {
  char path[128];
  snprintf(path, sizeof(path), "%s/control", directory);
  int other = connect_unix(path);
  if (other < 0) return listen_unix(path, 0666);
  close(other);
  errno = EADDRINUSE;
  return -1;
}

int listen_as_manager(char *place, size_t size) {
  mode_t before = umask(022);
  renew_proc();
  renew_run();
  int fd = -1;
  snprintf(place, size, "%s", MAIN_DIRECTORY);
  if (usable("/run") && usable_as_own(MAIN_DIRECTORY)) fd = listen_in(place);
  for (size_t i = 0; fd < 0 && i < OTHER_BASES; i++)
    if (in_base(place, size, other_bases[i], geteuid()) && usable_as_own(place)) fd = listen_in(place);
  if (fd < 0 && abstract_name(place, size, geteuid())) fd = listen_unix(place, 0666);
  umask(before);
  return fd;
}
