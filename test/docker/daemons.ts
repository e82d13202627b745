/** Daemons that people use most, as Debian packages them: each is a row of docs/daemons.md, and of tests in daemons.test.ts. */

type Suite = 'plain' | 'trixie';

/** A daemon that runs in a container without privileges. */
export interface Daemon {
  readonly name: string;
  readonly packages: string;
  /** Its unit; in Debian 13 another one. */
  readonly unit: string;
  readonly trixie?: string;
  /** A command that asks it over its own protocol, and what the answer has. */
  readonly ask: string;
  readonly answer: RegExp;
  /** Of the Dockerfile: what it needs in such a container, which docs/daemons.md says in words. */
  readonly setup?: string;
  /** ExecReload= of the unit ends the daemon. */
  readonly reloadEnds?: boolean;
  /** `Result=` after its main process was killed, where that is not `signal`. */
  readonly killed?: string;
}

/** One that can't run there: what stays inactive or fails, and what `pidone doctor` says of it. */
export interface Limit {
  readonly name: string;
  readonly packages: string;
  readonly failed?: readonly string[];
  readonly inactive?: readonly string[];
  readonly said: RegExp;
  readonly setup?: string;
}

export interface Group {
  readonly suites: readonly Suite[];
  readonly daemons: readonly Daemon[];
  readonly limits: readonly Limit[];
  /** Packages of those who ask. */
  readonly tools: string;
}

/** What a server at a port of the container's says to `words`; it need not hang up. */
const tcp = (port: number, words: string): string =>
  `perl -MIO::Socket::INET -e '$| = 1; alarm 3; $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:${port}") or exit 1; ` +
  `print $s "${words}"; print while <$s>'`;
const http = (port: number, path = '/'): string => tcp(port, `GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n`);
const localhost = 'dig +short +time=2 +tries=1 @127.0.0.1 localhost';
const dropIn = (unit: string, line: string): string =>
  `mkdir -p /etc/systemd/system/${unit}.d && printf '[Service]\\n${line}\\n' > /etc/systemd/system/${unit}.d/matrix.conf`;

const both: readonly Suite[] = ['plain', 'trixie'];

/** Small ones: these are tested in each run, on Debian 12. */
const small: Group = {
  suites: both,
  tools: 'bind9-dnsutils mosquitto-clients',
  daemons: [
    { name: 'apache2', packages: 'apache2', unit: 'apache2.service', ask: http(80), answer: /200 OK/ },
    {
      name: 'haproxy',
      packages: 'haproxy',
      unit: 'haproxy.service',
      ask: `perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/haproxy/admin.sock") or exit 1; print $s "show info\\n"; print while <$s>'`,
      answer: /^Name: HAProxy$/m,
    },
    {
      name: 'mosquitto',
      packages: 'mosquitto',
      unit: 'mosquitto.service',
      ask: 'mosquitto_pub -r -t a -m hello && mosquitto_sub -t a -C 1 -W 5',
      answer: /^hello$/m,
    },
    {
      name: 'rsyslog',
      packages: 'rsyslog',
      unit: 'rsyslog.service',
      ask: 'n=$(date +%s%N); logger "$n"; timeout 5 sh -c "until grep -q $n /var/log/syslog; do :; done" && echo kept',
      answer: /^kept$/m,
    },
    { name: 'dnsmasq', packages: 'dnsmasq', unit: 'dnsmasq.service', ask: localhost, answer: /^127\.0\.0\.1$/m },
    {
      name: 'dovecot',
      packages: 'dovecot-imapd',
      unit: 'dovecot.service',
      ask: tcp(143, 'a LOGOUT\\r\\n'),
      answer: /Dovecot[\s\S]*a OK Logout/,
    },
    {
      name: 'avahi',
      packages: 'avahi-daemon',
      unit: 'avahi-daemon.service',
      ask: 'dbus-send --system --print-reply --dest=org.freedesktop.Avahi / org.freedesktop.Avahi.Server.GetVersionString',
      answer: /"avahi 0/,
    },
    {
      name: 'node exporter',
      packages: 'prometheus-node-exporter',
      unit: 'prometheus-node-exporter.service',
      ask: http(9100, '/metrics'),
      answer: /node_exporter_build_info/,
      reloadEnds: true,
    },
    {
      name: 'openssh-server',
      packages: 'openssh-server',
      unit: 'ssh.service',
      ask: tcp(22, 'SSH-2.0-ask\\r\\n'),
      answer: /^SSH-2\.0-OpenSSH/,
    },
    { name: 'cron', packages: 'cron', unit: 'cron.service', ask: 'pgrep -x cron', answer: /^\d+$/m },
  ],
  limits: [
    {
      name: 'chrony',
      packages: 'chrony',
      inactive: ['chrony.service'],
      said: /chrony\.service: its condition does not hold here: ConditionCapability=CAP_SYS_TIME/,
    },
    {
      name: 'snmpd',
      packages: 'snmpd',
      failed: ['snmpd.service'],
      said: /snmpd\.service: snmpd listens on ::1 \(.*\), and the container has no such address/,
    },
  ],
};

