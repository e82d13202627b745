#include <stdio.h>

#include "client.h"

int print_version(void) {
  fputs(PIDONE_VERSION_TEXT, stdout);
  return fflush(stdout) == 0 ? 0 : 1;
}
