/** Which of the system calls that `systemd-analyze security` asks about a machine has. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Calls of other architectures, or of none any more. */
const nowhere = words(
  'bdflush break chown32 clock_adjtime64 clock_settime64 fchown32 ftime gtty idle lchown32 lock mpx nice ' +
    'pciconfig_iobase pciconfig_read pciconfig_write prof profil rtas s390_pci_mmio_read s390_pci_mmio_write ' +
    's390_runtime_instr setfsuid32 setgroups32 setresuid32 setreuid32 setuid32 sgetmask ssetmask stime stty ' +
    'subpage_prot switch_endian sys_debug_setcontext ulimit umount vm86 vm86old',
);

/** Calls of x86-64 that newer architectures never had. */
const onlyOnX86 = words(
  '_sysctl afs_syscall chown create_module get_kernel_syms getpmsg ioperm iopl lchown modify_ldt putpmsg ' +
    'query_module security sysfs tuxcall uselib ustat vserver',
);

/** `machine` is uname(2)'s. */
export function callExists(name: string, machine: string): boolean {
  return !nowhere.has(name) && (machine === 'x86_64' || !onlyOnX86.has(name));
}