const servers: Group = {
  suites: both,
  tools: 'bind9-dnsutils ldap-utils libfcgi-bin',
  daemons: [
    { name: 'nginx', packages: 'nginx', unit: 'nginx.service', ask: http(80), answer: /200 OK/ },
    {
      name: 'php-fpm',
      packages: 'php-fpm',
      unit: 'php8.2-fpm.service',
      trixie: 'php8.4-fpm.service',
      setup: 'echo "<?php echo 6 * 7;" > /srv/ask.php',
      ask: 'SCRIPT_FILENAME=/srv/ask.php REQUEST_METHOD=GET cgi-fcgi -bind -connect "$(ls /run/php/php8*-fpm.sock)"',
      answer: /^42$/m,
    },
    {
      name: 'postgresql',
      packages: 'postgresql',
      unit: 'postgresql@15-main.service',
      trixie: 'postgresql@17-main.service',
      ask: `su postgres -c "psql -Atc 'SELECT 6 * 7'"`,
      answer: /^42$/m,
      // ExecStart=- takes any end of the main process for a good one, and pg_ctlcluster has nothing to stop.
      killed: 'exit-code',
    },
    {
      name: 'mariadb',
      packages: 'mariadb-server',
      unit: 'mariadb.service',
      ask: `mariadb -Ne 'SELECT 6 * 7'`,
      answer: /^42$/m,
    },
    { name: 'redis', packages: 'redis-server', unit: 'redis-server.service', ask: 'redis-cli PING', answer: /^PONG$/m },
    {
      name: 'memcached',
      packages: 'memcached',
      unit: 'memcached.service',
      setup: "sed -i '/^-l ::1$/d' /etc/memcached.conf",
      ask: tcp(11211, 'version\\r\\nquit\\r\\n'),
      answer: /^VERSION 1/m,
    },
    {
      name: 'rabbitmq',
      packages: 'rabbitmq-server',
      unit: 'rabbitmq-server.service',
      // Whoever speaks another protocol is told which one it is.
      ask: tcp(5672, 'HELLO 12'),
      answer: /^AMQP/,
    },
    {
      name: 'varnish',
      packages: 'varnish uuid-runtime',
      unit: 'varnish.service',
      // Its log daemon fails with it when it is killed.
      setup: 'systemctl disable varnishncsa.service; test -s /etc/varnish/secret || echo secret > /etc/varnish/secret',
      ask: http(6081),
      answer: /Varnish/,
    },
    {
      name: 'squid',
      packages: 'squid',
      unit: 'squid.service',
      setup: 'echo "shutdown_lifetime 1 second\\nvisible_hostname localhost" > /etc/squid/conf.d/matrix.conf',
      ask: http(3128),
      answer: /^Server: squid/m,
    },
    {
      name: 'bind9',
      packages: 'bind9',
      unit: 'named.service',
      // Debian 13's has no zones of its own, not even localhost, and without a network it finds nobody who has.
      ask: 'dig +short +time=2 +tries=1 @127.0.0.1 version.bind CH TXT',
      answer: /^"9\./m,
    },
    {
      name: 'prometheus',
      packages: 'prometheus',
      unit: 'prometheus.service',
      ask: http(9090, '/-/ready'),
      answer: /200 OK/,
    },
    {
      name: 'slapd',
      packages: 'slapd',
      unit: 'slapd.service',
      ask: "ldapsearch -x -H ldap://127.0.0.1 -b '' -s base supportedLDAPVersion",
      answer: /^supportedLDAPVersion: 3$/m,
    },
    {
      name: 'logrotate',
      packages: 'logrotate',
      unit: 'logrotate.timer',
      ask: 'systemctl start logrotate.service && systemctl show -P Result logrotate.service',
      answer: /^success$/m,
    },
  ],
  limits: [],
};

