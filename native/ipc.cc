/* RemoveIPC= of systemd.exec(5): what processes leave behind in the kernel, by owner. */
#include "addon.h"
#include "common.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace pidone {

/* -1: nobody. */
struct Owner {
  long uid, gid;
  bool is(unsigned u, unsigned g) const { return static_cast<long>(u) == uid || static_cast<long>(g) == gid; }
};

struct Removed {
  int count = 0;
  /* Of the last object that could not be removed. */
  int error = 0;
  void add(bool done, int code) {
    if (done)
      count++;
    else if (code != ENOENT && code != EIDRM && code != EINVAL)
      error = code;
  }
};

/* Columns of /proc/sysvipc/NAME; users -1: there is none. */
struct Columns {
  int users, uid, gid;
};
static constexpr int idColumn = 1, columnsCount = 9;

static void removeSystemV(const char* path, const Columns& columns, const Owner& owner, int (*remove)(int),
                          Removed& out) {
  std::unique_ptr<FILE, int (*)(FILE*)> table(fopen(path, "re"), fclose);
  if (!table) return;
  char line[512];
  while (fgets(line, sizeof line, table.get()) != nullptr) {
    long values[columnsCount] = {};
    int count = 0;
    for (char* at = line; count < columnsCount; count++) {
      char* end = at;
      values[count] = strtol(at, &end, 10);
      if (end == at) break;
      at = end;
    }
    // The first line has titles.
    if (count <= columns.gid || (columns.users >= 0 && values[columns.users] > 0)) continue;
    if (!owner.is(static_cast<unsigned>(values[columns.uid]), static_cast<unsigned>(values[columns.gid]))) continue;
    out.add(remove(static_cast<int>(values[idColumn])) == 0, errno);
  }
}

/* Files of a directory, and of those in it; `fd` is closed. Nothing is reached by following a link. */
static void removeFiles(int fd, const Owner& owner, int depth, Removed& out) {
  std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(fd), closedir);
  if (!directory) {
    close(fd);
    return;
  }
  while (struct dirent* entry = readdir(directory.get())) {
    const char* name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    struct stat st;
    // The C library's fstatat() is newer than the oldest one that the addon runs with.
    if (syscall(SYS_newfstatat, fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) continue;
    if (S_ISDIR(st.st_mode) && depth > 0) {
      int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner >= 0) removeFiles(inner, owner, depth - 1, out);
    }
    if (!owner.is(st.st_uid, st.st_gid)) continue;
    out.add(unlinkat(fd, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) == 0, errno);
  }
}

static void removeFilesOf(const char* path, const Owner& owner, int depth, Removed& out) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) removeFiles(fd, owner, depth, out);
}

/*
 * removeIpc(uid, gid): how many objects of the user or the group were removed, System V's and POSIX's, or the errno of the
 * last that could not be. -1 is nobody. Shared memory that is in use stays.
 */
static Napi::Value removeIpc(const Napi::CallbackInfo& info) {
  const Owner owner = {static_cast<long>(doubleArg(info, 0)), static_cast<long>(doubleArg(info, 1))};
  constexpr int deepest = 16;
  Removed out;
  removeSystemV("/proc/sysvipc/shm", {6, 7, 8}, owner, [](int id) { return shmctl(id, IPC_RMID, nullptr); }, out);
  removeSystemV("/proc/sysvipc/sem", {-1, 4, 5}, owner, [](int id) { return semctl(id, 0, IPC_RMID); }, out);
  removeSystemV("/proc/sysvipc/msg", {-1, 7, 8}, owner, [](int id) { return msgctl(id, IPC_RMID, nullptr); }, out);
  removeFilesOf("/dev/shm", owner, deepest, out);
  // A queue is unlinked like a file.
  removeFilesOf("/dev/mqueue", owner, 0, out);
  return number(info.Env(), out.error != 0 ? -out.error : out.count);
}

/* unlinkQueue(name): mq_unlink(3); the name begins with a slash, which the kernel does without. */
static Napi::Value unlinkQueue(const Napi::CallbackInfo& info) {
  std::string name = stringArg(info, 0);
  const char* bare = !name.empty() && name[0] == '/' ? name.c_str() + 1 : name.c_str();
  return syscall(SYS_mq_unlink, bare) < 0 ? error(info.Env()) : number(info.Env(), 0);
}

void initIpc(Napi::Env env, Napi::Object exports) {
  exports.Set("removeIpc", Napi::Function::New(env, removeIpc));
  exports.Set("unlinkQueue", Napi::Function::New(env, unlinkQueue));
}

}  // namespace pidone
