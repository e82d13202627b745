#pragma once

namespace pidone {

/* One that somebody waits for: its end is told at once. */
void knowProcess(int pid);

}  // namespace pidone
