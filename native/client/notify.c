/* systemd-notify(1). */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define BARRIER_TIMEOUT_MS 5000
#define NOBODY_CHANGES ((uid_t)-1)
#define MAX_ASSIGNMENTS 512
/* SCM_MAX_FD of the kernel. */
#define MAX_FDS 253

static const char no_socket[] = "No status data could be sent: $NOTIFY_SOCKET was not set\n";

static int help(const char *name) {
  printf(
      "%s [OPTIONS...] [VARIABLE=VALUE...]\n"
      "\nNotify the init system about service status updates.\n\n"
      "  -h --help            Show this help\n"
      "     --version         Show package version\n"
      "     --ready           Inform the init system about service start-up completion\n"
      "     --reloading       Inform the init system about the beginning of a reload\n"
      "     --stopping        Inform the init system about the beginning of the end\n"
      "     --pid[=PID]       Set main PID of daemon\n"
      "     --uid=USER        Set user to send from\n"
      "     --status=TEXT     Set status text\n"
      "     --booted          Check if the system was booted up with systemd\n"
      "     --no-block        Do not wait until operation finished\n"
      "     --exec            Execute command line separated by ';' once done\n"
      "     --fd=FD           Pass specified file descriptor with along with message\n"
      "     --fdname=NAME     Name to assign to passed file descriptor(s)\n"
      "     --fork            Receive notifications from child rather than sending them\n"
      "  -q --quiet           Do not show PID of child when forking\n"
      "\nSee the systemd-notify(1) man page for details.\n",
      name);
  return 0;
}

static bool parse_number(const char *text, unsigned long limit, unsigned long *value) {
  if (text[0] < '0' || text[0] > '9') return false;
  char *end;
  errno = 0;
  *value = strtoul(text, &end, 10);
  return errno == 0 && *end == '\0' && *value <= limit;
}

static pid_t manager_pid(void) {
  const char *text = getenv("MANAGERPID");
  unsigned long pid;
  return text != NULL && parse_number(text, 0x7fffffff, &pid) ? (pid_t)pid : 0;
}

/* Ids of a user from the container's own /etc/passwd; getpwnam(3) would need the C library's modules at run time. */
static bool find_user(const char *user, uid_t *uid, gid_t *gid) {
  unsigned long number;
  bool numeric = parse_number(user, 0xfffffffeul, &number);
  if (strcmp(user, "root") == 0 || (numeric && number == 0)) {
    *uid = 0;
    *gid = 0;
    return true;
  }
  FILE *file = fopen("/etc/passwd", "re");
  char *line = NULL;
  size_t room = 0;
  bool found = false;
  while (!found && file != NULL && getline(&line, &room, file) > 0) {
    char *rest = line;
    char *name = strsep(&rest, ":");
    char *password = strsep(&rest, ":");
    char *uid_text = strsep(&rest, ":");
    char *gid_text = strsep(&rest, ":");
    unsigned long line_uid, line_gid;
    if (password == NULL || uid_text == NULL || gid_text == NULL) continue;
    if (!parse_number(uid_text, 0xfffffffeul, &line_uid) || !parse_number(gid_text, 0xfffffffeul, &line_gid)) continue;
    if (numeric ? line_uid != number : strcmp(name, user) != 0) continue;
    *uid = (uid_t)line_uid;
    *gid = (gid_t)line_gid;
    found = true;
  }
  free(line);
  if (file != NULL) fclose(file);
  if (!found && numeric) {
    *uid = (uid_t)number;
    return true;
  }
  return found;
}

