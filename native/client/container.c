/*
 * Whether this process is the command of its container, though it is not PID 1: below a small init (`docker run --init`),
 * or in a PID namespace that is not the container's alone (`--pid=host`, a pod that shares its processes). A call that
 * somebody types into a container, or that a script makes there, is never taken for it: the command has been there before.
 */

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* By their names in /proc/PID/comm. */
static const char *const inits[] = {
    "docker-init", "podman-init", "tini", "tini-static", "dumb-init", "catatonit", "STUBINIT", "(sd-stubinit)",
};
/* s6-overlay runs the command from a script of this name, once its services are up. */
#define S6_INIT "s6-svscan"
#define S6_SCRIPT "rc.init"

struct process {
  char comm[64];
  char state;
  long ppid;
  unsigned long long start;
};

/* What a small file of /proc holds; false where it can't be read. */
static bool read_file(char *text, size_t size, long pid, const char *name) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%ld/%s", pid, name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  size_t got = fread(text, 1, size - 1, file);
  fclose(file);
  text[got] = '\0';
  return got > 0;
}

static bool look_at(long pid, struct process *process) {
  char text[1024];
  if (!read_file(text, sizeof(text), pid, "stat")) return false;
  char *open = strchr(text, '('), *close = strrchr(text, ')');
  if (open == NULL || close == NULL || close < open) return false;
  snprintf(process->comm, sizeof(process->comm), "%.*s", (int)(close - open - 1), open + 1);
  /* Fields from the third on; the fourth is the parent, the 22nd the start. */
  char *field = close + 2;
  process->state = *field;
  for (int number = 3; field != NULL && number < 22; number++) {
    if (number == 4) process->ppid = strtol(field, NULL, 10);
    field = strchr(field, ' ');
    if (field != NULL) field++;
  }
  if (field == NULL) return false;
  process->start = strtoull(field, NULL, 10);
  return true;
}

static bool is_init(const char *comm) {
  for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
    if (strcmp(comm, inits[i]) == 0) return true;
  }
  return false;
}

static bool is_ancestor(long pid, const struct process *self) {
  struct process at = *self;
  for (int depth = 0; depth < 64 && at.ppid > 0; depth++) {
    if (at.ppid == pid) return true;
    if (!look_at(at.ppid, &at)) return false;
  }
  return false;
}

/*
 * Whether any process was there before this one, those above it aside, and those that have ended: the PID 1 of a pod may reap
 * none of them. With `group` only those of that control group count:
 * a container has one of its own, and who is let into it later gets the same.
 */
static bool is_preceded(const struct process *self, const char *group) {
  DIR *proc = opendir("/proc");
  if (proc == NULL) return true;
  bool found = false;
  for (struct dirent *entry; !found && (entry = readdir(proc)) != NULL;) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    long pid = strtol(entry->d_name, NULL, 10);
    struct process other;
    char text[4096];
    if (pid == getpid() || !look_at(pid, &other) || other.state == 'Z') continue;
    if (other.start > self->start || (other.start == self->start && pid > getpid())) continue;
    if (group != NULL && !(read_file(text, sizeof(text), pid, "cgroup") && strcmp(text, group) == 0)) continue;
    found = !is_ancestor(pid, self);
  }
  closedir(proc);
  return found;
}

/* What engines leave for those who want to know. */
static bool in_container(void) {
  static const char *const files[] = {"/.dockerenv", "/run/.containerenv", "/run/host/container-manager"};
  static const char *const variables[] = {"container", "KUBERNETES_SERVICE_HOST"};
  for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    if (access(files[i], F_OK) == 0) return true;
  }
  for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
    const char *value = getenv(variables[i]);
    if (value != NULL && value[0] != '\0') return true;
  }
  return false;
}

/* The parent is in another container, or in none. */
static bool parent_is_outside(const struct process *self, const char *group) {
  char text[4096];
  return self->ppid == 0 || !read_file(text, sizeof(text), self->ppid, "cgroup") || strcmp(text, group) != 0;
}

bool is_containers_command(void) {
  struct process self, parent, init;
  char group[4096];
  if (getpid() == 1) return true;
  if (!look_at(getpid(), &self)) return false;
  bool known = look_at(1, &init);
  if (known && self.ppid == 1 && is_init(init.comm)) return !is_preceded(&self, NULL);
  if (known && strcmp(init.comm, S6_INIT) == 0 && look_at(self.ppid, &parent) && strcmp(parent.comm, S6_SCRIPT) == 0)
    return true;
  return in_container() && read_file(group, sizeof(group), getpid(), "cgroup") && parent_is_outside(&self, group) &&
         !is_preceded(&self, group);
}

void hint_at_init(void) {
  struct process self, parent;
  if (is_terminal(STDIN_FILENO) || !in_container() || !look_at(getpid(), &self) || is_preceded(&self, NULL)) return;
  if (!look_at(self.ppid, &parent)) return;
  fprintf(stderr, "Nothing is booted: that takes `exec systemctl` in place of `systemctl` in %s, or `systemctl init`.\n",
          parent.comm);
}
