/*
 * The signals that mean something to a manager: HUP, INT, QUIT, USR1, USR2, TERM, PWR and the real-time ones, as the kernel's set
 * has them, bit N - 1 for signal N. They are blocked from the first instruction of the front door (entry.c) until the
 * manager takes them: to a process with the number 1 the kernel gives none that is neither blocked nor has a handler.
 * src/sys/real-host.ts has the same list.
 */
#ifndef PIDONE_HELD_H
#define PIDONE_HELD_H

#define HELD_SIGNALS 0xfffffffe20004a07UL

#endif
