/* systemd-notify --fork: the other end of sd_notify(3), for a program that is started from a script. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define MAX_MESSAGE 4096

/* Listens at an abstract name that the kernel chooses, which `name` then has with '@' in front; -1 and errno. */
static int listen_anywhere(char *name, size_t size) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t length = sizeof(sa_family_t);
  if (bind(fd, (struct sockaddr *)&address, length) < 0) return -1;
  length = sizeof(address);
  if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) return -1;
  size_t bytes = length - offsetof(struct sockaddr_un, sun_path);
  if (bytes + 1 > size) return -1;
  memcpy(name, address.sun_path, bytes);
  name[0] = '@';
  name[bytes] = '\0';
  return fd;
}

/* Whether the next message says READY=1. Descriptors that come along are closed: for who waits for that (BARRIER=1). */
static bool receive(int fd) {
  char text[MAX_MESSAGE + 1];
  union {
    char bytes[CMSG_SPACE(253 * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct iovec part = {.iov_base = text, .iov_len = MAX_MESSAGE};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
  ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return false;
  for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each != NULL; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int passed;
      memcpy(&passed, CMSG_DATA(each) + i * sizeof(int), sizeof(int));
      close(passed);
    }
  }
  text[size] = '\0';
  for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
    if (strcmp(line, "READY=1") == 0) return true;
  return false;
}

static void run_child(char **command, const char *name, const sigset_t *before) {
  int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO) close(null);
  }
  setenv("NOTIFY_SOCKET", name, 1);
  sigprocmask(SIG_SETMASK, before, NULL);
  execvp(command[0], command);
  fprintf(stderr, "Failed to execute %s: %s\n", command[0], strerror(errno));
  _exit(127);
}

/* Starts a command and waits until it says that it is ready, or ends. The result is the exit status. */
int notify_fork(char **command, bool quiet) {
  char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
  int messages = listen_anywhere(name, sizeof(name));
  sigset_t ended, before;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ended, &before);
  int children = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
  if (messages < 0 || children < 0) {
    complain("Failed to prepare notify socket", errno);
    return 1;
  }
  pid_t child = fork();
  if (child < 0) {
    complain("Failed to fork", errno);
    return 1;
  }
  if (child == 0) run_child(command, name, &before);
  for (;;) {
    struct pollfd sources[] = {{.fd = messages, .events = POLLIN}, {.fd = children, .events = POLLIN}};
    if (poll(sources, 2, -1) < 0 && errno != EINTR) {
      complain("Failed to wait", errno);
      return 1;
    }
    // What it has said before its end counts.
    if ((sources[0].revents & POLLIN) != 0) {
      if (!receive(messages)) continue;
      if (!quiet) printf("%ld\n", (long)child);
      return 0;
    }
    if ((sources[1].revents & POLLIN) == 0) continue;
    struct signalfd_siginfo drained;
    while (read(children, &drained, sizeof(drained)) > 0) continue;
    int status;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    if (WIFEXITED(status)) {
      if (WEXITSTATUS(status) == 0 && !quiet) printf("%ld\n", (long)child);
      return WEXITSTATUS(status);
    }
    return 128 + WTERMSIG(status);
  }
}