const others: Group = {
  suites: both,
  tools: 'bind9-dnsutils smbclient cups-client',
  daemons: [
    { name: 'tomcat', packages: 'tomcat10', unit: 'tomcat10.service', ask: http(8080), answer: /^HTTP\/1\.1 200/ },
    {
      name: 'jetty',
      packages: 'jetty9',
      unit: 'jetty9.service',
      // tomcat has its port.
      setup: 'echo jetty.http.port=8081 >> /etc/jetty9/start.ini',
      ask: http(8081),
      answer: /^Server: Jetty/m,
    },
    {
      name: 'alertmanager',
      packages: 'prometheus-alertmanager',
      unit: 'prometheus-alertmanager.service',
      // Who looks for others of its cluster needs an address.
      setup: 'echo ARGS=--cluster.listen-address= > /etc/default/prometheus-alertmanager',
      ask: http(9093, '/-/ready'),
      answer: /200 OK/,
    },
    {
      name: 'etcd',
      packages: 'etcd-server etcd-client',
      unit: 'etcd.service',
      ask: 'ETCDCTL_API=3 etcdctl put answer 42 && ETCDCTL_API=3 etcdctl get answer',
      answer: /^OK\nanswer\n42$/m,
    },
    {
      name: 'apt',
      packages: 'apt',
      unit: 'apt-daily.timer',
      ask: 'systemctl start apt-daily.service && systemctl show -P Result apt-daily.service',
      answer: /^success$/m,
    },
    {
      name: 'postfix',
      packages: 'postfix',
      unit: 'postfix@-.service',
      trixie: 'postfix.service',
      ask: tcp(25, 'QUIT\\r\\n'),
      answer: /^220 .*Postfix[\s\S]*^221 /m,
    },
    {
      name: 'samba',
      packages: 'samba',
      unit: 'smbd.service',
      ask: 'smbclient -N -L //127.0.0.1',
      answer: /Sharename[\s\S]*IPC\$/,
    },
    { name: 'cups', packages: 'cups', unit: 'cups.service', ask: 'lpstat -r', answer: /^scheduler is running$/m },
    {
      name: 'supervisor',
      packages: 'supervisor',
      unit: 'supervisor.service',
      setup: dropIn('supervisor.service', 'RestartSec=1'),
      ask: 'supervisorctl pid',
      answer: /^\d+$/m,
    },
    { name: 'monit', packages: 'monit', unit: 'monit.service', ask: 'pgrep -x monit', answer: /^\d+$/m },
    {
      name: 'fail2ban',
      packages: 'fail2ban',
      unit: 'fail2ban.service',
      setup: ': > /var/log/auth.log; echo "[sshd]\\nbackend = auto" > /etc/fail2ban/jail.d/log.local',
      ask: 'fail2ban-client ping',
      answer: /pong/,
    },
    {
      name: 'unbound',
      packages: 'unbound dns-root-data',
      unit: 'unbound.service',
      setup: 'echo "server:\\n  do-ip6: no" > /etc/unbound/unbound.conf.d/ip6.conf',
      ask: localhost,
      answer: /^127\.0\.0\.1$/m,
    },
  ],
  limits: [
    {
      name: 'nmbd of samba',
      packages: 'samba',
      setup: dropIn('nmbd.service', 'TimeoutStartSec=10'),
      failed: ['nmbd.service'],
      said: /nmbd\.service: nmbd waits for a network/,
    },
    {
      name: 'ntpsec',
      packages: 'ntpsec',
      inactive: ['ntpsec.service'],
      said: /ntpsec\.service: its condition does not hold here: ConditionCapability=CAP_SYS_TIME/,
    },
    {
      name: 'nfs-kernel-server',
      packages: 'nfs-kernel-server',
      failed: ['proc-fs-nfsd.mount', 'run-rpc_pipefs.mount'],
      inactive: ['nfs-server.service'],
      said: /proc-fs-nfsd\.mount, run-rpc_pipefs\.mount: the container may not mount \(no CAP_SYS_ADMIN\)[\s\S]*and with it nfs-server\.service/,
    },
    {
      name: 'docker.io',
      packages: 'docker.io',
      failed: ['docker.service', 'docker.socket'],
      said: /docker\.service: dockerd mounts the file systems of its containers, and the container has no CAP_SYS_ADMIN/,
    },
  ],
};

export const groups: Readonly<Record<string, Group>> = { small, servers, others };
