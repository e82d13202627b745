/* One call of the manager: the request out, the answer's frames to stdout and stderr, the exit status. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "protocol.h"

/* Variables that the programs look at, by prefix or by name. The rest of the caller's environment is not sent. */
static const char *const env_prefixes[] = {"SYSTEMD_", "SYSTEMCTL_", "LC_", "XDG_", "PIDONE_"};
static const char *const env_names[] = {
    "COLUMNS", "LINES", "TERM",  "COLORTERM", "NO_COLOR", "PAGER",     "LESS",     "LANG",     "LANGUAGE",
    "TZ",      "HOME",  "USER",  "SHELL",     "PATH",     "SUDO_USER", "SUDO_UID", "EDITOR",   "VISUAL",
};

struct request {
  unsigned char *bytes;
  size_t size;
};

static void put_u16(unsigned char *at, unsigned value) {
  at[0] = (unsigned char)(value & 0xff);
  at[1] = (unsigned char)(value >> 8 & 0xff);
}

static void put_u32(unsigned char *at, size_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i) & 0xff);
}

static size_t get_u32(const unsigned char *at) {
  return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static bool env_matters(const char *assignment) {
  for (size_t i = 0; i < sizeof(env_prefixes) / sizeof(env_prefixes[0]); i++) {
    if (strncmp(assignment, env_prefixes[i], strlen(env_prefixes[i])) == 0) return true;
  }
  for (size_t i = 0; i < sizeof(env_names) / sizeof(env_names[0]); i++) {
    size_t length = strlen(env_names[i]);
    if (strncmp(assignment, env_names[i], length) == 0 && assignment[length] == '=') return true;
  }
  return false;
}

/* import-environment and systemd-run -E read any variable of the caller's. */
static bool wants_whole_environment(const char *program, int argc, char **argv) {
  if (strcmp(program, "systemd-run") == 0 || strcmp(program, "run0") == 0) return true;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "import-environment") == 0) return true;
  }
  return false;
}

static unsigned char *append_string(unsigned char *at, const char *text) {
  size_t size = strlen(text) + 1;
  memcpy(at, text, size);
  return at + size;
}

/* Greeting and request frame in one piece. False with errno where it cannot be made. */
static bool build_request(struct request *request, const char *program, int argc, char **argv, char **envp) {
  char cwd[PATH_MAX];
  if (getcwd(cwd, sizeof(cwd)) == NULL) strcpy(cwd, "/");
  bool whole = wants_whole_environment(program, argc, argv);

  size_t payload = 16 + strlen(program) + 1 + strlen(cwd) + 1;
  size_t envc = 0;
  for (int i = 0; i < argc; i++) payload += strlen(argv[i]) + 1;
  for (char **variable = envp; *variable != NULL; variable++) {
    if (!whole && !env_matters(*variable)) continue;
    payload += strlen(*variable) + 1;
    envc++;
  }
  if (payload > REQUEST_LIMIT) {
    errno = E2BIG;
    return false;
  }
  request->size = GREETING_SIZE + FRAME_HEADER_SIZE + payload;
  request->bytes = malloc(request->size);
  if (request->bytes == NULL) return false;

  unsigned flags = 0;
  struct winsize size = {0};
  if (is_terminal(STDIN_FILENO)) flags |= TERMINAL_STDIN;
  if (is_terminal(STDOUT_FILENO)) {
    flags |= TERMINAL_STDOUT;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) memset(&size, 0, sizeof(size));
  }
  if (is_terminal(STDERR_FILENO)) flags |= TERMINAL_STDERR;

  unsigned char *at = request->bytes;
  memcpy(at, GREETING_NAME, GREETING_SIZE - 2);
  put_u16(at + GREETING_SIZE - 2, PROTOCOL_VERSION);
  at += GREETING_SIZE;
  put_u32(at, payload);
  at[4] = FRAME_REQUEST;
  at += FRAME_HEADER_SIZE;
  put_u32(at, flags);
  put_u16(at + 4, size.ws_col);
  put_u16(at + 6, size.ws_row);
  put_u32(at + 8, (size_t)argc);
  put_u32(at + 12, envc);
  at = append_string(at + 16, program);
  at = append_string(at, cwd);
  for (int i = 0; i < argc; i++) at = append_string(at, argv[i]);
  for (char **variable = envp; *variable != NULL; variable++) {
    if (whole || env_matters(*variable)) at = append_string(at, *variable);
  }
  return true;
}

