/*
 * Which calls of systemctl become the manager, and with which arguments. Those that systemctl.py's users make are among
 * them: `--init` and `-1` with a verb (docs/migrating.md).
 */

#include <string.h>
#include <unistd.h>

#include "client.h"

/* Options whose argument may be the next word, so that it is not taken for the verb (src/cli/systemctl/options.ts,
 * src/cli/systemctl-py/options.ts). */
static const char needy_letters[] = "HMCtpPnosce";
static const char *const needy_names[] = {
    "host",        "machine",      "capsule",        "type",          "state",             "property",
    "lines",       "output",       "legend",         "timestamp",     "job-mode",          "kill-whom",
    "kill-who",    "kill-value",   "signal",         "what",          "drop-in",           "preset-mode",
    "root",        "image",        "image-policy",   "message",       "when",              "check-inhibitors",
    "config",      "extra-vars",   "environment",    "maxtimeout",    "reboot-argument",   "boot-loader-menu",
    "boot-loader-entry",
};

static bool takes_next_word(const char *option) {
  if (option[1] != '-') {
    const char *letter = option + 1 + strcspn(option + 1, needy_letters);
    return letter[0] != '\0' && letter[1] == '\0';
  }
  for (size_t i = 0; i < sizeof(needy_names) / sizeof(needy_names[0]); i++) {
    if (strcmp(option + 2, needy_names[i]) == 0) return true;
  }
  return false;
}

/* A letter in a group of short options, before one that has the rest of the word as its argument. */
static bool has_letter(const char *option, char letter) {
  return option[1] != '-' && memchr(option + 1, letter, strcspn(option + 1, needy_letters)) != NULL;
}

struct words {
  /* The first word that is no option; -1 where there is none. */
  int verb;
  /* Whether another one follows. */
  bool operands;
  /* --init or -1. */
  bool init;
  /* --exit and what comes to the same. */
  bool exit;
};

static struct words look_at(int argc, char **argv) {
  struct words found = {.verb = -1};
  bool options = true;
  for (int i = 0; i < argc; i++) {
    const char *word = argv[i];
    if (!options || word[0] != '-' || word[1] == '\0') {
      if (found.verb < 0)
        found.verb = i;
      else
        found.operands = true;
    } else if (strcmp(word, "--") == 0) {
      options = false;
    } else {
      if (strcmp(word, "--init") == 0 || has_letter(word, '1')) found.init = true;
      if (strcmp(word, "--exit") == 0 || strcmp(word, "--now") == 0 || strcmp(word, "--all") == 0 ||
          has_letter(word, '0') || has_letter(word, 'a'))
        found.exit = true;
      if (takes_next_word(word)) i++;
    }
  }
  return found;
}

bool shows_log(int argc, char **argv, bool *follows) {
  struct words words = look_at(argc, argv);
  *follows = false;
  if (words.verb < 0 || (strcmp(argv[words.verb], "log") != 0 && strcmp(argv[words.verb], "logs") != 0)) return false;
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--force") == 0 || (argv[i][0] == '-' && argv[i][1] != '\0' && has_letter(argv[i], 'f')))
      *follows = true;
  }
  return true;
}

/* Takes out the verb, where `verb` says one, and --init; the other words stay in their order. */
static void strip(int *argc, char **argv, int verb) {
  int count = 0;
  for (int i = 0; i < *argc; i++) {
    if (i == verb || strcmp(argv[i], "--init") == 0 || strcmp(argv[i], "-1") == 0) continue;
    argv[count++] = argv[i];
  }
  *argc = count;
}

/* telinit(8)'s commands: one letter or digit. */
static bool is_runlevel(const char *word) {
  return word[0] != '\0' && word[1] == '\0' && strchr("0123456sSqQuUaAbBcC", word[0]) != NULL;
}

/* A bare `systemctl`, or `systemctl default`, is the command of a container, and nobody is there to be asked. */
static bool stands_for_init(int argc, char **argv, int verb) {
  if (manager_listens(argc, argv)) return false;
  if (is_containers_command()) return true;
  if (verb < 0) hint_at_init();
  return false;
}

/* What --init asks for where a manager is there already: that one does it. */
static bool may_become(int argc, char **argv) {
  return is_containers_command() || !manager_listens(argc, argv);
}

static bool asks_for_help(int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
  }
  return false;
}

static bool systemctl_becomes_manager(int *argc, char **argv) {
  static char nothing[] = "basic.target";
  bool first = getpid() == 1;
  struct words words = look_at(*argc, argv);
  if (words.verb < 0) {
    if (!words.init) {
      if (asks_for_help(*argc, argv)) return false;
      return first || (*argc == 0 && stands_for_init(*argc, argv, words.verb));
    }
    strip(argc, argv, -1);
    return true;
  }
  const char *verb = argv[words.verb];
  if (strcmp(verb, "init") == 0) {
    strip(argc, argv, words.verb);
    return true;
  }
  if (strcmp(verb, "default") == 0 && !words.operands) {
    bool alone = *argc == 1;
    if (!first && !(words.init && may_become(*argc, argv)) && !(alone && stands_for_init(*argc, argv, words.verb)))
      return false;
    strip(argc, argv, words.verb);
    return true;
  }
  if (!words.init) return false;
  if (strcmp(verb, "start") == 0 || strcmp(verb, "listen") == 0) {
    if (!may_become(*argc, argv)) return false;
    int kept = words.verb;
    strip(argc, argv, kept);
    /* Without a unit nothing is brought up, but where the end is asked for once nothing is left. */
    if (!words.operands && !words.exit) argv[(*argc)++] = nothing;
    return true;
  }
  /* `--init UNIT…`: no verb has a dot. */
  if (strchr(verb, '.') == NULL) return false;
  strip(argc, argv, -1);
  return true;
}

bool wants_to_be_manager(const char *program, int *argc, char **argv) {
  /* Beside a manager it is telinit, as with any init that is not PID 1. */
  if (strcmp(program, "init") == 0)
    return getpid() == 1 ||
           (!manager_listens(*argc, argv) && (*argc == 0 || (!is_runlevel(argv[0]) && argv[0][0] != '-')));
  return strcmp(program, "systemctl") == 0 && systemctl_becomes_manager(argc, argv);
}
