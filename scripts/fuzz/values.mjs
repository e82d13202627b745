/**
 * Random values for each directive of systemd 252, of the forms that its manual pages allow: units and suffixes, lists,
 * quotes, escapes, specifiers, prefixes. A generator gets a Random and gives the text after `=`.
 */

const words = (text) => text.split(' ');
const of = (text) => (r) => r.pick(words(text));

const bool = of('Y T oN TruE yes no true false on off 1 0 Yes NO y n t f TRUE False');
const spanUnits = words('us usec ms msec s sec second seconds m min minute minutes h hr hour d day days w week weeks');
const longUnits = words('month months y year years');

const spans = [
  '1h30',
  '90min',
  '5 s',
  ' 7s',
  '2M',
  '1y2M3w4d',
  '1.5h',
  '0.1s',
  '.5s',
  '30µs',
  '7μs',
  '1d 1',
  '+5min',
  '0',
  '1h5m7',
  '1.000001s',
];

function spanPart(r) {
  const unit = r.chance(0.05) ? r.pick(longUnits) : r.pick(spanUnits);
  const amount = r.chance(0.2) ? `${r.int(0, 90)}.${r.int(0, 999)}` : String(r.int(0, 120));
  return amount + (r.chance(0.3) ? ' ' : '') + unit;
}
function span(r) {
  if (r.chance(0.06)) return 'infinity';
  if (r.chance(0.15)) return r.pick(spans);
  if (r.chance(0.2)) return String(r.int(0, 100000));
  if (r.chance(0.1)) return `${r.int(0, 500)}.${r.int(1, 999999)}`;
  return r.many(1, 3, () => spanPart(r)).join(r.chance(0.7) ? ' ' : '');
}
const finiteSpan = (r) => {
  const value = span(r);
  return value === 'infinity' ? '5min' : value;
};
const sizes = ['1G 5M', '2G1K', '0', '0x10', '1.25G', '1E', '  5K', '1.5', '3M 2K 1B'];
const size = (r) =>
  r.chance(0.1)
    ? r.pick(sizes)
    : r.chance(0.3)
      ? String(r.int(0, 2 ** 31))
      : `${r.int(0, 900)}${r.chance(0.2) ? `.${r.int(0, 9)}` : ''}${r.chance(0.1) ? ' ' : ''}${r.pick(words('B K M G T'))}`;
const percent = (r) =>
  r.chance(0.1)
    ? r.pick(['33.3%', '0.01%', '100.00%', '99.99%', '0%', '12.345%'])
    : r.chance(0.7)
      ? `${r.int(0, 100)}%`
      : `${r.int(0, 99)}.${r.int(0, 99)}%`;
const memory = (r) => (r.chance(0.15) ? 'infinity' : r.chance(0.2) ? percent(r) : size(r));
const unsigned = (r) =>
  r.chance(0.1) ? `0x${r.int(0, 0xffff).toString(16)}` : String(r.int(0, r.pick([5, 100, 70000])));
const mode = (r) => (r.chance(0.4) ? '0' : '') + r.int(0, 0o777).toString(8).padStart(3, '0');

const segment = (r) => r.pick(words('var lib srv foo bar-baz a.b data_1 x %n %N %p %i %j %u %% etc.d'));
function path(r) {
  const parts = r.many(1, 4, () => segment(r));
  let text = `/${parts.join(r.chance(0.1) ? '//' : '/')}`;
  if (r.chance(0.1)) text += '/';
  if (r.chance(0.06)) text = text.replace('/', '/./');
  if (r.chance(0.08)) text = `%${r.pick(words('t S C L E'))}${text}`;
  return text;
}
const plainPath = (r) => `/${r.many(1, 3, () => r.pick(words('var lib srv foo bar-baz a.b data_1 x'))).join('/')}`;
const quotedPath = (r) => (r.chance(0.15) ? `"${plainPath(r)} with blank"` : path(r));
const pathList = (prefixes) => (r) =>
  r.many(1, 3, () => (r.chance(0.3) ? r.pick(prefixes) : '') + (r.chance(0.1) ? plainPath(r) : path(r))).join(' ');
