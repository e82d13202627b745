/*
 * Where the kernel enters the front door, before the C library has done anything: a signal that comes now is as good as
 * one that comes later, also to PID 1. Whether it is to be the manager is not known yet; where it is not, they are let
 * through at once.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "held.h"

const unsigned long pidone_held = HELD_SIGNALS;
/* The mask that came with the process. */
unsigned long pidone_inherited;

/* rt_sigprocmask(SIG_BLOCK, &pidone_held, &pidone_inherited, 8), then the C library's own entry, with its registers as
 * the kernel has left them: zero, where they matter. */
#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl pidone_entry\n"
    ".type pidone_entry, @function\n"
    "pidone_entry:\n"
    "  xorl %edi, %edi\n"
    "  leaq pidone_held(%rip), %rsi\n"
    "  leaq pidone_inherited(%rip), %rdx\n"
    "  movl $8, %r10d\n"
    "  movl $14, %eax\n"
    "  syscall\n"
    "  xorl %edx, %edx\n"
    "  jmp _start\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".globl pidone_entry\n"
    ".type pidone_entry, %function\n"
    "pidone_entry:\n"
    "  mov x0, #0\n"
    "  adrp x1, pidone_held\n"
    "  add x1, x1, :lo12:pidone_held\n"
    "  adrp x2, pidone_inherited\n"
    "  add x2, x2, :lo12:pidone_inherited\n"
    "  mov x3, #8\n"
    "  mov x8, #135\n"
    "  svc #0\n"
    "  mov x0, #0\n"
    "  b _start\n");
#else
#error "pidone knows the system calls of x86-64 and arm64"
#endif

void let_signals_through(void) {
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &pidone_inherited, NULL, sizeof(pidone_inherited));
}
