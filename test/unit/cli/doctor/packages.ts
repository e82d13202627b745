/** Packages of Debian that meet limits of containers, as far as the doctor looks at them. */
import type { World } from '../../../support/world.ts';

export interface Package {
  readonly files: Readonly<Record<string, string>>;
  /** Units or init scripts that a boot starts. */
  readonly wanted: readonly string[];
}

const vendor = '/usr/lib/systemd/system';

/** As deb-systemd-helper and update-rc.d leave it. */
export function enabled(w: World, name: string): void {
  if (name.startsWith('/etc/init.d/')) w.put(`/etc/rc2.d/S01${name.slice(12)}`, `-> ${name}`);
  else w.put(`/etc/systemd/system/multi-user.target.wants/${name}`, `-> ${vendor}/${name}`);
}

const unbound: Package = {
  files: {
    [`${vendor}/unbound.service`]: `[Unit]
Description=Unbound DNS server
After=network.target

[Service]
Type=notify
Restart=on-failure
EnvironmentFile=-/etc/default/unbound
ExecStartPre=-/usr/libexec/unbound-helper chroot_setup
ExecStartPre=-/usr/libexec/unbound-helper root_trust_anchor_update
ExecStart=/usr/sbin/unbound -d -p $DAEMON_OPTS
ExecStopPost=-/usr/libexec/unbound-helper chroot_teardown
ExecReload=+/bin/kill -HUP $MAINPID
`,
  },
  wanted: ['unbound.service'],
};

const chrony: Package = {
  files: {
    [`${vendor}/chrony.service`]: `[Unit]
Description=chrony, an NTP client/server
ConditionCapability=CAP_SYS_TIME

[Service]
Type=forking
PIDFile=/run/chrony/chronyd.pid
EnvironmentFile=-/etc/default/chrony
User=www-data
ExecStart=!/usr/sbin/chronyd $DAEMON_OPTS
CapabilityBoundingSet=~CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_AUDIT_WRITE
`,
  },
  wanted: ['chrony.service'],
};

const timesyncd: Package = {
  files: {
    [`${vendor}/systemd-timesyncd.service`]: `[Unit]
Description=Network Time Synchronization
ConditionCapability=CAP_SYS_TIME
ConditionVirtualization=!container

[Service]
AmbientCapabilities=CAP_SYS_TIME
ExecStart=!!/lib/systemd/systemd-timesyncd
User=systemd-timesync
PrivateTmp=yes
`,
  },
  wanted: ['systemd-timesyncd.service'],
};

const nfs: Package = {
  files: {
    [`${vendor}/nfs-server.service`]: `[Unit]
Description=NFS server and services
DefaultDependencies=no
Requires=network.target proc-fs-nfsd.mount
After=proc-fs-nfsd.mount

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/rpc.nfsd
`,
    [`${vendor}/proc-fs-nfsd.mount`]: `[Unit]
Description=NFSD configuration filesystem

[Mount]
What=nfsd
Where=/proc/fs/nfsd
Type=nfsd
`,
  },
  wanted: ['nfs-server.service'],
};

const header = (name: string): string => `#!/bin/sh
### BEGIN INIT INFO
# Provides:          ${name}
# Required-Start:    $remote_fs $network $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: ${name}
### END INIT INFO
`;

const script = (name: string, text: string): Package => ({
  files: { [`/etc/init.d/${name}`]: header(name) + text },
  wanted: [`/etc/init.d/${name}`],
});

const slapd = script(
  'slapd',
  `SLAPD=/usr/sbin/slapd
if [ "$SLAPD_USER" ]; then
	SLAPD_OPTIONS="-u $SLAPD_USER $SLAPD_OPTIONS"
fi
stop_slapd() {
	reason="\`start-stop-daemon --stop --quiet --oknodo --retry TERM/10 \\
		--pidfile "$SLAPD_PIDFILE" \\
		--exec $SLAPD 2>&1\`"
}
`,
);

const zookeeper = script(
  'zookeeper',
  `USER=zookeeper
is_running()
{
	start-stop-daemon --start --quiet --pidfile $PIDFILE --exec $JAVA --user $USER --test > /dev/null
}
`,
);

/** a.service, with these lines before its ExecStart=. */
const simple = (lines: string, unitLines = ''): Package => ({
  files: {
    [`${vendor}/a.service`]: `${unitLines === '' ? '' : `[Unit]\n${unitLines}\n`}[Service]\nExecStart=/usr/bin/a\n${lines}\n`,
  },
  wanted: ['a.service'],
});

export const packages = { unbound, chrony, timesyncd, nfs, slapd, zookeeper, simple };