/* Whether all went. A manager that refuses may close before it has read it: what it said is still there to be read. */
static bool send_request(int fd, const struct request *request) {
  size_t sent = 0;
  while (sent < request->size) {
    ssize_t written = send(fd, request->bytes + sent, request->size - sent, MSG_NOSIGNAL);
    if (written >= 0)
      sent += (size_t)written;
    else if (errno != EINTR)
      return false;
  }
  return true;
}

/* UNREAD: gone before it had read the request, as a manager that just ends; nothing has been done. */
enum outcome { ANSWERED, TRY_AGAIN, NOBODY, LOST, UNREAD };

struct answer {
  enum outcome outcome;
  int status;
};

/* How a journal is read: to its end, or on and on. Where the reader of our stdout has gone nothing more is fetched. */
enum reading { NO_JOURNAL, JOURNAL, FOLLOWED };

/*
 * What waits to be written to stdout. As in programs of systemd, whose stdout is stdio's, that is a block where no terminal is
 * behind it: what is said on stderr meanwhile comes first, and nobody who reads three lines and goes keeps us from saying it.
 */
struct held {
  bool is_on;
  long since_ms;
  size_t size;
  unsigned char bytes[4096];
};

/* Nothing waits longer: somebody may follow what comes. */
static const long hold_ms = 100;

