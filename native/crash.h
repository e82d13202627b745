#pragma once

#include <cstdint>

struct rusage;

namespace pidone {

/* Both say so in the log, where there is one, before anybody else has heard of it. */
void noteSpawn(int pid);
/* `awaited`: somebody waits for its end. */
void noteExit(int pid, int status, const struct rusage& usage, bool awaited);
/* Exits are about to be told. */
void noteTold(uint64_t count);

}  // namespace pidone
