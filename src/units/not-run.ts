/**
 * Units that the systemd package ships for its own daemons, or for a machine with hardware. They load, and `status`
 * says why they do not run here; a start of one succeeds without effect, as a start whose condition is not met does, and
 * it stands in the way of nobody who needs it or is bound to it.
 *
 * Where the systemd package is not installed their names come from share/system, for other packages need them. Some of
 * those would run if the package were there.
 */
import { parentOf } from '../text/paths.ts';
import { isOwnUnits } from '../unitfile/files/load-path.ts';

const journal = 'pidone keeps the journal itself';
const devices = 'device nodes come from the container engine; there is no udev';
const logins = 'logind needs the D-Bus interface of PID 1, which pidone does not have';
const console = 'the console of a container is the output of its init';
const kernel = "the kernel and its settings are the host's";
const mounts = "mounts of a container are the engine's";
const clock = "the clock is the host's";
const machine = "this daemon serves systemd's own D-Bus interfaces";
const network = "the network of a container is the engine's";
const program = 'its program is part of the systemd package, which is not installed';

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
    'systemd-growfs@.service': mounts,
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

/** Those whose file is pidone's own. */
const notRunOfOurs: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'rescue.service': console,
    'emergency.service': console,
    'getty-static.service': console,
    'systemd-tmpfiles-setup-dev-early.service': devices,
    'systemd-udev-load-credentials.service': devices,
    'quotaon.service': mounts,
    'systemd-quotacheck.service': mounts,
    'systemd-sysext.service': mounts,
    'systemd-confext.service': mounts,
    'systemd-networkd.service': network,
    'systemd-networkd.socket': network,
    'systemd-networkd-wait-online.service': network,
    'systemd-networkd-wait-online@.service': network,
    'systemd-network-generator.service': network,
    'systemd-resolved.service': "names are resolved as the engine's /etc/resolv.conf says",
    'systemd-firstboot.service': 'an image has its settings, nobody is there to be asked for them',
    'systemd-hostnamed.service': program,
    'systemd-localed.service': program,
    'systemd-timedated.service': program,
  }),
);

/** The reason why a unit is not run, looked up by its name or by that of its template. `path` is its file. */
export function reasonNotRun(name: string, path: string | undefined): string | undefined {
  const template = name.replace(/@.*(?=\.)/, '@');
  const reason = notRun.get(name) ?? notRun.get(template);
  if (reason !== undefined || path === undefined || !isOwnUnits(parentOf(path))) return reason;
  return notRunOfOurs.get(name) ?? notRunOfOurs.get(template);
}
