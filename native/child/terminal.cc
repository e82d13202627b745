/* Terminals, systemd.exec(5) "TTYPath=" and its kin. */
#include "calls.h"
#include "child.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

namespace pidone {

/* A terminal that is just being closed by its last user answers EIO for a moment. */
static constexpr int terminalAttempts = 20;

static long openTerminal(const char* path, int flags, int attempts) {
  for (int attempt = 1;; attempt++) {
    long fd = openRaw(path, O_RDWR | O_NOCTTY | O_CLOEXEC | flags);
    if (fd >= 0 && !isTerminal(fd)) {
      closeRaw(fd);
      return -ENOTTY;
    }
    if (fd != -EIO || attempt == attempts) return fd;
    struct timespec pause = {0, 50 * 1000000L};
    raw(SYS_nanosleep, &pause, nullptr);
  }
}

/* What TTYReset= of systemd.exec(5) means: line settings as a program expects them. */
void resetTerminal(long fd) {
  raw(SYS_ioctl, fd, TIOCNXCL);
  raw(SYS_ioctl, fd, KDSETMODE, KD_TEXT);
  raw(SYS_ioctl, fd, KDSKBMODE, K_UNICODE);
  struct termios settings;
  if (raw(SYS_ioctl, fd, TCGETS, &settings) < 0) return;
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC);
  settings.c_iflag |= ICRNL | IMAXBEL | IUTF8;
  settings.c_oflag |= ONLCR | OPOST;
  settings.c_cflag |= CREAD;
  settings.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  settings.c_cc[VINTR] = 'C' & 0x1f;
  settings.c_cc[VQUIT] = '\\' & 0x1f;
  settings.c_cc[VERASE] = 0x7f;
  settings.c_cc[VKILL] = 'X' & 0x1f;
  settings.c_cc[VEOF] = 'D' & 0x1f;
  settings.c_cc[VSTART] = 'Q' & 0x1f;
  settings.c_cc[VSTOP] = 'S' & 0x1f;
  settings.c_cc[VSUSP] = 'Z' & 0x1f;
  settings.c_cc[VLNEXT] = 'V' & 0x1f;
  settings.c_cc[VWERASE] = 'W' & 0x1f;
  settings.c_cc[VREPRINT] = 'R' & 0x1f;
  settings.c_cc[VEOL] = 0;
  settings.c_cc[VEOL2] = 0;
  settings.c_cc[VTIME] = 0;
  settings.c_cc[VMIN] = 1;
  raw(SYS_ioctl, fd, TCSETS, &settings);
  raw(SYS_ioctl, fd, TCFLSH, TCIOFLUSH);
}

/* Who has been hung up has to open it anew. */
void revertTerminal(const char* path, bool hangUp, bool reset, int attempts) {
  if (hangUp) {
    long fd = openTerminal(path, O_NONBLOCK, attempts);
    if (fd >= 0) {
      raw(SYS_ioctl, fd, TIOCVHANGUP);
      closeRaw(fd);
    }
  }
  if (reset) {
    long fd = openTerminal(path, O_NONBLOCK, attempts);
    if (fd >= 0) {
      resetTerminal(fd);
      closeRaw(fd);
    }
  }
}

static long readEvents(long notify) {
  char events[1024];
  return raw(SYS_read, notify, events, sizeof events);
}

static void drainEvents(long notify) {
  int waiting = 0;
  while (raw(SYS_ioctl, notify, FIONREAD, &waiting) == 0 && waiting > 0)
    if (readEvents(notify) <= 0) return;
}

/* StandardInput=tty, tty-force, tty-fail: makes the terminal the session's own. */
long Child::acquireTerminal(const Stdio& stdio) {
  long notify = -1;
  if (stdio.mode == TtyMode::wait) {
    notify = raw(SYS_inotify_init1, IN_CLOEXEC);
    if (notify < 0) return notify;
    long watched = raw(SYS_inotify_add_watch, notify, stdio.path, IN_CLOSE);
    if (watched < 0) return watched;
  }
  long fd;
  for (;;) {
    // Who closed it before this look at it does not count.
    if (notify >= 0) drainEvents(notify);
    fd = openTerminal(stdio.path, 0, terminalAttempts);
    if (fd < 0) break;
    // Taking a terminal that is ours already hangs it up.
    KernelAction ignore = {SIG_IGN, 0, nullptr, 0}, before = {};
    raw(SYS_rt_sigaction, SIGHUP, &ignore, &before, sizeof(uint64_t));
    long taken = raw(SYS_ioctl, fd, TIOCSCTTY, stdio.mode == TtyMode::force ? 1 : 0);
    raw(SYS_rt_sigaction, SIGHUP, &before, nullptr, sizeof(uint64_t));
    if (taken == 0) break;
    long got = 0;
    // Another session has it: somebody closes it some day. To close it here first would be just that.
    if (taken == -EPERM && stdio.mode == TtyMode::wait) got = readEvents(notify);
    closeRaw(fd);
    fd = taken;
    if (taken != -EPERM || stdio.mode != TtyMode::wait) break;
    if (got < 0 && got != -EINTR) {
      fd = got;
      break;
    }
  }
  if (notify >= 0) closeRaw(notify);
  if (fd >= 0 && stdio.reset) resetTerminal(fd);
  if (fd >= 0) setTerminalSize(fd);
  return fd;
}

/* TTYVHangup= and TTYReset= of systemd.exec(5): before anything is opened, and whatever comes of it. */
void Child::prepareTerminal() {
  const Terminal& terminal = plan_.terminal;
  const Stdio& input = plan_.stdio[0];
  if (terminal.path != nullptr) {
    revertTerminal(terminal.path, terminal.hangUp, terminal.reset, terminalAttempts);
  } else if (input.source == Source::fd) {
    if (terminal.hangUp) raw(SYS_ioctl, input.fd, TIOCVHANGUP);
    if (terminal.reset) resetTerminal(input.fd);
  }
}

/* TTYRows= and TTYColumns= of systemd.exec(5). */
void Child::setTerminalSize(long fd) {
  const Terminal& terminal = plan_.terminal;
  if (terminal.rows < 0 && terminal.columns < 0) return;
  struct winsize size;
  if (raw(SYS_ioctl, fd, TIOCGWINSZ, &size) < 0) return;
  if (terminal.rows >= 0) size.ws_row = static_cast<unsigned short>(terminal.rows);
  if (terminal.columns >= 0) size.ws_col = static_cast<unsigned short>(terminal.columns);
  raw(SYS_ioctl, fd, TIOCSWINSZ, &size);
}

}  // namespace pidone
