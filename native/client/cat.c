/* systemd-cat(1): a command, or stdin, into the journal. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

static int help(const char *name) {
  printf(
      "%s [OPTIONS...] COMMAND ...\n"
      "\nExecute process with stdout/stderr connected to the journal.\n\n"
      "  -h --help                      Show this help\n"
      "     --version                   Show package version\n"
      "  -t --identifier=STRING         Set syslog identifier\n"
      "  -p --priority=PRIORITY         Set priority value (0..7)\n"
      "     --stderr-priority=PRIORITY  Set priority value (0..7) used for stderr\n"
      "     --level-prefix=BOOL         Control whether level prefix shall be parsed\n"
      "\nSee the systemd-cat(1) man page for details.\n",
      name);
  return 0;
}

/* 0 to 7, or -1. */
static int parse_level(const char *text) {
  static const char *const names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  for (int level = 0; level < 8; level++) {
    if (strcmp(text, names[level]) == 0) return level;
  }
  return text[0] >= '0' && text[0] <= '7' && text[1] == '\0' ? text[0] - '0' : -1;
}

static int open_stream(const char *identifier, int priority, bool level_prefix) {
  int fd = connect_journal();
  if (fd < 0) return -1;
  char rest[32];
  int size = snprintf(rest, sizeof(rest), "\n\n%d\n%d\n0\n0\n0\n", priority, level_prefix ? 1 : 0);
  if (shutdown(fd, SHUT_RD) == 0 && write_all(fd, identifier, strlen(identifier)) &&
      write_all(fd, rest, (size_t)size))
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int cat_main(int argc, char **argv) {
  enum { OPT_VERSION = 0x100, OPT_STDERR_PRIORITY, OPT_LEVEL_PREFIX };
  static const struct option options[] = {
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, OPT_VERSION},
      {"identifier", required_argument, NULL, 't'},
      {"priority", required_argument, NULL, 'p'},
      {"stderr-priority", required_argument, NULL, OPT_STDERR_PRIORITY},
      {"level-prefix", required_argument, NULL, OPT_LEVEL_PREFIX},
      {NULL, 0, NULL, 0},
  };
  const char *identifier = "";
  int priority = 6, stderr_priority = -1, level_prefix = 1;

  for (int option; (option = getopt_long(argc, argv, "+ht:p:", options, NULL)) >= 0;) {
    switch (option) {
      case 'h':
        return help(base_name(argv[0]));
      case OPT_VERSION:
        return print_version();
      case 't':
        identifier = optarg;
        break;
      case 'p':
        priority = parse_level(optarg);
        if (priority < 0) {
          fputs("Failed to parse priority value.\n", stderr);
          return 1;
        }
        break;
      case OPT_STDERR_PRIORITY:
        stderr_priority = parse_level(optarg);
        if (stderr_priority < 0) {
          fputs("Failed to parse stderr priority value.\n", stderr);
          return 1;
        }
        break;
      case OPT_LEVEL_PREFIX:
        level_prefix = parse_boolean(optarg);
        if (level_prefix < 0) {
          fprintf(stderr, "Failed to parse boolean argument to --level-prefix=: %s.\n", optarg);
          return 1;
        }
        break;
      default:
        return 1;
    }
  }

  int out = open_stream(identifier, priority, level_prefix == 1);
  int err = out;
  if (out >= 0 && stderr_priority >= 0 && stderr_priority != priority)
    err = open_stream(identifier, stderr_priority, level_prefix == 1);
  if (out < 0 || err < 0) {
    complain("Failed to create stream fd", errno);
    return 1;
  }
  int terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) {
    complain("Failed to rearrange stdout/stderr", errno);
    return 1;
  }
  if (optind >= argc)
    execlp("cat", "cat", (char *)NULL);
  else
    execvp(argv[optind], argv + optind);
  int error = errno;
  if (terminal >= 0) dup2(terminal, STDERR_FILENO);
  complain("Failed to execute process", error);
  return 1;
}
