/* Becoming Node: the manager, or a program in the caller's own process. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "given.h"

#define INSTALLED_LIB "/usr/lib/pidone"

/* Given by scripts/build.mjs: "--option", "--option", */
static const char *const manager_options[] = {PIDONE_MANAGER_OPTIONS NULL};
/* Those that not every Node knows. */
static const char *const later_options[] = {PIDONE_LATER_OPTIONS NULL};
static const char *const program_options[] = {PIDONE_PROGRAM_OPTIONS NULL};

enum { later_count = sizeof(later_options) / sizeof(later_options[0]) - 1 };

/* `directory` + `name`, where that file is. */
static bool existing(char *path, const char *directory, const char *name) {
  int length = snprintf(path, PATH_MAX, "%s/%s", directory, name);
  return length > 0 && length < PATH_MAX && access(path, F_OK) == 0;
}

/* The directory of the bundle, seen from where this executable really lies (usr/bin, lib/pidone/bin), so that a tree
 * works wherever it is; without /proc the place of the package. */
static void find_lib(char *lib) {
  static const char *const places[] = {"../lib/pidone", ".."};
  char self[PATH_MAX], bundle[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
  char *slash = NULL;
  if (length > 0) {
    self[length] = '\0';
    slash = strrchr(self, '/');
  }
  if (slash != NULL) {
    *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
      int size = snprintf(lib, PATH_MAX, "%s/%s", self, places[i]);
      if (size > 0 && size < PATH_MAX && existing(bundle, lib, "pidone.cjs")) return;
    }
  }
  strcpy(lib, INSTALLED_LIB);
}

/* Longest text that the kernel takes (execve(2), MAX_ARG_STRLEN), its end included. */
#define STRING_LIMIT (32 * 4096)

/*
 * The environment that Node gets. Nothing of ours may change what Node, V8, OpenSSL, ICU, the C library or the dynamic
 * linker do: each variable goes on under a name that none of them knows, and src/sys/environment.ts gives it its own
 * back. NULL where there is no memory. `preload`: a library to load, or NULL.
 */
static char **environment_for_node(char **given, const char *preload) {
  const size_t prefix = strlen(GIVEN_PREFIX);
  size_t count = 0, size = 0;
  for (; given[count] != NULL; count++) size += prefix + strlen(given[count]) + 1;
  const size_t preload_size = preload == NULL ? 0 : strlen("LD_PRELOAD=") + strlen(preload) + 1;
  const size_t pointers = (count + 3) * sizeof(char *);
  char **out = malloc(pointers + size + sizeof(GIVEN_MARK) + preload_size);
  if (out == NULL) return NULL;
  char *text = (char *)out + pointers;
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    size_t length = prefix + strlen(given[i]) + 1;
    if (length > STRING_LIMIT) {
      fprintf(stderr, "Ignoring the environment variable %.*s: it is too long\n", (int)strcspn(given[i], "="), given[i]);
      continue;
    }
    out[at++] = text;
    memcpy(text, GIVEN_PREFIX, prefix);
    memcpy(text + prefix, given[i], length - prefix);
    text += length;
  }
  out[at++] = text;
  memcpy(text, GIVEN_MARK, sizeof(GIVEN_MARK));
  text += sizeof(GIVEN_MARK);
  if (preload != NULL) {
    out[at++] = text;
    snprintf(text, preload_size, "LD_PRELOAD=%s", preload);
  }
  out[at] = NULL;
  return out;
}

/*
 * Where the package has no Node of its own, `node` is a link to that of the image. True where this is the very file that was
 * looked at when it was made (packaging/compile.cjs), by its size and its time, and knows the later options.
 */
static bool knows_later_options(const char *lib, const char *node) {
  char mark[PATH_MAX], noted[64], now[64];
  struct stat st;
  snprintf(mark, sizeof(mark), "%.4000s/node.knows", lib);
  ssize_t length = readlink(mark, noted, sizeof(noted) - 1);
  if (length < 0 || stat(node, &st) < 0) return false;
  noted[length] = '\0';
  snprintf(now, sizeof(now), "%lld.%lld", (long long)st.st_size, (long long)st.st_mtime);
  return strcmp(noted, now) == 0;
}

/* Nobody's PATH says which Node root's manager is: the package has one, or was told of it when it was installed. */
static bool has_node(const char *node) {
  char target[PATH_MAX];
  struct stat st;
  if (stat(node, &st) == 0) return true;
  int error = errno;
  ssize_t length = readlink(node, target, sizeof(target) - 1);
  target[length < 0 ? 0 : length] = '\0';
  fprintf(stderr, "%s%s%s: %s (without a Node of its own pidone runs in the one it was installed for: install it again)\n",
          node, length < 0 ? "" : " -> ", target, strerror(error));
  return false;
}

/* Returns only where that is impossible. */
static void exec_with_environment(const char *node, char **vector, bool manager, const char *preload) {
  char *nothing[] = {NULL};
  char **env = environment_for_node(environ, preload);
  if (env != NULL) execve(node, vector, env);
  int error = env == NULL ? ENOMEM : errno;
  free(env);
  if (manager && error == E2BIG && (env = environment_for_node(nothing, preload)) != NULL) {
    complain("Starting without the environment", error);
    execve(node, vector, env);
    error = errno;
    free(env);
  }
  complain_of_node(node, error);
}

