/*
 * Loaded by the dynamic linker into the Node that becomes a manager, before anything of Node runs. The front door has
 * blocked the manager's signals and kept the environment from Node; both are taken on here:
 *
 * Node sets the mask of signals anew. What is held stays blocked, and so waits in the kernel, until the manager has its
 * handlers (native/events.cc).
 *
 * /proc/PID/environ shows the environment that the process was given, as that of any init does: programs in containers
 * look for `container=` there, and for what the container was started with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../client/given.h"
#include "../client/held.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- signals ------------------------------------------------------------------------------------------------- */

/* 1 until the manager takes the signals. */
EXPORT atomic_int pidoneHoldsSignals = 1;

/* Signals 32 and 33 are the C library's own; it keeps them out of all sets, too. */
#define LIBRARY_SIGNALS 0x180000000UL

static long set_mask(int how, const sigset_t *wanted, sigset_t *before) {
  unsigned long set = 0;
  if (wanted != NULL) {
    memcpy(&set, wanted, sizeof(set));
    set &= ~LIBRARY_SIGNALS;
    if (atomic_load(&pidoneHoldsSignals)) {
      if (how == SIG_SETMASK) set |= HELD_SIGNALS;
      if (how == SIG_UNBLOCK) set &= ~HELD_SIGNALS;
    }
  }
  return syscall(SYS_rt_sigprocmask, how, wanted == NULL ? NULL : &set, before, sizeof(set));
}

EXPORT int pthread_sigmask(int how, const sigset_t *wanted, sigset_t *before) {
  int saved = errno;
  int result = set_mask(how, wanted, before) < 0 ? errno : 0;
  errno = saved;
  return result;
}

EXPORT int sigprocmask(int how, const sigset_t *wanted, sigset_t *before) {
  return set_mask(how, wanted, before) < 0 ? -1 : 0;
}

/* ---- the environment ----------------------------------------------------------------------------------------- */

/* Fields of /proc/PID/stat, counted from the state (proc(5) counts two more before it). */
enum {
  START_CODE = 23,
  END_CODE = 24,
  START_STACK = 25,
  START_DATA = 42,
  END_DATA = 43,
  START_BRK = 44,
  ARG_START = 45,
  ARG_END = 46,
  ENV_START = 47,
  ENV_END = 48,
  FIELDS
};

static int read_stat(unsigned long fields[FIELDS]) {
  char text[2048];
  int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t size = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (size <= 0) return -1;
  text[size] = '\0';
  /* The name in parentheses may hold anything. */
  const char *at = strrchr(text, ')');
  if (at == NULL) return -1;
  for (int i = 0; i < FIELDS; i++) {
    while (*at != '\0' && *at != ' ') at++;
    if (*at++ == '\0') return -1;
    fields[i] = 0;
    for (const char *digit = at; *digit >= '0' && *digit <= '9'; digit++)
      fields[i] = fields[i] * 10 + (unsigned long)(*digit - '0');
  }
  return 0;
}

/*
 * Tells the kernel where the environment ends now. It refuses where it was built without CONFIG_CHECKPOINT_RESTORE; the
 * text then ends in empty variables. The program break is set with the rest, so no other thread may be there.
 */
static void end_environment(const char *start, const char *end) {
  unsigned long fields[FIELDS];
  if (read_stat(fields) < 0 || fields[ENV_START] != (unsigned long)start) return;
  struct prctl_mm_map map = {
      .start_code = fields[START_CODE],
      .end_code = fields[END_CODE],
      .start_data = fields[START_DATA],
      .end_data = fields[END_DATA],
      .start_brk = fields[START_BRK],
      .brk = (unsigned long)syscall(SYS_brk, 0),
      .start_stack = fields[START_STACK],
      .arg_start = fields[ARG_START],
      .arg_end = fields[ARG_END],
      .env_start = fields[ENV_START],
      .env_end = (unsigned long)end,
      .auxv = NULL,
      .auxv_size = 0,
      .exe_fd = (unsigned)-1,
  };
  prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

static int begins_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* Moves what Node is to see elsewhere, without LD_PRELOAD, and makes of the block what it was before the front door. */
__attribute__((constructor)) static void show_given(int argc, char **argv, char **envp) {
  (void)argc;
  (void)argv;
  int ours = 0;
  size_t count = 0, size = 0;
  for (; envp[count] != NULL; count++) {
    /* The kernel lays them out one after the other; where somebody has changed that, it is left alone. */
    if (count > 0 && envp[count] != envp[0] + size) return;
    size += strlen(envp[count]) + 1;
    ours |= strcmp(envp[count], GIVEN_MARK) == 0;
  }
  if (!ours) return;
  char *start = envp[0];
  size_t pointers = (count + 1) * sizeof(char *);
  char **copy = mmap(NULL, pointers + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED) return;
  char *strings = (char *)copy + pointers;
  memcpy(strings, start, size);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (!begins_with(envp[i], "LD_PRELOAD=")) copy[kept++] = strings + (envp[i] - start);
  environ = copy;

  char *to = start;
  for (size_t i = 0; i < count; i++) {
    const char *from = strings + (envp[i] - start);
    if (!begins_with(from, GIVEN_PREFIX)) continue;
    from += strlen(GIVEN_PREFIX);
    size_t length = strlen(from) + 1;
    memcpy(to, from, length);
    to += length;
  }
  memset(to, 0, size - (size_t)(to - start));
  envp[0] = NULL;
  end_environment(start, to);
}
