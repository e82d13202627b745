/**
 * Units that services and a halt name, as share/system has them but for units that are not here
 * (test/unit/simulation/base-units.test.ts compares).
 */

/** Text of a unit file by name. */
export const baseUnits: Readonly<Record<string, string>> = {
  'basic.target': `[Unit]
Description=Basic System
Documentation=man:systemd.special(7)
Requires=sysinit.target
Wants=sockets.target timers.target paths.target slices.target
After=sysinit.target sockets.target paths.target slices.target
RequiresMountsFor=/var /var/tmp
`,
  'default.target': `[Unit]
Description=Graphical Interface
Documentation=man:systemd.special(7)
Requires=multi-user.target
Conflicts=rescue.target
After=multi-user.target rescue.target
AllowIsolate=yes
`,
  'emergency.target': `[Unit]
Description=Emergency Mode
Documentation=man:systemd.special(7)
AllowIsolate=yes
`,
  'exit.target': `[Unit]
Description=Exit the Container
Documentation=man:systemd.special(7)
DefaultDependencies=no
Requires=systemd-exit.service
After=systemd-exit.service
AllowIsolate=yes

[Install]
Alias=ctrl-alt-del.target
`,
  'final.target': `[Unit]
Description=Late Shutdown Services
Documentation=man:systemd.special(7)
DefaultDependencies=no
RefuseManualStart=yes
After=shutdown.target umount.target
`,
  'getty.target': `[Unit]
Description=Login Prompts
Documentation=man:systemd.special(7) man:systemd-getty-generator(8)
`,
  'graphical.target': `[Unit]
Description=Graphical Interface
Documentation=man:systemd.special(7)
Requires=multi-user.target
Conflicts=rescue.target
After=multi-user.target rescue.target
AllowIsolate=yes
`,
  'halt.target': `[Unit]
Description=System Halt
Documentation=man:systemd.special(7)
DefaultDependencies=no
Requires=systemd-halt.service
After=systemd-halt.service
AllowIsolate=yes

[Install]
Alias=ctrl-alt-del.target
`,
  'local-fs-pre.target': `[Unit]
Description=Preparation for Local File Systems
Documentation=man:systemd.special(7)
RefuseManualStart=yes
`,
  'local-fs.target': `[Unit]
Description=Local File Systems
Documentation=man:systemd.special(7)
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs-pre.target
OnFailure=emergency.target
OnFailureJobMode=replace-irreversibly
`,
  'multi-user.target': `[Unit]
Description=Multi-User System
Documentation=man:systemd.special(7)
Requires=basic.target
Conflicts=rescue.target
After=basic.target rescue.target
AllowIsolate=yes
`,
  'network-online.target': `[Unit]
Description=Network is Online
Documentation=man:systemd.special(7)
Documentation=https://systemd.io/NETWORK_ONLINE
After=network.target
`,
  'network-pre.target': `[Unit]
Description=Preparation for Network
Documentation=man:systemd.special(7)
Documentation=https://systemd.io/NETWORK_ONLINE
RefuseManualStart=yes
`,
  'network.target': `[Unit]
Description=Network
Documentation=man:systemd.special(7)
Documentation=https://systemd.io/NETWORK_ONLINE
After=network-pre.target
RefuseManualStart=yes
`,
  'nss-lookup.target': `[Unit]
Description=Host and Network Name Lookups
Documentation=man:systemd.special(7)
RefuseManualStart=yes
`,
  'nss-user-lookup.target': `[Unit]
Description=User and Group Name Lookups
Documentation=man:systemd.special(7)
RefuseManualStart=yes
`,
  'paths.target': `[Unit]
Description=Path Units
Documentation=man:systemd.special(7)
`,
  'poweroff.target': `[Unit]
Description=System Power Off
Documentation=man:systemd.special(7)
DefaultDependencies=no
Requires=systemd-poweroff.service
After=systemd-poweroff.service
AllowIsolate=yes
JobTimeoutSec=30min
JobTimeoutAction=poweroff-force

[Install]
Alias=ctrl-alt-del.target
`,
  'reboot.target': `[Unit]
Description=System Reboot
Documentation=man:systemd.special(7)
DefaultDependencies=no
Requires=systemd-reboot.service
After=systemd-reboot.service
AllowIsolate=yes
JobTimeoutSec=30min
JobTimeoutAction=reboot-force

[Install]
Alias=ctrl-alt-del.target
`,
  'remote-fs-pre.target': `[Unit]
Description=Preparation for Remote File Systems
Documentation=man:systemd.special(7)
RefuseManualStart=yes
`,
  'remote-fs.target': `[Unit]
Description=Remote File Systems
Documentation=man:systemd.special(7)
After=remote-fs-pre.target
DefaultDependencies=no
Conflicts=shutdown.target

[Install]
WantedBy=multi-user.target
`,
  'rescue.target': `[Unit]
Description=Rescue Mode
Documentation=man:systemd.special(7)
Requires=sysinit.target
After=sysinit.target
AllowIsolate=yes
`,
  'shutdown.target': `[Unit]
Description=System Shutdown
Documentation=man:systemd.special(7)
DefaultDependencies=no
RefuseManualStart=yes
`,
  'slices.target': `[Unit]
Description=Slice Units
Documentation=man:systemd.special(7)
Wants=-.slice system.slice
After=-.slice system.slice
`,
  'sockets.target': `[Unit]
Description=Socket Units
Documentation=man:systemd.special(7)
`,
  'swap.target': `[Unit]
Description=Swaps
Documentation=man:systemd.special(7)
`,
  'sysinit.target': `[Unit]
Description=System Initialization
Documentation=man:systemd.special(7)
Wants=local-fs.target swap.target
After=local-fs.target swap.target
Conflicts=emergency.target
Before=emergency.target
`,
  'time-set.target': `[Unit]
Description=System Time Set
Documentation=man:systemd.special(7)
RefuseManualStart=yes
`,
  'time-sync.target': `[Unit]
Description=System Time Synchronized
Documentation=man:systemd.special(7)
RefuseManualStart=yes
After=time-set.target
Wants=time-set.target
`,
  'timers.target': `[Unit]
Description=Timer Units
Documentation=man:systemd.special(7)
DefaultDependencies=no
Conflicts=shutdown.target
`,
  'umount.target': `[Unit]
Description=Unmount All Filesystems
Documentation=man:systemd.special(7)
DefaultDependencies=no
RefuseManualStart=yes
`,
  'systemd-exit.service': `[Unit]
Description=Exit the Container
Documentation=man:systemd.special(7)
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target
SuccessAction=exit-force
`,
  'systemd-halt.service': `[Unit]
Description=System Halt
Documentation=man:systemd-halt.service(8)
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target
SuccessAction=halt-force
`,
  'systemd-poweroff.service': `[Unit]
Description=System Power Off
Documentation=man:systemd-poweroff.service(8)
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target
SuccessAction=poweroff-force
`,
  'systemd-reboot.service': `[Unit]
Description=System Reboot
Documentation=man:systemd-reboot.service(8)
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target
SuccessAction=reboot-force
`,
};

/** What Type=dbus services are tied to; the names on the bus are those that programs take (bus.ts). */
export const busUnits: Readonly<Record<string, string>> = {
  'dbus.socket': `[Unit]
Description=D-Bus System Message Bus Socket
[Socket]
ListenStream=/run/dbus/system_bus_socket
`,
  'dbus.service': `[Unit]
Description=D-Bus System Message Bus
Requires=dbus.socket
[Service]
ExecStart=/usr/bin/dbus-daemon --system
`,
};
