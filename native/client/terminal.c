/*
 * systemd-run --pty: the service has a terminal of its own, whose other end is here, and what comes from either side is
 * copied to the other. ^] three times within a second lets go of it.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define ESCAPE_KEY 0x1d
#define ESCAPE_TIMES 3
#define ESCAPE_NS 1000000000LL

static int master = -1, signals = -1;
static bool forwarding, may_leave, stdin_ended, master_ended, anything_read;
static sigset_t saved_mask;
static struct termios saved_stdin, saved_stdout;
static bool stdin_is_raw, stdout_is_raw;
static char to_service[4096];
static size_t to_service_size;
static char last_character = '\n';
static int escapes;
static long long first_escape;

int terminal_make(char *path, size_t size) {
  int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -1;
  if (ptsname_r(fd, path, size) != 0 || unlockpt(fd) < 0) {
    close(fd);
    return -1;
  }
  int other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0) {
    close(fd);
    return -1;
  }
  master = fd;
  return other;
}

static unsigned short dimension(const char *variable, unsigned short fallback) {
  const char *text = getenv(variable);
  long value = text == NULL ? 0 : strtol(text, NULL, 10);
  return value > 0 && value <= USHRT_MAX ? (unsigned short)value : fallback;
}

static void copy_size(void) {
  struct winsize size = {0};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) {
    size.ws_row = dimension("LINES", 24);
    size.ws_col = dimension("COLUMNS", 80);
  }
  ioctl(master, TIOCSWINSZ, &size);
}

/* Keys go through as they are; what the service's terminal prints has been prepared there. */
static void make_raw(void) {
  struct termios raw;
  if (tcgetattr(STDIN_FILENO, &saved_stdin) == 0) {
    raw = saved_stdin;
    cfmakeraw(&raw);
    raw.c_oflag = saved_stdin.c_oflag;
    stdin_is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  if (tcgetattr(STDOUT_FILENO, &saved_stdout) == 0) {
    raw = saved_stdout;
    cfmakeraw(&raw);
    raw.c_iflag = saved_stdout.c_iflag;
    raw.c_lflag = saved_stdout.c_lflag;
    stdout_is_raw = tcsetattr(STDOUT_FILENO, TCSANOW, &raw) == 0;
  }
}

void terminal_forward(bool leaving_allowed) {
  if (master < 0 || forwarding) return;
  may_leave = leaving_allowed;
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGWINCH);
  sigaddset(&mask, SIGINT);
  sigaddset(&mask, SIGTERM);
  sigprocmask(SIG_BLOCK, &mask, &saved_mask);
  signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  copy_size();
  make_raw();
  forwarding = true;
}

static void restore(void) {
  if (!forwarding) return;
  forwarding = false;
  /* Once for both where they are one terminal: the first of the two was saved before anything was changed. */
  if (stdout_is_raw) tcsetattr(STDOUT_FILENO, TCSANOW, &saved_stdout);
  if (stdin_is_raw) tcsetattr(STDIN_FILENO, TCSANOW, &saved_stdin);
  if (signals >= 0) close(signals);
  signals = -1;
  sigprocmask(SIG_SETMASK, &saved_mask, NULL);
}

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static bool wants_to_leave(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != ESCAPE_KEY) {
      escapes = 0;
      continue;
    }
    long long now = now_ns();
    if (escapes == 0 || now > first_escape + ESCAPE_NS) {
      first_escape = now;
      escapes = 1;
    } else if (++escapes >= ESCAPE_TIMES) {
      return true;
    }
  }
  return false;
}

/* False where there is nothing to read at the moment. */
static bool copy_output(void) {
  char bytes[16384];
  ssize_t got = read(master, bytes, sizeof(bytes));
  if (got < 0 && errno == EINTR) return true;
  /* EIO: nobody has the other end open. Before anybody had, that is no end. */
  if (got == 0 || (got < 0 && errno == EIO && anything_read)) master_ended = true;
  if (got <= 0) return false;
  anything_read = true;
  last_character = bytes[got - 1];
  write_all(STDOUT_FILENO, bytes, (size_t)got);
  return true;
}

static void write_input(void) {
  ssize_t written = write(master, to_service, to_service_size);
  if (written <= 0) return;
  to_service_size -= (size_t)written;
  memmove(to_service, to_service + written, to_service_size);
}

/* False where ^] was pressed three times. */
static bool read_input(void) {
  ssize_t got = read(STDIN_FILENO, to_service + to_service_size, sizeof(to_service) - to_service_size);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) {
    stdin_ended = true;
    return true;
  }
  if (wants_to_leave(to_service + to_service_size, (size_t)got)) return false;
  to_service_size += (size_t)got;
  write_input();
  return true;
}

static void take_signals(void) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
    if (info.ssi_signo == SIGWINCH) {
      copy_size();
      continue;
    }
    restore();
    exit(0);
  }
}

void terminal_wait(int fd) {
  while (forwarding) {
    bool more = to_service_size < sizeof(to_service);
    struct pollfd all[4] = {
        {.fd = fd, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = stdin_ended || !more ? -1 : STDIN_FILENO, .events = POLLIN},
        {.fd = master_ended ? -1 : master, .events = (short)(POLLIN | (to_service_size > 0 ? POLLOUT : 0))},
    };
    if (poll(all, 4, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (all[1].revents != 0) take_signals();
    if (all[3].revents & POLLOUT) write_input();
    if (all[3].revents & (POLLIN | POLLHUP)) {
      if (!copy_output() && (all[3].revents & POLLHUP)) master_ended = true;
    }
    if (all[2].revents != 0 && !read_input()) {
      restore();
      if (may_leave) exit(0);
    }
    /* What the service still has to say comes before what the manager says of its end. */
    if (all[0].revents != 0) return;
  }
}

void terminal_release(bool end_line) {
  if (master < 0) return;
  while (forwarding && copy_output()) continue;
  restore();
  close(master);
  master = -1;
  if (end_line && anything_read && last_character != '\n') write_all(STDOUT_FILENO, "\n", 1);
}
