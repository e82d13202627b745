/* systemd-run --scope: the command runs in this very process, which the manager has taken into a scope. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"

enum { MESSAGE, DIRECTORY, NICE, USER, GROUP, TAG, CHECK, FIXED };

static void failed(const char *what, const char *value, int error) {
  fprintf(stderr, "Failed to %s%s: %s\n", what, value, strerror(error));
}

/* The setting at `index`, NULL where there is none. */
static const char *given(char *const *strings, size_t index) {
  return strings[index][0] == '\0' ? NULL : strings[index];
}

static void bear(int resource, const char *value) {
  if (value == NULL) return;
  rlim_t mark = strtoull(value, NULL, 10);
  struct rlimit limit = {mark, mark};
  setrlimit((__rlimit_resource_t)resource, &limit);
}

void become(const unsigned char *payload, size_t size) {
  if (size < 4 || payload[size - 1] != '\0') {
    fputs("The manager's answer is cut off.\n", stderr);
    return;
  }
  size_t env_count = (size_t)payload[0] | (size_t)payload[1] << 8 | (size_t)payload[2] << 16 | (size_t)payload[3] << 24;
  size_t count = 0;
  for (size_t i = 4; i < size; i++) count += payload[i] == '\0';
  char *text = malloc(size), **strings = calloc(count + 1, sizeof(*strings));
  if (text == NULL || strings == NULL || count < FIXED + 1 || env_count > count - FIXED - 1) {
    fputs("The manager's answer does not hold a program.\n", stderr);
    free(text);
    free(strings);
    return;
  }
  memcpy(text, payload + 4, size - 4);
  for (size_t i = 0, at = 0; i < count; i++) {
    strings[i] = text + at;
    at += strlen(strings[i]) + 1;
  }

  /* Inherited by all children: they tell whose these are. What is lower already stays. */
  bear(RLIMIT_LOCKS, given(strings, TAG));
  bear(RLIMIT_RTTIME, given(strings, CHECK));
  if (given(strings, NICE) != NULL && setpriority(PRIO_PROCESS, 0, atoi(strings[NICE])) < 0) {
    failed("set nice level", "", errno);
    return;
  }
  if (given(strings, GROUP) != NULL) {
    gid_t gid = (gid_t)strtoul(strings[GROUP], NULL, 10);
    if (setresgid(gid, gid, gid) < 0) {
      failed("change GID to ", strings[GROUP], errno);
      return;
    }
  }
  if (given(strings, USER) != NULL) {
    uid_t uid = (uid_t)strtoul(strings[USER], NULL, 10);
    if (setresuid(uid, uid, uid) < 0) {
      failed("change UID to ", strings[USER], errno);
      return;
    }
  }
  if (given(strings, DIRECTORY) != NULL && chdir(strings[DIRECTORY]) < 0) {
    fprintf(stderr, "Failed to change directory to '%s': %s\n", strings[DIRECTORY], strerror(errno));
    return;
  }
  /* How src/main/own-process.ts called us is no business of the command. */
  const char *handover = getenv("PIDONE_HANDOVER");
  if (handover != NULL && strcmp(handover, "socket") == 0) unsetenv("PIDONE_SOCKET");
  unsetenv("PIDONE_HANDOVER");
  for (size_t i = 0; i < env_count; i++) putenv(strings[FIXED + i]);
  fputs(strings[MESSAGE], stderr);
  fflush(NULL);
  char **argv = strings + FIXED + env_count;
  execvp(argv[0], argv);
  failed("execute", "", errno);
}