/* One datagram to $NOTIFY_SOCKET, in the name of `pid` where the kernel lets us. 0 or an errno. */
static int send_notification(const char *path, const char *text, pid_t pid, const int *fds, size_t fds_count) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if ((path[0] != '/' && path[0] != '@') || path[1] == '\0') return EAFNOSUPPORT;
  if (length >= sizeof(address.sun_path)) return EINVAL;
  memcpy(address.sun_path, path, length);
  socklen_t address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  else
    address_size++;

  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int buffer_size = 8 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof(buffer_size));

  bool pretend = pid != 0 && pid != getpid();
  bool credentials = pretend || getuid() != geteuid() || getgid() != getegid();
  struct iovec part = {.iov_base = (void *)(size_t)text, .iov_len = strlen(text)};
  int error = 0;
  for (;;) {
    union {
      char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MAX_FDS * sizeof(int))];
      struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof(control));
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = address_size, .msg_iov = &part, .msg_iovlen = 1};
    size_t used = 0;
    if (fds_count > 0) {
      struct cmsghdr *header = (struct cmsghdr *)(void *)control.bytes;
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
      memcpy(CMSG_DATA(header), fds, fds_count * sizeof(int));
      used += CMSG_SPACE(fds_count * sizeof(int));
    }
    if (credentials) {
      struct cmsghdr *header = (struct cmsghdr *)(void *)(control.bytes + used);
      struct ucred sender = {.pid = pretend ? pid : getpid(), .uid = getuid(), .gid = getgid()};
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_CREDENTIALS;
      header->cmsg_len = CMSG_LEN(sizeof(sender));
      memcpy(CMSG_DATA(header), &sender, sizeof(sender));
      used += CMSG_SPACE(sizeof(sender));
    }
    if (used > 0) {
      message.msg_control = control.bytes;
      message.msg_controllen = used;
    }
    if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0) {
      error = 0;
      break;
    }
    if (errno == EINTR) continue;
    error = errno;
    if (!credentials) break;
    credentials = false;
  }
  close(fd);
  return error;
}

/* The manager closes our descriptor when it has worked through everything before it (sd_notify_barrier(3)). */
static int wait_for_barrier(const char *path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno;
  int error = send_notification(path, "BARRIER=1", 0, &ends[1], 1);
  close(ends[1]);
  while (error == 0) {
    struct pollfd end = {.fd = ends[0], .events = 0};
    int ready = poll(&end, 1, BARRIER_TIMEOUT_MS);
    if (ready > 0) break;
    if (ready == 0)
      error = ETIMEDOUT;
    else if (errno != EINTR)
      error = errno;
  }
  close(ends[0]);
  return error;
}

static size_t name_length(const char *assignment) {
  size_t length = strcspn(assignment, "=");
  return assignment[length] == '=' ? length + 1 : length;
}

struct assignments {
  const char *lines[MAX_ASSIGNMENTS];
  size_t count;
};

/* A later assignment of the same variable takes the earlier one's place. */
static bool assign(struct assignments *all, const char *line) {
  size_t length = name_length(line);
  for (size_t i = 0; i < all->count; i++) {
    if (name_length(all->lines[i]) == length && strncmp(all->lines[i], line, length) == 0) {
      all->lines[i] = line;
      return true;
    }
  }
  if (all->count == MAX_ASSIGNMENTS) return false;
  all->lines[all->count++] = line;
  return true;
}

static char *join_lines(const struct assignments *all) {
  size_t size = 1;
  for (size_t i = 0; i < all->count; i++) size += strlen(all->lines[i]) + 1;
  char *text = malloc(size), *at = text;
  if (text == NULL) return NULL;
  for (size_t i = 0; i < all->count; i++) {
    size_t length = strlen(all->lines[i]);
    if (i > 0) *at++ = '\n';
    memcpy(at, all->lines[i], length);
    at += length;
  }
  *at = '\0';
  return text;
}

static pid_t parent_or_self(void) {
  /* A message in the name of PID 1 or of the user's manager would only confuse. */
  pid_t parent = getppid();
  return parent <= 1 || parent == manager_pid() ? getpid() : parent;
}

/* Where the arguments of `--exec` and of `--fork` begin that are another program's: nothing behind is an option of ours. */
static int own_arguments(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], ";") == 0) return i;
  return argc;
}

