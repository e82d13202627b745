#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "client.h"

bool write_all(int fd, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written >= 0) {
      at += written;
      size -= (size_t)written;
    } else if (errno == EAGAIN) {
      struct pollfd waiting = {.fd = fd, .events = POLLOUT};
      if (poll(&waiting, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void complain(const char *text, int error) { fprintf(stderr, "%s: %s\n", text, strerror(error)); }

bool is_terminal(int fd) {
  struct termios state;
  return ioctl(fd, TCGETS, &state) == 0;
}

/* The address of a path or of an '@' abstract name; false and errno. */
static bool unix_address(const char *path, struct sockaddr_un *address, socklen_t *size) {
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof(address->sun_path)) {
    errno = length == 0 ? ENOENT : ENAMETOOLONG;
    return false;
  }
  memset(address, 0, sizeof(*address));
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  if (path[0] == '@') {
    address->sun_path[0] = '\0';
    (*size)--;
  }
  return true;
}

/* A path that an address has no room for is reached through its directory. */
static int connect_far(const char *path) {
  char directory[PATH_MAX], near[64];
  const char *name = base_name(path);
  int length = snprintf(directory, sizeof(directory), "%.*s", (int)(name - path), path);
  if (length <= 0 || (size_t)length >= sizeof(directory)) return -1;
  int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  length = snprintf(near, sizeof(near), "/proc/self/fd/%d/%s", fd, name);
  int connected = length > 0 && (size_t)length < sizeof(near) ? connect_unix(near) : -1;
  close(fd);
  return connected;
}

int connect_unix(const char *path) {
  struct sockaddr_un address;
  socklen_t size;
  if (!unix_address(path, &address, &size)) return errno == ENAMETOOLONG && path[0] == '/' ? connect_far(path) : -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  while (connect(fd, (const struct sockaddr *)&address, size) < 0) {
    if (errno == EINTR) continue;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

int listen_unix(const char *path, unsigned mode) {
  struct sockaddr_un address;
  socklen_t size;
  if (!unix_address(path, &address, &size)) return -1;
  struct stat left;
  if (path[0] != '@' && lstat(path, &left) == 0 && S_ISSOCK(left.st_mode)) unlink(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  mode_t before = umask(0777 & ~mode);
  bool done = bind(fd, (const struct sockaddr *)&address, size) == 0 && listen(fd, SOMAXCONN) == 0;
  int error = errno;
  umask(before);
  if (done) return fd;
  close(fd);
  errno = error;
  return -1;
}

const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

int parse_boolean(const char *text) {
  static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};
  static const char *const no[] = {"0", "no", "n", "false", "f", "off"};
  for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
    if (strcasecmp(text, yes[i]) == 0) return 1;
    if (strcasecmp(text, no[i]) == 0) return 0;
  }
  return -1;
}
