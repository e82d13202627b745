/* Mounts that are put into the namespace of a process that runs. */
#pragma once

#include <string>

namespace pidone {

struct Binding {
  int pid = 0;
  std::string source, target;
  bool readOnly = false;
  /* A target that is missing is made: a directory, or a file. */
  bool make = false;
};

/* For a thread of its own, which stays in that namespace. 0 or a negative errno. */
int bindInto(const Binding& asked);

}  // namespace pidone
