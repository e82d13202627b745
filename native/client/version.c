/* --version: which release of systemd speaks is for the manager to say, or for whoever works without one. */
#include <unistd.h>

#include "client.h"

int print_version(void) {
  static char option[] = "--version";
  char *arguments[] = {option, NULL};
  call_manager("systemctl", 1, arguments, environ);
  exec_program("systemctl", 1, arguments);
  return 1;
}