const relative = (r) => r.many(1, 2, () => r.pick(words('foo bar-1 x_y app.d data'))).join('/');
const text = (r) =>
  r
    .many(1, 5, () =>
      r.pick(
        words(
          'Some text with %n %p %i %I %j %J %% %u %U %g %h %s %t %S %C %L %E %H %a %o %w %W %v %N and "quotes" it\'s back\\\\slash ümläut $dollar a=b #no ;semi 🙂',
        ),
      ),
    )
    .join(' ');
const identifier = (r) => r.pick(words('ident foo-bar x.y %p %N abc_1 %n %i%% %u-x'));
const unitNames = (types) => (r) =>
  r.many(1, 3, () => `${r.pick(words('zz-a zz-b zz-c zz-d@1 zz-e zz\\x2df'))}.${r.pick(types)}`).join(' ');
const anyUnits = unitNames(words('service socket target mount path timer'));
const signal = (r) =>
  r.pick(
    words(
      'SIGTERM TERM SIGKILL HUP SIGUSR1 9 15 SIGRTMIN SIGRTMIN+3 RTMIN+5 SIGRTMAX-2 SIGINT QUIT 1 2 SIGABRT SIGSEGV',
    ),
  );
const cpus = (r) => {
  const from = r.int(0, 6);
  return r
    .many(1, 3, () => (r.chance(0.5) ? String(r.int(0, 9)) : `${from}-${from + r.int(0, 6)}`))
    .join(r.pick([' ', ',', ', ']));
};
const emergency = of(
  'none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force',
);
const jobMode = of('fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements');
const capabilities = words(
  'CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL cap_net_admin CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_NET_BIND_SERVICE CAP_BPF ' +
    'CAP_SYSLOG CAP_MKNOD CAP_AUDIT_WRITE 5 cap_setuid',
);
const capabilitySet = (r) =>
  r.chance(0.05) ? '' : r.chance(0.05) ? '~' : (r.chance(0.4) ? '~' : '') + r.some(capabilities, 1, 5).join(' ');
const user = of('root daemon www-data 0 12 nobody mail 1234 65533 %u user-%p u_1 app.x');
const exit = (r) =>
  r
    .many(1, 4, () =>
      r.pick(words('0 1 2 3 42 255 SIGTERM SIGKILL TEMPFAIL DATAERR 250 SIGHUP USAGE 203 EXEC SUCCESS CHDIR')),
    )
    .join(' ');
const arguments_ = (r) =>
  r
    .many(0, 4, () =>
      r.pick([
        'a',
        '-x',
        '--long=%n',
        '"two words"',
        "'single quoted'",
        '$HOME',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as a unit file has it
        '${FOO}',
        '$$',
        '%%',
        'tab\\tx',
        'a\\x20b',
        '"esc \\" quote"',
        '\\\\',
        '%i',
        'ünï',
        "it\\'s",
        '""',
        '{a,b}',
        '*',
        '>',
        '|',
        '&&',
        '/path with',
        '\\u00e9',
        'x\\073y',
      ]),
    )
    .join(' ');