static void exec_node(bool manager, const char *program, int argc, char **argv) {
  char lib[PATH_MAX], node[PATH_MAX], bundle[PATH_MAX], preload[PATH_MAX];
  find_lib(lib);
  if (!existing(bundle, lib, "pidone.cjs")) {
    complain(bundle, errno);
    return;
  }
  if (snprintf(node, sizeof(node), "%s/node", lib) >= PATH_MAX || !has_node(node) || node_is_unfit(node)) return;
  const char *const *options = manager ? manager_options : program_options;
  const char *const *later = later_options + (manager && knows_later_options(lib, node) ? 0 : later_count);
  size_t count = 0;
  while (options[count] != NULL) count++;
  const char **vector = calloc(count + later_count + (size_t)argc + 4, sizeof(*vector));
  if (vector == NULL) {
    complain("Failed to start", ENOMEM);
    return;
  }
  size_t at = 0;
  vector[at++] = manager ? "systemd" : program;
  for (size_t i = 0; i < count; i++) vector[at++] = options[i];
  for (; *later != NULL; later++) vector[at++] = *later;
  vector[at++] = bundle;
  vector[at++] = program;
  for (int i = 0; i < argc; i++) vector[at++] = argv[i];
  vector[at] = NULL;

  /* Two characters part the names in LD_PRELOAD, and cannot be quoted. */
  bool preloads = manager && existing(preload, lib, "preload.so") && strpbrk(preload, " :") == NULL;
  exec_with_environment(node, (char **)vector, manager, preloads ? preload : NULL);
  free(vector);
}

/*
 * The control socket of the system's manager, listening before Node has started: who calls meanwhile waits for the answer
 * instead of finding nobody, and starting a manager of his own. -1 where this is not the manager of a container, or where
 * no socket can be made: the manager says why.
 */
static int listen_early(int argc, char **argv, char *place, size_t size) {
  if (getenv("PIDONE_SOCKET") != NULL) return -1;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--user") == 0 || strcmp(argv[i], "--on-demand") == 0 || strcmp(argv[i], "--help") == 0)
      return -1;
  }
  return listen_as_manager(place, size);
}

/*
 * --with-parent: a descriptor that tells of the parent's end, taken while it is certain who that is. -1 where the kernel has
 * none. False where the parent is not seen from here.
 */
static bool watch_parent(int argc, char **argv, int *fd) {
  *fd = -1;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--with-parent") != 0) continue;
    pid_t parent = getppid();
    if (parent == 0) {
      fputs("--with-parent: the process that has started this one is not seen from here.\n", stderr);
      return false;
    }
    *fd = (int)syscall(SYS_pidfd_open, parent, 0);
    if (*fd >= 0) fcntl(*fd, F_SETFD, 0);
    return true;
  }
  return true;
}

/*
 * --open-files: Node makes its soft limit the hard one, and what a service gets is the least of what the manager was given
 * and 1024 (systemd-system.conf(5), DefaultLimitNOFILE=). False where that is 1024.
 */
static bool tell_open_files(char *option, size_t size) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= 1024) return false;
  snprintf(option, size, "--open-files=%lu", (unsigned long)limit.rlim_cur);
  return true;
}

/* A manager that goes on in a new program (src/main/reexec.ts): all that is told below it was told before, and stays so. */
static bool goes_on(int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    if (strncmp(argv[i], "--state-fd=", strlen("--state-fd=")) == 0) return true;
  }
  return false;
}

void exec_manager(int argc, char **argv) {
  if (goes_on(argc, argv)) {
    exec_node(true, "init", argc, argv);
    return;
  }
  char place[108], fd_option[32], files_option[40], place_option[128], main_option[] = "--main";
  bool is_main = is_containers_command();
  int fd = is_main ? listen_early(argc, argv, place, sizeof(place)) : -1;
  int parent;
  char parent_option[32];
  if (!watch_parent(argc, argv, &parent)) return;
  char **arguments = calloc((size_t)argc + 5, sizeof(*arguments));
  if (arguments == NULL) {
    exec_node(true, "init", argc, argv);
    return;
  }
  int count = 0;
  if (is_main) arguments[count++] = main_option;
  if (fd >= 0) {
    snprintf(fd_option, sizeof(fd_option), "--control-fd=%d", fd);
    snprintf(place_option, sizeof(place_option), "--place=%s", place);
    arguments[count++] = fd_option;
    arguments[count++] = place_option;
  }
  if (parent >= 0) {
    snprintf(parent_option, sizeof(parent_option), "--parent-fd=%d", parent);
    arguments[count++] = parent_option;
  }
  if (tell_open_files(files_option, sizeof(files_option))) arguments[count++] = files_option;
  for (int i = 0; i < argc; i++) arguments[count++] = argv[i];
  exec_node(true, "init", count, arguments);
}

void exec_program(const char *program, int argc, char **argv) {
  exec_node(false, program, argc, argv);
}
