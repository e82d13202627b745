/* Becoming Node: the manager, or a program in the caller's own process. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define INSTALLED_LIB "/usr/lib/pidone"

/* Given by scripts/build.mjs: "--option", "--option", */
static const char *const manager_options[] = {PIDONE_MANAGER_OPTIONS NULL};
static const char *const program_options[] = {PIDONE_PROGRAM_OPTIONS NULL};

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

static void exec_node(const char *name, const char *const *options, const char *program, int argc, char **argv) {
  char lib[PATH_MAX], node[PATH_MAX], bundle[PATH_MAX];
  find_lib(lib);
  if (!existing(bundle, lib, "pidone.cjs")) {
    complain(bundle, errno);
    return;
  }
  size_t count = 0;
  while (options[count] != NULL) count++;
  const char **vector = calloc(count + (size_t)argc + 4, sizeof(*vector));
  if (vector == NULL) {
    complain("Failed to start", ENOMEM);
    return;
  }
  size_t at = 0;
  vector[at++] = name;
  for (size_t i = 0; i < count; i++) vector[at++] = options[i];
  vector[at++] = bundle;
  vector[at++] = program;
  for (int i = 0; i < argc; i++) vector[at++] = argv[i];
  vector[at] = NULL;

  /* A checkout may lean on the Node that is installed; a package never does. */
  if (existing(node, lib, "node")) {
    execv(node, (char *const *)vector);
    complain(node, errno);
  } else {
    execvp("node", (char *const *)vector);
    complain(node, errno);
  }
  free(vector);
}

void exec_manager(int argc, char **argv) { exec_node("systemd", manager_options, "init", argc, argv); }

void exec_program(const char *program, int argc, char **argv) {
  exec_node(program, program_options, program, argc, argv);
}