function command(r) {
  const prefix = r.pick(['', '', '', '-', '@', '+', '!', '!!', ':', '-@', '@-', ':-', '-+', ':+-']);
  const program = r.pick(words('/bin/true /bin/echo /usr/bin/env true /bin/sh'));
  const zero = prefix.includes('@') ? ` ${r.pick(words('argv0 my-name'))}` : '';
  let line = `${prefix}${program}${zero} ${arguments_(r)}`.trimEnd();
  if (r.chance(0.08)) line += ` ; /bin/echo ${arguments_(r)}`.trimEnd();
  return line;
}
const assignments = (r) =>
  r
    .many(1, 3, () => {
      const name = r.pick(words('A FOO BAR_BAZ x _y LONG_NAME1'));
      const value = r.pick([
        '1',
        '',
        'two words',
        'a=b',
        '%n',
        'ü',
        '$x',
        'tab\\there',
        'q\\"q',
        '/p/a/t/h',
        "it's",
        'x\\x41y',
        '%%',
        '\\\\',
      ]);
      return /[ ']/.test(value) || r.chance(0.2) ? `"${name}=${value}"` : `${name}=${value}`;
    })
    .join(' ');
const variableNames = (r) => r.some(words('PATH LANG FOO X_1 _a LC_ALL'), 1, 3).join(' ');
const limit = (make) => (r) => {
  const one = () => (r.chance(0.15) ? 'infinity' : make(r));
  return r.chance(0.35) ? pairOf(one) : one();
};
function pairOf(one) {
  const pair = [one(), one()];
  const value = (text) => (text === 'infinity' ? Infinity : Number.parseFloat(text));
  return pair.sort((a, b) => value(a) - value(b)).join(':');
}
const count = (r) => String(r.int(0, 100000));
const prefix4 = (r) =>
  `${r.int(1, 223)}.${r.int(0, 255)}.${r.int(0, 255)}.${r.int(0, 255)}${r.chance(0.7) ? `/${r.int(0, 32)}` : ''}`;
const prefix6 = (r) =>
  `${r.pick(words('2001:db8:: fe80::1 ::1 fd00:1:2:3:4:5:6:7 ff02::1:2 ::ffff:1.2.3.4'))}${r.chance(0.7) ? `/${r.int(0, 128)}` : ''}`;
const addresses = (r) =>
  r
    .many(1, 3, () =>
      r.chance(0.3) ? r.pick(words('any localhost link-local multicast')) : r.chance(0.6) ? prefix4(r) : prefix6(r),
    )
    .join(' ');
const device = of('/dev/null /dev/zero /dev/sda /dev/loop0 /dev/disk/by-id/x /dev/vda1');
const binds = (r) =>
  r
    .many(1, 2, () => {
      let text = (r.chance(0.2) ? '-' : '') + plainPath(r);
      if (r.chance(0.6)) text += `:${plainPath(r)}${r.chance(0.4) ? `:${r.pick(words('rbind norbind'))}` : ''}`;
      return text;
    })
    .join(' ');
const groupsOfCalls = words(
  '@clock @swap @mount @system-service @chown @debug @reboot @timer @keyring @io-event @raw-io @setuid',
);
const calls = words('read write openat ptrace kill clone3 mount umount2 bpf keyctl chown execve nanosleep');
const errnos = words('EPERM EACCES ENOSYS kill 1 38 EINVAL');
const callFilter = (r) => {
  const deny = r.chance(0.5);
  const list = r.some([...groupsOfCalls, ...calls], 1, 4);
  return deny
    ? `~${list.map((call) => (r.chance(0.2) ? `${call}:${r.pick(errnos)}` : call)).join(' ')}`
    : list.join(' ');
};
const callList = (r) => (r.chance(0.5) ? '~' : '') + r.some([...groupsOfCalls, ...calls], 1, 4).join(' ');
const directories = (alias) => (r) =>
  r.many(1, 3, () => relative(r) + (alias && r.chance(0.2) ? `:${r.pick(words('link other/place'))}` : '')).join(' ');
const controllers = (r) =>
  r.some(words('cpu cpuacct cpuset io blkio memory devices pids bpf-firewall bpf-devices'), 1, 4).join(' ');
const calendars = [
  'Sat *-*-8..14 18:00',
  '*-*-01/2',
  'Thu,Fri 2012-*-1,5 11:12:13',
  '2003-03-05 05:40',
  '00..12:30',
  '*:0/5:30.25',
  'Mon *-05~03',
  '*:*:00/3.5',
  '2029-02-29',
  '*-*-* 23:59:59.999999',
  'Mon..Sun',
  'Fri..Mon 10:00',
  '*-1..12/3-1',
  '@1900000000',
  '12..14,20:10,30',
  '*~7/1',
  'Wed *-1',
  '05:40:23.420',
  'Mon-Wed',
  '1:2',
  '*-02~1..3',
  'Tue~',
  '29-1-1',
  '2030-5',
  '0/6:0',
];
const calendar = (r) => {
  if (r.chance(0.3))
    return r.chance(0.5)
      ? r.pick(words('minutely hourly daily weekly monthly yearly quarterly semiannually annually'))
      : r.pick(calendars);
  const day = r.pick(['', '', 'Mon ', 'Mon..Fri ', 'Sat,Sun ', 'mon,WED..fri ', 'Sunday ']);
  const date = r.pick([
    '',
    '',
    '*-*-* ',
    '*-*-1 ',
    '2030-1-1 ',
    '*-2-28..29 ',
    '*-1/3-15 ',
    '2025..2030-*-* ',
    '*-*~1 ',
    '*-12-1,5,9 ',
  ]);
  const time = r.pick(['00:00', '12:30:15', '*:0/15', '6..18:00', '*:*:0/10', '1,13:05:00.5', '03:00:00', '*:30']);
  const zone = r.pick(['', '', '', ' UTC', ' Europe/Berlin']);
  return `${day}${date}${time}${zone.includes('/') ? '' : zone}`;
};
const socketAddress = (r) =>
  r.pick([
    () => plainPath(r),
    () => `@${r.pick(words('abstract x/y name-%%'))}`,
    () => String(r.int(1, 65535)),
    () => `127.0.0.1:${r.int(1, 65535)}`,
    () => `[::1]:${r.int(1, 65535)}`,
    () => `[2001:db8:0:0::5]:${r.int(1, 65535)}`,
    () => `0.0.0.0:${r.int(1, 65535)}`,
    () => `vsock:${r.int(2, 9)}:${r.int(1, 9999)}`,
    () => `/run/%p.sock`,
    () => `[fe80::1%%lo]:${r.int(1, 65535)}`,
    () => `${r.int(1, 255)}.0.0.1:${r.int(1, 65535)}`,
    () => `[::ffff:1.2.3.4]:${r.int(1, 65535)}`,
    () => `@${'x'.repeat(r.int(1, 90))}`,
    () => `vsock::${r.int(1, 9999)}`,
  ])();
const standardOutput = (r) =>
  r.pick([
    () => r.pick(words('inherit null tty journal kmsg journal+console kmsg+console socket fd')),
    () => `file:${plainPath(r)}`,
    () => `append:${plainPath(r)}`,
    () => `truncate:${plainPath(r)}`,
    () => `fd:${r.pick(words('name other-1'))}`,
  ])();
const standardInput = (r) =>
  r.pick([
    () => r.pick(words('null tty tty-force tty-fail data socket fd')),
    () => `file:${plainPath(r)}`,
    () => `fd:${r.pick(words('name other-1'))}`,
  ])();
const weight = (from, to) => (r) => String(r.int(from, to));
const perDevice = (make) => (r) => `${device(r)} ${make(r)}`;
const label = (r) => (r.chance(0.4) ? '-' : '') + r.pick(words('label_t profile-1 x:y:z'));
const base64 = (r) => Buffer.from(r.pick(['hello', 'a b\nc', '\u0001\u00ff', ''])).toString('base64') || 'aA==';
const bindRule = (r) => {
  const family = r.pick(['', 'ipv4:', 'ipv6:']);
  const protocol = r.pick(['', 'tcp:', 'udp:']);
  const from = r.int(1, 3000);
  const ports = r.pick([String(from), `${from}-${from + r.int(1, 999)}`, 'any']);
  return family + protocol + ports;
};

const limits = {
  LimitCPU: (r) => (r.chance(0.3) ? `${r.int(1, 90)}${r.pick(words('s min h'))}` : limit(count)(r)),
  LimitFSIZE: limit((r) => String(r.int(0, 2 ** 31))),
  LimitDATA: limit((r) => String(r.int(0, 2 ** 31))),
  LimitSTACK: limit((r) => String(r.int(0, 2 ** 31))),
  LimitCORE: (r) => (r.chance(0.5) ? `${r.int(1, 99)}${r.pick(words('K M G'))}` : limit(count)(r)),
  LimitRSS: limit(count),
  LimitNOFILE: limit(count),
  LimitAS: (r) => (r.chance(0.5) ? `${r.int(1, 99)}${r.pick(words('K M G T'))}` : limit(count)(r)),
  LimitNPROC: limit(count),
  LimitMEMLOCK: limit(count),
  LimitLOCKS: limit(count),
  LimitSIGPENDING: limit(count),
  LimitMSGQUEUE: limit(count),
  LimitNICE: (r) => r.pick(['-5', '+3', '0', '10', '20', '+19', '-20']),
  LimitRTPRIO: limit((r) => String(r.int(0, 99))),
  LimitRTTIME: (r) => r.pick([String(r.int(1, 99999)), `${r.int(1, 900)}ms`, 'infinity', '5s', '100us:2s']),
};

/** By `Section.Key`, else by `Key`, else by the name of the kind of value. */
export const generators = {
  ...limits,
  'Mount.Options': of('ro rw,nosuid size=1m,mode=0755 noatime'),
  'Swap.Options': of('discard pri=5'),
  'Mount.Type': of('tmpfs ext4 overlay'),
  'Mount.What': of('tmpfs /dev/sda1 LABEL=x UUID=1234-abcd server:/x'),
  Type: of('simple exec forking oneshot notify idle'),
  ExitType: of('main cgroup'),
  Restart: of('no on-success on-failure on-abnormal on-watchdog on-abort always'),
  TimeoutStartFailureMode: of('terminate abort kill'),
  TimeoutStopFailureMode: of('terminate abort kill'),
  NotifyAccess: of('none main exec all'),
  OOMPolicy: of('continue stop kill'),
  PIDFile: (r) => (r.chance(0.5) ? plainPath(r) : `${relative(r)}.pid`),
  BusName: of('org.example.Foo com.example.x_1.Y'),
  FileDescriptorName: of('name-1 http %p'),
  Sockets: unitNames(['socket']),
  Unit: (r) => `${r.pick(words('zz-a zz-b zz-e'))}.service`,
  Service: () => 'zz-s.service',
  Slice: of('zz-one.slice system.slice zz.slice'),
  USBFunctionDescriptors: path,
  USBFunctionStrings: path,
  ExecCondition: command,
  ExecStartPre: command,
  ExecStart: command,
  ExecStartPost: command,
  ExecReload: command,
  ExecStop: command,
  ExecStopPre: command,
  ExecStopPost: command,
  RestartPreventExitStatus: exit,
  RestartForceExitStatus: exit,
  SuccessExitStatus: exit,
  FailureActionExitStatus: weight(0, 255),
  SuccessActionExitStatus: weight(0, 255),
  RebootArgument: text,
  JobTimeoutRebootArgument: text,
  Description: text,
  Documentation: (r) =>
    r
      .many(1, 3, () =>
        r.pick(words('man:foo(1) https://example.org/x?y=%%20 file:/usr/share/doc/x info:foo http://a.b/%n')),
      )
      .join(' '),
  CollectMode: of('inactive inactive-or-failed'),
  OnFailureJobMode: jobMode,
  OnSuccessJobMode: jobMode,
  OnFailureIsolate: bool,
  RequiresMountsFor: (r) => r.many(1, 3, () => quotedPath(r)).join(' '),
  WorkingDirectory: (r) => (r.chance(0.2) ? r.pick(['~', '-~']) : (r.chance(0.3) ? '-' : '') + path(r)),
  RootImageOptions: (r) => r.pick(['ro', 'root:ro', 'root:ro,noexec home:nosuid', 'var:rw usr:ro', 'ro,nosuid']),
  RootHash: (r) => (r.chance(0.5) ? plainPath(r) : 'ab'.repeat(16)),
  RootHashSignature: (r) => (r.chance(0.5) ? plainPath(r) : `base64:${base64(r)}`),
  ExtensionImages: (r) =>
    r.many(1, 2, () => `${r.chance(0.3) ? '-' : ''}${plainPath(r)}${r.chance(0.3) ? ':ro' : ''}`).join(' '),
  MountImages: (r) =>
    r
      .many(
        1,
        2,
        () => `${r.chance(0.3) ? '-' : ''}${plainPath(r)}:${plainPath(r)}${r.chance(0.3) ? ':ro,noexec' : ''}`,
      )
      .join(' '),
  User: user,
  Group: user,
  SocketUser: user,
  SocketGroup: user,
  SupplementaryGroups: (r) => r.many(1, 3, () => user(r)).join(' '),
  Nice: weight(-20, 19),
  OOMScoreAdjust: weight(-1000, 1000),
  CoredumpFilter: (r) =>
    r.pick(['default', 'all', '0x33', 'private-anonymous shared-anonymous', 'elf-headers dax-shared', 'private-huge']),
  IOSchedulingClass: of('0 1 2 3 none realtime best-effort idle'),
  IOSchedulingPriority: weight(0, 7),
  CPUSchedulingPolicy: of('other batch idle fifo rr'),
  CPUSchedulingPriority: weight(1, 99),
  CPUAffinity: (r) => (r.chance(0.1) ? 'numa' : cpus(r)),
  NUMAPolicy: of('default preferred bind interleave local'),
  /** Of a node that is not there systemd can't show the CPUs of CPUAffinity=numa. */
  NUMAMask: of('0 all'),
  AllowedCPUs: cpus,
  StartupAllowedCPUs: cpus,
  AllowedMemoryNodes: (r) => String(r.int(0, 3)),
  StartupAllowedMemoryNodes: (r) => String(r.int(0, 3)),
  Environment: assignments,
  EnvironmentFile: (r) => (r.chance(0.5) ? '-' : '') + path(r),
  PassEnvironment: variableNames,
  UnsetEnvironment: (r) => (r.chance(0.4) ? `A=1 ${variableNames(r)}` : variableNames(r)),
  StandardInput: standardInput,
  StandardOutput: standardOutput,
  StandardError: standardOutput,
  StandardInputText: text,
  StandardInputData: base64,
  TTYRows: weight(0, 500),
  TTYColumns: weight(0, 500),
  TTYPath: path,
  SyslogIdentifier: identifier,
  SyslogFacility: of('3 16 kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local7'),
  SyslogLevel: of('emerg alert crit err warning notice info debug 3 7'),
  LogLevelMax: of('emerg alert crit err warning notice info debug 0 4'),
  LogExtraFields: (r) => r.many(1, 2, () => r.pick(['A=b', '"FIELD_1=two words"', 'X=%n', 'Y='])).join(' '),
  LogNamespace: identifier,
  SecureBits: (r) =>
    r
      .some(words('keep-caps keep-caps-locked no-setuid-fixup no-setuid-fixup-locked noroot noroot-locked'), 1, 3)
      .join(' '),
  CapabilityBoundingSet: capabilitySet,
  AmbientCapabilities: capabilitySet,
  TimerSlackNSec: (r) => r.pick([String(r.int(1, 1e9)), '50us', '1ms', '2s', 'infinity', '100ns 1us']),
  KeyringMode: of('inherit private shared'),
  ProtectProc: of('noaccess invisible ptraceable default'),
  ProcSubset: of('all pid'),
  ProtectSystem: of('yes no full strict true off'),
  ProtectHome: of('yes no read-only tmpfs on false'),
  RuntimeDirectoryPreserve: of('yes no restart'),
  BindIPv6Only: of('default both ipv6-only'),
  SystemCallFilter: callFilter,
  SystemCallLog: callList,
  SystemCallArchitectures: (r) => r.some(words('native x86 x86-64 x32 arm64 riscv64 s390x'), 1, 3).join(' '),
  SystemCallErrorNumber: (r) => r.pick(errnos),
  RestrictNamespaces: (r) =>
    r.chance(0.3)
      ? bool(r)
      : (r.chance(0.4) ? '~' : '') + r.some(words('cgroup ipc net mnt pid user uts'), 1, 4).join(' '),
  RestrictAddressFamilies: (r) =>
    r.chance(0.1)
      ? 'none'
      : (r.chance(0.4) ? '~' : '') +
        r.some(words('AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_BLUETOOTH AF_VSOCK AF_CAN'), 1, 4).join(' '),
  RestrictFileSystems: (r) =>
    (r.chance(0.4) ? '~' : '') + r.some(words('ext4 tmpfs @basic-api proc btrfs @network'), 1, 3).join(' '),
  ReadWritePaths: pathList(['-', '+', '-+']),
  ReadOnlyPaths: pathList(['-', '+', '-+']),
  InaccessiblePaths: pathList(['-', '+', '-+']),
  ReadWriteDirectories: pathList(['-', '+']),
  ReadOnlyDirectories: pathList(['-', '+']),
  InaccessibleDirectories: pathList(['-', '+']),
  ExecPaths: pathList(['-', '+', '-+']),
  NoExecPaths: pathList(['-', '+', '-+']),
  ExtensionDirectories: pathList(['-']),
  ExecSearchPath: (r) => r.many(1, 3, () => path(r)).join(':'),
  BindPaths: binds,
  BindReadOnlyPaths: binds,
  TemporaryFileSystem: (r) =>
    r
      .many(1, 2, () => plainPath(r) + (r.chance(0.5) ? `:${r.pick(words('ro size=1m,mode=0700 rw,nosuid'))}` : ''))
      .join(' '),
  MountFlags: of('shared slave private'),
  MountAPIVFS: bool,
  Personality: of('x86 x86-64 s390 arm64'),
  RuntimeDirectory: directories(true),
  StateDirectory: directories(true),
  CacheDirectory: directories(true),
  LogsDirectory: directories(true),
  ConfigurationDirectory: directories(false),
  SetCredential: (r) =>
    `${r.pick(words('cred1 c.2 id'))}:${r.pick(['value', 'a\\x20b', 'with: colon', '%n', 'tab\\t'])}`,
  SetCredentialEncrypted: (r) => `${r.pick(words('cred1 c.2'))}:${base64(r)}`,
  LoadCredential: (r) =>
    `${r.pick(words('cred1 c.2 id'))}${r.chance(0.7) ? `:${r.chance(0.5) ? plainPath(r) : 'other'}` : ''}`,
  LoadCredentialEncrypted: (r) => `${r.pick(words('cred1 c.2 id'))}${r.chance(0.7) ? `:${plainPath(r)}` : ''}`,
  PAMName: identifier,
  UtmpIdentifier: (r) => r.pick(words('id01 tty1 x')),
  UtmpMode: of('init login user'),
  SELinuxContext: label,
  AppArmorProfile: label,
  SmackProcessLabel: label,
  CPUWeight: (r) => (r.chance(0.1) ? 'idle' : weight(1, 10000)(r)),
  StartupCPUWeight: (r) => (r.chance(0.1) ? 'idle' : weight(1, 10000)(r)),
  CPUShares: weight(2, 262144),
  StartupCPUShares: weight(2, 262144),
  CPUQuota: (r) => (r.chance(0.3) ? `${r.int(1, 300)}.${r.int(1, 99)}%` : `${r.int(1, 800)}%`),
  CPUQuotaPeriodSec: of('1ms 10ms 500ms 1s 1500us infinity'),
  MemoryMin: memory,
  DefaultMemoryMin: memory,
  DefaultMemoryLow: memory,
  MemoryLow: memory,
  MemoryHigh: memory,
  MemoryMax: memory,
  MemorySwapMax: memory,
  MemoryLimit: memory,
  DeviceAllow: (r) => {
    const node = r.pick(['/dev/null', '/dev/sda', 'char-pts', 'block-loop', 'char-*', '/dev/tty1', 'block-*']);
    return node + r.pick(['', ' r', ' rw', ' rwm', ' wm', ' m']);
  },
  DevicePolicy: of('auto closed strict'),
  IOWeight: weight(1, 10000),
  StartupIOWeight: weight(1, 10000),
  BlockIOWeight: weight(10, 1000),
  StartupBlockIOWeight: weight(10, 1000),
  IODeviceWeight: perDevice(weight(1, 10000)),
  BlockIODeviceWeight: perDevice(weight(10, 1000)),
  IOReadBandwidthMax: perDevice((r) => (r.chance(0.1) ? 'infinity' : `${r.int(1, 900)}${r.pick(words('K M G'))}`)),
  IOWriteBandwidthMax: perDevice((r) => `${r.int(1, 900)}${r.pick(words('K M G'))}`),
  IOReadIOPSMax: perDevice((r) => `${r.int(1, 900)}${r.pick(['', 'K', 'M'])}`),
  IOWriteIOPSMax: perDevice((r) => `${r.int(1, 900)}${r.pick(['', 'K', 'M'])}`),
  BlockIOReadBandwidth: perDevice((r) => `${r.int(1, 900)}${r.pick(words('K M'))}`),
  BlockIOWriteBandwidth: perDevice((r) => `${r.int(1, 900)}${r.pick(words('K M'))}`),
  IODeviceLatencyTargetSec: perDevice((r) => `${r.int(1, 900)}${r.pick(words('ms us s'))}`),
  TasksMax: (r) => (r.chance(0.1) ? 'infinity' : r.chance(0.2) ? `${r.int(1, 100)}%` : String(r.int(1, 99999))),
  Delegate: (r) => (r.chance(0.5) ? bool(r) : controllers(r)),
  DisableControllers: controllers,
  IPAddressAllow: addresses,
  IPAddressDeny: addresses,
  IPIngressFilterPath: (r) => `/sys/fs/bpf/${identifier(r)}`,
  IPEgressFilterPath: (r) => `/sys/fs/bpf/${identifier(r)}`,
  ManagedOOMSwap: of('auto kill'),
  ManagedOOMMemoryPressure: of('auto kill'),
  ManagedOOMMemoryPressureLimit: percent,
  ManagedOOMPreference: of('none avoid omit'),
  BPFProgram: (r) =>
    `${r.pick(words('ingress egress sock_create device connect4'))}:/sys/fs/bpf/${r.pick(words('a b-c'))}`,
  SocketBindAllow: bindRule,
  SocketBindDeny: bindRule,
  RestrictNetworkInterfaces: (r) => (r.chance(0.4) ? '~' : '') + r.some(words('eth0 wlan0 lo veth-1'), 1, 3).join(' '),
  KillMode: of('control-group process mixed none'),
  KillSignal: signal,
  RestartKillSignal: signal,
  FinalKillSignal: signal,
  WatchdogSignal: signal,
  ListenStream: socketAddress,
  ListenDatagram: socketAddress,
  ListenSequentialPacket: (r) => (r.chance(0.5) ? plainPath(r) : `@${identifier(r)}`),
  ListenFIFO: path,
  ListenSpecial: plainPath,
  ListenNetlink: (r) => r.pick(['kobject-uevent 1', 'route 5', 'audit', 'route']),
  ListenMessageQueue: (r) => `/${r.pick(words('queue mq-1'))}`,
  ListenUSBFunction: plainPath,
  SocketProtocol: of('udplite sctp'),
  Timestamping: of('off us usec ns nsec no yes true'),
  BindToDevice: of('eth0 lo veth-1'),
  IPTOS: of('low-delay throughput reliability low-cost 4 16'),
  'Socket.Priority': weight(-10, 10),
  'Swap.Priority': weight(-1, 32767),
  IPTTL: weight(1, 255),
  Mark: weight(0, 70000),
  Backlog: unsigned,
  TCPCongestion: of('cubic reno bbr'),
  Symlinks: (r) => r.many(1, 3, () => plainPath(r)).join(' '),
  MessageQueueMaxMessages: weight(0, 1000),
  MessageQueueMessageSize: weight(0, 100000),
  SmackLabel: identifier,
  SmackLabelIPIn: identifier,
  SmackLabelIPOut: identifier,
  OnCalendar: calendar,
  OnActiveSec: finiteSpan,
  OnBootSec: finiteSpan,
  OnStartupSec: finiteSpan,
  OnUnitActiveSec: finiteSpan,
  OnUnitInactiveSec: finiteSpan,
  PathExists: path,
  PathExistsGlob: (r) => `${plainPath(r)}/*`,
  PathChanged: path,
  PathModified: path,
  'Path.DirectoryNotEmpty': path,
  ExtraOptions: of('ro noatime,x'),
  TimeoutSec: span,
  TimeoutStartSec: span,
  TimeoutStopSec: span,
  TimeoutAbortSec: span,
  WatchdogSec: span,
  JobTimeoutSec: span,
  JobRunningTimeoutSec: span,
  JobTimeoutAction: emergency,
  StartLimitAction: emergency,
  FailureAction: emergency,
  SuccessAction: emergency,
  SourcePath: path,
  Requires: anyUnits,
  Requisite: anyUnits,
  Wants: anyUnits,
  BindsTo: anyUnits,
  BindTo: anyUnits,
  Upholds: anyUnits,
  Conflicts: anyUnits,
  Before: anyUnits,
  After: anyUnits,
  OnSuccess: anyUnits,
  OnFailure: anyUnits,
  PropagatesReloadTo: anyUnits,
  PropagateReloadTo: anyUnits,
  ReloadPropagatedFrom: anyUnits,
  PropagateReloadFrom: anyUnits,
  PropagatesStopTo: anyUnits,
  StopPropagatedFrom: anyUnits,
  PartOf: anyUnits,
  JoinsNamespaceOf: unitNames(['service']),
};

/** Where no name decides. */
export const byKind = {
  boolean: bool,
  'boolean or unset': bool,
  'time span': span,
  'access mode': mode,
  'unsigned integer': unsigned,
  size,
  path,
};
