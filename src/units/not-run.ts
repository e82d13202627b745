/**
 * Units that the systemd package ships for its own daemons, or for a machine with hardware. They load, and `status`
 * says why they do not run here; a start of one succeeds without effect, as a start whose condition is not met does.
 */
const journal = 'pidone keeps the journal itself';
const devices = 'device nodes come from the container engine; there is no udev';
const logins = 'logind needs the D-Bus interface of PID 1, which pidone does not have';
const console = 'the console of a container is the output of its init';
const kernel = "the kernel and its settings are the host's";
const mounts = "mounts of a container are the engine's";
const clock = "the clock is the host's";
const machine = "this daemon serves systemd's own D-Bus interfaces";

const notRun: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'systemd-journald.service': journal,
    'systemd-journald.socket': journal,
    'systemd-journald-dev-log.socket': journal,
    'systemd-journald-audit.socket': journal,
    'systemd-journald-varlink@.socket': journal,
    'systemd-journald@.service': journal,
    'systemd-journald@.socket': journal,
    'systemd-journal-flush.service': journal,
    'systemd-journal-catalog-update.service': journal,
    'systemd-udevd.service': devices,
    'systemd-udevd-control.socket': devices,
    'systemd-udevd-kernel.socket': devices,
    'systemd-udev-trigger.service': devices,
    'systemd-udev-settle.service': devices,
    'systemd-hwdb-update.service': devices,
    'systemd-rfkill.service': devices,
    'systemd-rfkill.socket': devices,
    'systemd-backlight@.service': devices,
    'systemd-logind.service': logins,
    'user-runtime-dir@.service': logins,
    'user@.service': logins,
    'systemd-initctl.service': 'pidone answers init and telinit by name',
    'systemd-initctl.socket': 'pidone answers init and telinit by name',
    'console-getty.service': console,
    'container-getty@.service': console,
    'getty@.service': console,
    'serial-getty@.service': console,
    'systemd-ask-password-console.path': console,
    'systemd-ask-password-console.service': console,
    'systemd-ask-password-wall.path': console,
    'systemd-ask-password-wall.service': console,
    'systemd-vconsole-setup.service': console,
    'systemd-modules-load.service': kernel,
    'modprobe@.service': kernel,
    'kmod-static-nodes.service': kernel,
    'systemd-sysctl.service': kernel,
    'systemd-binfmt.service': kernel,
    'proc-sys-fs-binfmt_misc.automount': kernel,
    'proc-sys-fs-binfmt_misc.mount': kernel,
    'systemd-boot-system-token.service': kernel,
    'systemd-bless-boot.service': kernel,
    'systemd-pcrphase.service': kernel,
    'systemd-pcrphase-sysinit.service': kernel,
    'systemd-pstore.service': kernel,
    'systemd-random-seed.service': kernel,
    'dev-hugepages.mount': mounts,
    'dev-mqueue.mount': mounts,
    'sys-kernel-debug.mount': mounts,
    'sys-kernel-tracing.mount': mounts,
    'sys-kernel-config.mount': mounts,
    'sys-fs-fuse-connections.mount': mounts,
    'systemd-remount-fs.service': mounts,
    'systemd-growfs-root.service': mounts,
    'systemd-fsck-root.service': mounts,
    'systemd-fsck@.service': mounts,
    'systemd-fsckd.socket': mounts,
    'systemd-fsckd.service': mounts,
    'systemd-repart.service': mounts,
    'systemd-timesyncd.service': clock,
    'systemd-time-wait-sync.service': clock,
    'systemd-machine-id-commit.service': 'the manager sets up the machine id',
    'systemd-update-utmp.service': 'logins are not recorded in a container',
    'systemd-update-utmp-runlevel.service': 'logins are not recorded in a container',
    'systemd-machined.service': machine,
    'systemd-oomd.service': machine,
    'systemd-oomd.socket': machine,
  }),
);

/** The reason why a unit is not run, looked up by its name or by that of its template. */
export function reasonNotRun(name: string): string | undefined {
  const at = name.indexOf('@');
  const dot = name.lastIndexOf('.');
  return notRun.get(name) ?? (at > 0 && dot > at ? notRun.get(name.slice(0, at + 1) + name.slice(dot)) : undefined);
}
