/* The pager of systemctl(1) and journalctl(1): $SYSTEMD_PAGER, $PAGER, less and its kin (ENVIRONMENT). */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define WORDS 16

static pid_t pager_pid;
static int terminal_stdout = -1, terminal_stderr = -1;

static const char *configured_pager(void) {
  const char *pager = getenv("SYSTEMD_PAGER");
  return pager != NULL ? pager : getenv("PAGER");
}

static int split_words(char *text, char **words) {
  int count = 0;
  for (char *word = strtok(text, " \t\n\r"); word != NULL && count < WORDS - 1; word = strtok(NULL, " \t\n\r"))
    words[count++] = word;
  words[count] = NULL;
  return count;
}

static bool pager_turned_off(void) {
  const char *pager = configured_pager();
  if (pager == NULL) return false;
  char copy[4096], *words[WORDS];
  if (snprintf(copy, sizeof(copy), "%s", pager) >= (int)sizeof(copy)) return false;
  int count = split_words(copy, words);
  return count == 0 || (count == 1 && strcmp(words[0], "cat") == 0);
}

static const char *less_options(void) {
  const char *options = getenv("SYSTEMD_LESS");
  return options != NULL ? options : "FRSXMK";
}

static bool locale_is_utf8(void) {
  const char *locale = getenv("LC_ALL");
  if (locale == NULL || locale[0] == '\0') locale = getenv("LC_CTYPE");
  if (locale == NULL || locale[0] == '\0') locale = getenv("LANG");
  /* systemd takes an unset locale for C.UTF-8. */
  if (locale == NULL || locale[0] == '\0') return true;
  return strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL;
}

static void copy_through(void) {
  static char buffer[65536];
  for (;;) {
    ssize_t got = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (got == 0) _exit(0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || !write_all(STDOUT_FILENO, buffer, (size_t)got)) _exit(1);
  }
}

void pager_exec(bool jump_to_end) {
  char options[1024];
  if (snprintf(options, sizeof(options), "%s%s", less_options(), jump_to_end ? " +G" : "") >= (int)sizeof(options))
    copy_through();
  setenv("LESS", options, 1);
  const char *charset = getenv("SYSTEMD_LESSCHARSET");
  if (charset == NULL && locale_is_utf8()) charset = "utf-8";
  if (charset != NULL) setenv("LESSCHARSET", charset, 1);

  /* A pager can run commands. One that may run with another user's rights (sudo) must be told not to, and without
   * logind's sessions we cannot tell who the user is: secure unless $SYSTEMD_PAGERSECURE decides. */
  const char *wanted = getenv("SYSTEMD_PAGERSECURE");
  int secure = wanted == NULL ? 1 : parse_boolean(wanted);
  bool trusted = wanted != NULL && secure >= 0;
  if (secure != 0)
    setenv("LESSSECURE", "1", 1);
  else
    unsetenv("LESSSECURE");

  const char *pager = configured_pager();
  char copy[4096], *words[WORDS];
  if (trusted && pager != NULL && snprintf(copy, sizeof(copy), "%s", pager) < (int)sizeof(copy) &&
      split_words(copy, words) > 0)
    execvp(words[0], words);
  if (secure == 0) execlp("pager", "pager", (char *)NULL);
  execlp("less", "less", (char *)NULL);
  if (secure == 0) execlp("more", "more", (char *)NULL);
  copy_through();
}

void pager_open(bool jump_to_end) {
  if (pager_pid > 0 || !is_terminal(STDOUT_FILENO) || !is_terminal(STDERR_FILENO) || pager_turned_off()) return;
  /* A terminal that does not say what it is can do nothing. */
  const char *term = getenv("TERM");
  if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0) return;

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return;
  pid_t pid = fork();
  if (pid < 0) {
    close(ends[0]);
    close(ends[1]);
    return;
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (dup2(ends[0], STDIN_FILENO) < 0) _exit(1);
    pager_exec(jump_to_end);
    _exit(1);
  }
  pager_pid = pid;
  terminal_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  terminal_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (dup2(ends[1], STDOUT_FILENO) < 0 || dup2(ends[1], STDERR_FILENO) < 0) complain("Failed to use the pager", errno);
  close(ends[0]);
  close(ends[1]);
  /* Without K, Ctrl-C is a key of less's and not the end of either of us. */
  if (strchr(less_options(), 'K') == NULL) signal(SIGINT, SIG_IGN);
}

void pager_close(void) {
  if (pager_pid <= 0) return;
  fflush(stdout);
  fflush(stderr);
  if (terminal_stdout < 0 || dup2(terminal_stdout, STDOUT_FILENO) < 0) close(STDOUT_FILENO);
  if (terminal_stderr < 0 || dup2(terminal_stderr, STDERR_FILENO) < 0) close(STDERR_FILENO);
  kill(pager_pid, SIGCONT);
  while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR) continue;
  pager_pid = 0;
}