static long now_ms(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool flush_held(struct held *held) {
  size_t size = held->size;
  held->size = 0;
  return size == 0 || write_all(STDOUT_FILENO, held->bytes, size);
}

static bool put_out(struct held *held, const unsigned char *bytes, size_t size) {
  if (held->size + size > sizeof(held->bytes) && !flush_held(held)) return false;
  if (!held->is_on || size > sizeof(held->bytes)) return write_all(STDOUT_FILENO, bytes, size);
  if (held->size == 0) held->since_ms = now_ms();
  memcpy(held->bytes + held->size, bytes, size);
  held->size += size;
  return true;
}

/* Whether more comes before what is held has waited long enough. */
static bool may_hold(const struct held *held, int fd) {
  long left = held->since_ms + hold_ms - now_ms();
  struct pollfd waiting = {.fd = fd, .events = POLLIN};
  return left > 0 && poll(&waiting, 1, (int)left) != 0;
}

/* Bytes of the answer as they come. */
static ssize_t receive(int fd, unsigned char *buffer, size_t size, enum reading reading) {
  for (;;) {
    ssize_t got = recv(fd, buffer, size, reading == NO_JOURNAL ? 0 : MSG_DONTWAIT);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return -1;
    struct pollfd both[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};
    if (poll(both, 2, -1) < 0 && errno != EINTR) return -1;
    if (both[1].revents & (POLLERR | POLLHUP) && !(both[0].revents & POLLIN)) {
      errno = EPIPE;
      return -1;
    }
  }
}

/* Sends descriptors beside a frame that says `text`. Where there are none to send, the frame alone says so. */
static bool pass_descriptors(int socket, const int *fds, size_t count, const char *text) {
  unsigned char frame[FRAME_HEADER_SIZE + 256];
  size_t size = strlen(text);
  if (size > sizeof(frame) - FRAME_HEADER_SIZE) return false;
  put_u32(frame, size);
  frame[4] = FRAME_PASSED;
  memcpy(frame + FRAME_HEADER_SIZE, text, size);
  struct iovec part = {frame, FRAME_HEADER_SIZE + size};
  union {
    char bytes[CMSG_SPACE(3 * sizeof(int))];
    struct cmsghdr aligned;
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == (ssize_t)part.iov_len;
}

/* What the manager wants of us. */
static bool answer_want(int socket, unsigned kind) {
  switch (kind) {
    case WANT_STDIO: {
      int fds[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
      return pass_descriptors(socket, fds, 3, "");
    }
    case WANT_TERMINAL: {
      char path[128];
      int fd = terminal_make(path, sizeof(path));
      if (fd < 0) {
        complain("Failed to acquire pseudo tty", errno);
        exit(1);
      }
      int fds[3] = {fd, fd, fd};
      bool passed = pass_descriptors(socket, fds, 3, path);
      close(fd);
      return passed;
    }
    case WANT_PROCESS: {
      /* Older kernels have none: the manager then looks from time to time. */
      int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
      bool passed = pass_descriptors(socket, &fd, fd < 0 ? 0 : 1, "");
      if (fd >= 0) close(fd);
      return passed;
    }
    default:
      return false;
  }
}

/* A manager of a user with fewer rights may answer, and no more: what it could do with a caller's it must not. */
static bool may_serve(void) {
  if (!manager_is_foreign()) return true;
  fputs("The manager runs as another user, and gets nothing of this process.\n", stderr);
  return false;
}

/* The exit status without a reader, as journalctl's: the next write would have killed it, or said nothing where SIGPIPE is
 * ignored; one that follows looks whether it has a reader. */
static struct answer without_reader(enum reading reading) {
  if (reading != FOLLOWED) raise(SIGPIPE);
  return (struct answer){ANSWERED, reading == FOLLOWED ? 1 : 0};
}

static struct answer copy_frames(int fd, bool sent, enum reading reading, struct held *held) {
  static unsigned char buffer[PAYLOAD_LIMIT + FRAME_HEADER_SIZE];
  size_t filled = 0;
  bool silent = true;
  bool broken = false, mute = false;
  for (;;) {
    size_t at = 0;
    while (filled - at >= FRAME_HEADER_SIZE) {
      const unsigned char *frame = buffer + at;
      size_t size = get_u32(frame);
      unsigned type = frame[4];
      if (size > PAYLOAD_LIMIT) return (struct answer){LOST, 0};
      if (filled - at < FRAME_HEADER_SIZE + size) break;
      const unsigned char *payload = frame + FRAME_HEADER_SIZE;
      if (type != FRAME_OUT && type != FRAME_ERR && !broken) broken = !flush_held(held);
      if (broken && reading != NO_JOURNAL) return without_reader(reading);
      switch (type) {
        /* With SIGPIPE ignored, what nobody reads is dropped, and the exit status is still the verb's own. */
        case FRAME_OUT:
          /* An empty one asks for what is held. */
          if (!broken) broken = size == 0 ? !flush_held(held) : !put_out(held, payload, size);
          break;
        case FRAME_ERR:
          if (!mute) mute = !write_all(STDERR_FILENO, payload, size);
          break;
        case FRAME_PAGER:
          pager_open(size == 1 && payload[0] == 1);
          break;
        case FRAME_EXIT:
          if (size != 4) return (struct answer){LOST, 0};
          return (struct answer){ANSWERED, (int)(get_u32(payload) & 0xff)};
        case FRAME_WANT:
          if (!may_serve()) return (struct answer){ANSWERED, 1};
          if (size != 1 || !answer_want(fd, payload[0])) return (struct answer){LOST, 0};
          break;
        case FRAME_FORWARD:
          if (!may_serve()) return (struct answer){ANSWERED, 1};
          if (size != 1) return (struct answer){LOST, 0};
          if (payload[0] & FORWARD_ON)
            terminal_forward(payload[0] & FORWARD_MAY_LEAVE);
          else
            terminal_release(payload[0] & FORWARD_END_LINE);
          break;
        case FRAME_BECOME:
          if (!may_serve()) return (struct answer){ANSWERED, 1};
          become(payload, size);
          return (struct answer){ANSWERED, 1};
        case FRAME_BUSY:
          return (struct answer){TRY_AGAIN, 0};
        case FRAME_LOCAL:
        case FRAME_VERSION:
          return (struct answer){NOBODY, 0};
        default:
          return (struct answer){LOST, 0};
      }
      at += FRAME_HEADER_SIZE + size;
    }
    memmove(buffer, buffer + at, filled - at);
    filled -= at;
    if (held->size > 0 && !may_hold(held, fd) && !broken) broken = !flush_held(held);
    if (broken && reading != NO_JOURNAL) return without_reader(reading);
    terminal_wait(fd);
    ssize_t got = receive(fd, buffer + filled, sizeof(buffer) - filled, reading);
    if (got < 0 && errno == EPIPE) return without_reader(reading);
    /* The kernel resets a connection that nobody has accepted, or with bytes in it that nobody has read. */
    if (got <= 0) return (struct answer){silent && (!sent || (got < 0 && errno == ECONNRESET)) ? UNREAD : LOST, 0};
    silent = false;
    filled += (size_t)got;
  }
}

static struct answer copy_answer(int fd, bool sent, enum reading reading) {
  struct held held = {.is_on = !is_terminal(STDOUT_FILENO)};
  struct answer answer = copy_frames(fd, sent, reading, &held);
  if (!flush_held(&held) && reading != NO_JOURNAL) return without_reader(reading);
  return answer;
}

bool manager_listens(int argc, char **argv) {
  int fd = connect_manager(argc, argv);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static enum reading reading_of(const char *program, int argc, char **argv) {
  if (strcmp(program, "systemctl") == 0) {
    bool follows;
    if (!shows_log(argc, argv, &follows)) return NO_JOURNAL;
    return follows ? FOLLOWED : JOURNAL;
  }
  if (strcmp(program, "journalctl") != 0) return NO_JOURNAL;
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strncmp(argv[i], "--fol", 5) == 0) return FOLLOWED;
    if (argv[i][0] != '-' || argv[i][1] == '-') continue;
    /* Letters in one word, up to one that takes the rest of it as its argument. */
    const char *letter = argv[i] + 1 + strcspn(argv[i] + 1, "fbcDFgiMnoptSTuU");
    if (*letter == 'f') return FOLLOWED;
  }
  return JOURNAL;
}

void call_manager(const char *program, int argc, char **argv, char **envp) {
  /* About six seconds of patience with a manager that has too many callers at the moment. */
  static const long pauses_ms[] = {20, 40, 80, 160, 320, 500, 500, 500, 1000, 1000, 2000};
  /* One that ends is gone much sooner. */
  static const size_t unread_attempts = 5;
  struct request request = {0};
  for (size_t attempt = 0;; attempt++) {
    int fd = connect_manager(argc, argv);
    if (fd < 0) break;
    if (request.bytes == NULL && !build_request(&request, program, argc, argv, envp)) {
      complain("Failed to make the request", errno);
      exit(1);
    }
    bool sent = send_request(fd, &request);
    struct answer answer = copy_answer(fd, sent, reading_of(program, argc, argv));
    close(fd);
    terminal_release(false);
    if (answer.outcome == NOBODY) break;
    bool again = answer.outcome == TRY_AGAIN || (answer.outcome == UNREAD && attempt < unread_attempts);
    if (again && attempt < sizeof(pauses_ms) / sizeof(pauses_ms[0])) {
      struct timespec pause = {pauses_ms[attempt] / 1000, pauses_ms[attempt] % 1000 * 1000000};
      nanosleep(&pause, NULL);
      continue;
    }
    if (answer.outcome == TRY_AGAIN) fputs("Failed to connect to the manager: too many connections.\n", stderr);
    if (answer.outcome == LOST || answer.outcome == UNREAD)
      fputs("The connection to the manager was lost before it had answered.\n", stderr);
    pager_close();
    free(request.bytes);
    exit(answer.outcome == ANSWERED ? answer.status : 1);
  }
  free(request.bytes);
}
