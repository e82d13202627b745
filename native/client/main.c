/*
 * The front door: systemctl, journalctl and their siblings, by the name they are called with. It asks the manager over
 * its socket and copies the answer out; where no manager answers it becomes Node and does the work itself. As PID 1,
 * and where it is asked to, it becomes the manager.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* Longer names first: systemd finds some of these anywhere in the name it was called with (sd "invoked as"). */
static const char *const programs[] = {
    "journalctl",      "systemctl",     "systemd-analyze",  "systemd-ask-password", "systemd-cat",
    "systemd-cgls",    "systemd-cgtop", "systemd-creds",    "systemd-delta",        "systemd-detect-virt",
    "systemd-escape",  "systemd-id128", "systemd-mount",    "systemd-notify",       "systemd-path",
    "systemd-run",     "systemd-sysusers", "systemd-tmpfiles", "systemd-umount",    "halt",
    "poweroff",        "reboot",        "shutdown",         "telinit",              "init",
    "runlevel",        "loginctl",      "run0",
};

static const char *known_program(const char *name) {
  for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
    if (strcmp(name, programs[i]) == 0) return programs[i];
  }
  return NULL;
}

/* As systemctl.py's users know them: `systemctl.py`, `journalctl3.py`. */
static const char *script_program(const char *name) {
  static const char *const scripts[] = {"journalctl", "systemctl"};
  for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
    size_t length = strlen(scripts[i]);
    if (strncmp(name, scripts[i], length) != 0) continue;
    const char *rest = name + length;
    if (*rest == '2' || *rest == '3') rest++;
    if (strcmp(rest, ".py") == 0) return scripts[i];
  }
  return NULL;
}

static const char *program_of(const char *name) {
  const char *known = known_program(name);
  if (known == NULL) known = script_program(name);
  if (known != NULL) return known;
  static const char *const anywhere[] = {"halt", "poweroff", "reboot", "shutdown", "telinit", "init", "runlevel"};
  for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++) {
    if (strstr(name, anywhere[i]) != NULL) return anywhere[i];
  }
  return "systemctl";
}

/* A descriptor that the caller closed must not become our socket. */
static void open_missing_descriptors(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    /* Node aborts where it finds the number free and no /dev/null. */
    if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) < 0 && open("/", O_PATH) < 0) return;
  }
}

int main(int argc, char **argv, char **envp) {
  open_missing_descriptors();
  const char *name = argc > 0 ? base_name(argv[0]) : "systemctl";
  int skip = argc > 0 ? 1 : 0;
  if (strcmp(name, "pidone-pager") == 0) {
    let_signals_through();
    pager_exec(argc > 1 && strcmp(argv[1], "+G") == 0);
    return 1;
  }
  const char *program = program_of(name);
  bool own = false;
  if (strcmp(name, "pidone") == 0 && argc > 1) {
    /* `pidone PROGRAM …`; what is no program is a command of its own, which needs no manager. */
    const char *known = known_program(argv[1]);
    own = known == NULL;
    program = own ? "pidone" : known;
    if (!own) skip = 2;
  }
  int count = argc - skip;
  char **arguments = argv + skip;

  bool version = count > 0 && strcmp(arguments[0], "--version") == 0 &&
                 (strncmp(program, "system", 6) == 0 || strcmp(program, "journalctl") == 0);
  if (!version && wants_to_be_manager(program, &count, arguments)) {
    exec_manager(count, arguments);
    return 1;
  }
  let_signals_through();
  if (strcmp(program, "systemd-notify") == 0) return notify_main(count + 1, argv + skip - 1);
  if (strcmp(program, "systemd-cat") == 0) return cat_main(count + 1, argv + skip - 1);
  if (version) return print_version();
  if (!own) call_manager(program, count, arguments, envp);
  exec_program(program, count, arguments);
  return 1;
}
