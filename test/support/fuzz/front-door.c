/*
 * What a manager says to the front door, as it should not be: frames of every type, cut, damaged and in any pieces, read by
 * native/client itself with nothing of the kernel's behind it. Built and run by scripts/test-sanitized.mjs.
 *
 *   front-door CASES SEED
 */
#include <poll.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t state;
static unsigned char said[512 * 1024];
static size_t said_size, heard_size;
static unsigned checksum;
static jmp_buf ended;
/* As many cases as came to each end. */
static unsigned long ends[8];
enum { BECAME = 5, EXITED = 6, KINDS = 7 };

static uint32_t any(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32) % below;
}

/* Each byte of it is there to be read. */
static void touch(const void *data, size_t size) {
  for (size_t i = 0; i < size; i++) checksum += ((const unsigned char *)data)[i];
}

static ssize_t hear(int fd, void *buffer, size_t size, int flags) {
  size_t left = said_size - heard_size, some = any(3) == 0 ? 1 + any(16) : left;
  (void)fd, (void)flags;
  if (some > left) some = left;
  if (some > size) some = size;
  memcpy(buffer, said + heard_size, some);
  heard_size += some;
  return (ssize_t)some;
}

static ssize_t pass(int fd, const struct msghdr *message, int flags) {
  (void)fd, (void)flags;
  for (size_t i = 0; i < message->msg_iovlen; i++) touch(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
  touch(message->msg_control, message->msg_controllen);
  return any(8) == 0 ? -1 : (ssize_t)message->msg_iov[0].iov_len;
}

static int run_program(const char *path, char *const *argv) {
  touch(path, strlen(path));
  for (; *argv != NULL; argv++) touch(*argv, strlen(*argv));
  ends[BECAME]++;
  return -1;
}

static int set_variable(char *assignment) {
  touch(assignment, strlen(assignment));
  return 0;
}

static int set_text(const char *text) {
  touch(text, strlen(text));
  return any(4) == 0 ? -1 : 0;
}

static int look(struct pollfd *fds, nfds_t count, int timeout) {
  touch(fds, count * sizeof(*fds));
  for (nfds_t i = 0; i < count; i++) fds[i].revents = (short)(any(2) == 0 ? POLLIN : any(8) == 0 ? POLLHUP : 0);
  return timeout == 0 ? 0 : (int)any(2);
}

static int set_number(void) { return any(8) == 0 ? -1 : 0; }
static void leave(void) { longjmp(ended, 1); }

#define recv hear
#define poll look
#define sendmsg pass
#define execvp run_program
#define putenv set_variable
#define chdir set_text
#define setresgid(a, b, c) ((void)(a), set_number())
#define setresuid(a, b, c) ((void)(a), set_number())
#define setpriority(a, b, c) ((void)(c), set_number())
#define setrlimit(a, b) ((void)(a), touch(b, sizeof(*(b))))
#define exit(status) ((void)(status), leave())
#include "../../../native/client/become.c"
#include "../../../native/client/call.c"
#undef exit

bool write_all(int fd, const void *data, size_t size) {
  touch(data, size);
  return fd >= 0 && any(16) != 0;
}
void complain(const char *text, int error) { touch(text, strlen(text) + (error < 0)); }
bool is_terminal(int fd) { return fd < 0; }
int connect_manager(int argc, char **argv) { return argv == NULL ? argc : -1; }
bool shows_log(int argc, char **argv, bool *follows) {
  *follows = any(2) == 0;
  return argc > 0 && argv != NULL && any(4) == 0;
}
bool manager_is_foreign(void) { return any(16) == 0; }
int terminal_make(char *path, size_t size) {
  snprintf(path, size, "/dev/pts/%u", any(1000));
  return any(4) == 0 ? -1 : dup(STDIN_FILENO);
}
void terminal_forward(bool may_leave) { checksum += may_leave; }
void terminal_wait(int fd) { checksum += fd < 0; }
void terminal_release(bool end_line) { checksum += end_line; }
void pager_open(bool jump_to_end) { checksum += jump_to_end; }
void pager_close(void) {}

/* Strings and bytes, as a BECOME frame holds them and as others do. */
static size_t fill(unsigned char *payload, size_t size) {
  size_t at = 0;
  if (size >= 4 && any(2) == 0) {
    put_u32(payload, any(3) == 0 ? any(UINT32_MAX) : any(12));
    at = 4;
  }
  for (; at < size; at++) payload[at] = (unsigned char)(any(4) == 0 ? 0 : any(3) == 0 ? any(256) : '0' + any(10));
  if (size > 0 && any(4) != 0) payload[size - 1] = 0;
  return size;
}

/* Mostly a frame of that type as it should be. */
static size_t say_frame(unsigned char *frame) {
  static const uint32_t sizes[] = {2, 6, 40, 300, 70000};
  unsigned type = any(12) == 0 ? any(256) : any(12);
  size_t size = any(sizes[any(64) == 0 ? 4 : any(4)]);
  if (any(6) != 0 && type == FRAME_EXIT) size = 4;
  if (any(6) != 0 && (type == FRAME_WANT || type == FRAME_FORWARD || type == FRAME_PAGER)) size = 1;
  fill(frame + FRAME_HEADER_SIZE, size);
  if (size == 1 && any(4) != 0) frame[FRAME_HEADER_SIZE] = (unsigned char)any(8);
  put_u32(frame, any(40) == 0 ? any(UINT32_MAX) : size);
  frame[4] = (unsigned char)type;
  return FRAME_HEADER_SIZE + size;
}

static void say_frames(void) {
  said_size = heard_size = 0;
  for (uint32_t left = 1 + any(5); left > 0 && said_size + 80000 < sizeof(said); left--)
    said_size += say_frame(said + said_size);
  for (uint32_t damaged = any(4) == 0 ? any(4) : 0; damaged > 0; damaged--)
    said[any((uint32_t)said_size)] ^= (unsigned char)(1 << any(8));
  if (any(8) == 0) said_size = any((uint32_t)said_size + 1);
}

int main(int argc, char **argv) {
  unsigned long cases = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
  /* What the front door complains of is not ours; reports of the sanitizers go to the descriptor. */
  stderr = fopen("/dev/null", "w");
  if (cases == 0 || stderr == NULL) return 2;
  signal(SIGPIPE, SIG_IGN);
  for (unsigned long number = 0; number < cases; number++) {
    state = (strtoull(argv[2], NULL, 10) + 1) * 0x9e3779b97f4a7c15u ^ (number + 1) * 0xbf58476d1ce4e5b9u;
    for (int i = 0; i < 8; i++) any(2);
    say_frames();
    if (setjmp(ended) == 0)
      ends[copy_answer(0, any(2) == 0, any(4) == 0 ? JOURNAL + any(2) : NO_JOURNAL).outcome]++;
    else
      ends[EXITED]++;
  }
  printf("front door: %lu cases:", cases);
  for (int i = 0; i < KINDS; i++) printf(" %lu", ends[i]);
  printf(" (answered, again, nobody, lost, unread; became, gave up), checksum %x\n", checksum);
  /* All of it has been tried. */
  for (int i = 0; i < KINDS; i++)
    if (ends[i] == 0) return 3;
  return 0;
}