static bool is_given(int argc, char **argv, const char *option) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], option) == 0) return true;
  return false;
}

int notify_main(int argc, char **argv) {
  enum {
    OPT_VERSION = 0x100,
    OPT_READY,
    OPT_RELOADING,
    OPT_STOPPING,
    OPT_PID,
    OPT_STATUS,
    OPT_BOOTED,
    OPT_UID,
    OPT_NO_BLOCK,
    OPT_EXEC,
    OPT_FD,
    OPT_FDNAME,
    OPT_FORK
  };
  static const struct option options[] = {
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, OPT_VERSION},
      {"ready", no_argument, NULL, OPT_READY},
      {"reloading", no_argument, NULL, OPT_RELOADING},
      {"stopping", no_argument, NULL, OPT_STOPPING},
      {"pid", optional_argument, NULL, OPT_PID},
      {"status", required_argument, NULL, OPT_STATUS},
      {"booted", no_argument, NULL, OPT_BOOTED},
      {"uid", required_argument, NULL, OPT_UID},
      {"no-block", no_argument, NULL, OPT_NO_BLOCK},
      {"exec", no_argument, NULL, OPT_EXEC},
      {"fd", required_argument, NULL, OPT_FD},
      {"fdname", required_argument, NULL, OPT_FDNAME},
      {"fork", no_argument, NULL, OPT_FORK},
      {"quiet", no_argument, NULL, 'q'},
      {NULL, 0, NULL, 0},
  };
  bool ready = false, reloading = false, stopping = false, booted = false, no_block = false;
  bool forks = is_given(argc, argv, "--fork"), executes = false, quiet = false;
  const char *status = NULL, *fd_name = NULL;
  int fds[MAX_FDS];
  size_t fds_count = 0;
  pid_t pid = 0;
  uid_t uid = NOBODY_CHANGES;
  gid_t gid = NOBODY_CHANGES;

  int own = is_given(argc, argv, "--exec") ? own_arguments(argc, argv) : argc;
  const char *letters = forks ? "+hq" : "hq";
  for (int option; (option = getopt_long(own, argv, letters, options, NULL)) >= 0;) {
    unsigned long number;
    switch (option) {
      case 'h':
        return help(base_name(argv[0]));
      case OPT_VERSION:
        return print_version();
      case OPT_READY:
        ready = true;
        break;
      case OPT_RELOADING:
        reloading = true;
        break;
      case OPT_STOPPING:
        stopping = true;
        break;
      case OPT_EXEC:
        executes = true;
        break;
      case OPT_FORK:
        break;
      case 'q':
        quiet = true;
        break;
      case OPT_FDNAME:
        fd_name = optarg;
        break;
      case OPT_FD:
        if (!parse_number(optarg, 0x7fffffff, &number) || fcntl((int)number, F_GETFD) < 0) {
          fprintf(stderr, "No file descriptor: %s\n", optarg);
          return 1;
        }
        if (fds_count == MAX_FDS) {
          fprintf(stderr, "More than %d file descriptors.\n", MAX_FDS);
          return 1;
        }
        fds[fds_count++] = (int)number;
        break;
      case OPT_PID:
        if (optarg == NULL || optarg[0] == '\0' || strcmp(optarg, "auto") == 0) {
          pid = parent_or_self();
        } else if (strcmp(optarg, "parent") == 0) {
          pid = getppid();
        } else if (strcmp(optarg, "self") == 0) {
          pid = getpid();
        } else if (parse_number(optarg, 0x7fffffff, &number) && number > 0) {
          pid = (pid_t)number;
        } else {
          fprintf(stderr, "Failed to parse PID %s.\n", optarg);
          return 1;
        }
        break;
      case OPT_STATUS:
        status = optarg;
        break;
      case OPT_BOOTED:
        booted = true;
        break;
      case OPT_UID:
        if (!find_user(optarg, &uid, &gid)) {
          fprintf(stderr, "Can't resolve user %s: %s\n", optarg, strerror(EINVAL));
          return 1;
        }
        break;
      case OPT_NO_BLOCK:
        no_block = true;
        break;
      default:
        return 1;
    }
  }
  if (forks) {
    if (optind >= argc) {
      fputs("--fork needs a command line.\n", stderr);
      return 1;
    }
    return notify_fork(argv + optind, quiet);
  }
  if (fd_name != NULL && fds_count == 0) {
    fputs("No file descriptors passed, but --fdname= set, refusing.\n", stderr);
    return 1;
  }
  char **command = NULL;
  if (executes) {
    if (own == argc || own + 1 == argc) {
      fputs(own == argc ? "If --exec is used, argument list must contain ';' separator, refusing.\n"
                        : "Empty command line specified after ';' separator, refusing.\n",
            stderr);
      return 1;
    }
    command = argv + own + 1;
  }
  bool says = ready || reloading || stopping || status != NULL || pid != 0 || fds_count > 0;
  if (optind >= own && !says && !booted && command == NULL) {
    help(base_name(argv[0]));
    return 1;
  }
  if (booted) {
    struct stat directory;
    return lstat("/run/systemd/system/", &directory) == 0 && S_ISDIR(directory.st_mode) ? 0 : 1;
  }

  static struct assignments all;
  char pid_line[32], usec_line[48], name_line[300];
  char *status_line = NULL;
  bool fits = true;
  if (reloading) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(usec_line, sizeof(usec_line), "MONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    fits = assign(&all, "RELOADING=1") && assign(&all, usec_line);
  }
  if (ready) fits = fits && assign(&all, "READY=1");
  if (stopping) fits = fits && assign(&all, "STOPPING=1");
  if (fds_count > 0) fits = fits && assign(&all, "FDSTORE=1");
  if (fd_name != NULL) {
    snprintf(name_line, sizeof(name_line), "FDNAME=%s", fd_name);
    fits = fits && assign(&all, name_line);
  }
  if (status != NULL) {
    if (asprintf(&status_line, "STATUS=%s", status) < 0) return 1;
    fits = fits && assign(&all, status_line);
  }
  if (pid > 0) {
    snprintf(pid_line, sizeof(pid_line), "MAINPID=%ld", (long)pid);
    fits = fits && assign(&all, pid_line);
  }
  for (int i = optind; i < own; i++) fits = fits && assign(&all, argv[i]);
  if (!fits) {
    complain("Failed to notify init system", E2BIG);
    free(status_line);
    return 1;
  }
  char *text = join_lines(&all);
  free(status_line);
  if (text == NULL) {
    complain("Failed to notify init system", ENOMEM);
    return 1;
  }

  /* Only the real ids change: they are what the message carries, the effective ones are the right to say so. */
  if (gid != NOBODY_CHANGES && setregid(gid, (gid_t)-1) < 0) {
    complain("Failed to change GID", errno);
    free(text);
    return 1;
  }
  if (uid != NOBODY_CHANGES && setreuid(uid, (uid_t)-1) < 0) {
    complain("Failed to change UID", errno);
    free(text);
    return 1;
  }
  const char *path = getenv("NOTIFY_SOCKET");
  if (path == NULL) {
    fputs(no_socket, stderr);
    free(text);
    return 1;
  }
  int error = send_notification(path, text, pid > 0 ? pid : parent_or_self(), fds, fds_count);
  free(text);
  if (error != 0) {
    complain("Failed to notify init system", error);
    return 1;
  }
  if (!no_block) {
    error = wait_for_barrier(path);
    if (error != 0) {
      complain("Failed to invoke barrier", error);
      return 1;
    }
  }
  if (command == NULL) return 0;
  execvp(command[0], command);
  fprintf(stderr, "Failed to execute command line: %s: %s\n", command[0], strerror(errno));
  return 1;
}
