/**
 * Forms of values that systemd's manual pages allow: units and suffixes, lists, quotes, escapes, specifiers, prefixes. A
 * generator gets a Random and gives a text.
 */

export const words = (text) => text.split(' ');
export const of = (text) => (r) => r.pick(words(text));

export const bool = of('Y T oN TruE yes no true false on off 1 0 Yes NO y n t f TRUE False');
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
export function span(r) {
  if (r.chance(0.06)) return 'infinity';
  if (r.chance(0.15)) return r.pick(spans);
  if (r.chance(0.2)) return String(r.int(0, 100000));
  if (r.chance(0.1)) return `${r.int(0, 500)}.${r.int(1, 999999)}`;
  return r.many(1, 3, () => spanPart(r)).join(r.chance(0.7) ? ' ' : '');
}
export const finiteSpan = (r) => {
  const value = span(r);
  return value === 'infinity' ? '5min' : value;
};
const sizes = ['1G 5M', '2G1K', '0', '0x10', '1.25G', '1E', '  5K', '1.5', '3M 2K 1B'];
export const size = (r) =>
  r.chance(0.1)
    ? r.pick(sizes)
    : r.chance(0.3)
      ? String(r.int(0, 2 ** 31))
      : `${r.int(0, 900)}${r.chance(0.2) ? `.${r.int(0, 9)}` : ''}${r.chance(0.1) ? ' ' : ''}${r.pick(words('B K M G T'))}`;
export const percent = (r) =>
  r.chance(0.1)
    ? r.pick(['33.3%', '0.01%', '100.00%', '99.99%', '0%', '12.345%'])
    : r.chance(0.7)
      ? `${r.int(0, 100)}%`
      : `${r.int(0, 99)}.${r.int(0, 99)}%`;
export const memory = (r) => (r.chance(0.15) ? 'infinity' : r.chance(0.2) ? percent(r) : size(r));
export const unsigned = (r) =>
  r.chance(0.1) ? `0x${r.int(0, 0xffff).toString(16)}` : String(r.int(0, r.pick([5, 100, 70000])));
export const mode = (r) => (r.chance(0.4) ? '0' : '') + r.int(0, 0o777).toString(8).padStart(3, '0');

const segment = (r) => r.pick(words('var lib srv foo bar-baz a.b data_1 x %n %N %p %i %j %u %% etc.d'));
export function path(r) {
  const parts = r.many(1, 4, () => segment(r));
  let text = `/${parts.join(r.chance(0.1) ? '//' : '/')}`;
  if (r.chance(0.1)) text += '/';
  if (r.chance(0.06)) text = text.replace('/', '/./');
  if (r.chance(0.08)) text = `%${r.pick(words('t S C L E'))}${text}`;
  return text;
}
export const plainPath = (r) =>
  `/${r.many(1, 3, () => r.pick(words('var lib srv foo bar-baz a.b data_1 x'))).join('/')}`;
export const quotedPath = (r) => (r.chance(0.15) ? `"${plainPath(r)} with blank"` : path(r));
export const pathList = (prefixes) => (r) =>
  r.many(1, 3, () => (r.chance(0.3) ? r.pick(prefixes) : '') + (r.chance(0.1) ? plainPath(r) : path(r))).join(' ');
export const relative = (r) => r.many(1, 2, () => r.pick(words('foo bar-1 x_y app.d data'))).join('/');
export const text = (r) =>
  r
    .many(1, 5, () =>
      r.pick(
        words(
          'Some text with %n %p %i %I %j %J %% %u %U %g %h %s %t %S %C %L %E %H %a %o %w %W %v %N and "quotes" it\'s back\\\\slash ümläut $dollar a=b #no ;semi 🙂',
        ),
      ),
    )
    .join(' ');
export const identifier = (r) => r.pick(words('ident foo-bar x.y %p %N abc_1 %n %i%% %u-x'));
export const unitNames = (types) => (r) =>
  r.many(1, 3, () => `${r.pick(words('zz-a zz-b zz-c zz-d@1 zz-e zz\\x2df'))}.${r.pick(types)}`).join(' ');
export const anyUnits = unitNames(words('service socket target mount path timer'));
export const signal = (r) =>
  r.pick(
    words(
      'SIGTERM TERM SIGKILL HUP SIGUSR1 9 15 SIGRTMIN SIGRTMIN+3 RTMIN+5 SIGRTMAX-2 SIGINT QUIT 1 2 SIGABRT SIGSEGV',
    ),
  );
export const cpus = (r) => {
  const from = r.int(0, 6);
  return r
    .many(1, 3, () => (r.chance(0.5) ? String(r.int(0, 9)) : `${from}-${from + r.int(0, 6)}`))
    .join(r.pick([' ', ',', ', ']));
};
export const emergency = of(
  'none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force',
);
export const jobMode = of('fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements');
const capabilities = words(
  'CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL cap_net_admin CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_NET_BIND_SERVICE CAP_BPF ' +
    'CAP_SYSLOG CAP_MKNOD CAP_AUDIT_WRITE 5 cap_setuid',
);
export const capabilitySet = (r) =>
  r.chance(0.05) ? '' : r.chance(0.05) ? '~' : (r.chance(0.4) ? '~' : '') + r.some(capabilities, 1, 5).join(' ');
export const user = of('root daemon www-data 0 12 nobody mail 1234 65533 %u user-%p u_1 app.x');
export const exit = (r) =>
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
export function command(r) {
  const prefix = r.pick(['', '', '', '-', '@', '+', '!', '!!', ':', '-@', '@-', ':-', '-+', ':+-']);
  const program = r.pick(words('/bin/true /bin/echo /usr/bin/env true /bin/sh'));
  const zero = prefix.includes('@') ? ` ${r.pick(words('argv0 my-name'))}` : '';
  let line = `${prefix}${program}${zero} ${arguments_(r)}`.trimEnd();
  if (r.chance(0.08)) line += ` ; /bin/echo ${arguments_(r)}`.trimEnd();
  return line;
}
export const assignments = (r) =>
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
export const variableNames = (r) => r.some(words('PATH LANG FOO X_1 _a LC_ALL'), 1, 3).join(' ');
export const limit = (make) => (r) => {
  const one = () => (r.chance(0.15) ? 'infinity' : make(r));
  return r.chance(0.35) ? pairOf(one) : one();
};
function pairOf(one) {
  const pair = [one(), one()];
  const value = (text) => (text === 'infinity' ? Infinity : Number.parseFloat(text));
  return pair.sort((a, b) => value(a) - value(b)).join(':');
}
export const count = (r) => String(r.int(0, 100000));
const prefix4 = (r) =>
  `${r.int(1, 223)}.${r.int(0, 255)}.${r.int(0, 255)}.${r.int(0, 255)}${r.chance(0.7) ? `/${r.int(0, 32)}` : ''}`;
const prefix6 = (r) =>
  `${r.pick(words('2001:db8:: fe80::1 ::1 fd00:1:2:3:4:5:6:7 ff02::1:2 ::ffff:1.2.3.4'))}${r.chance(0.7) ? `/${r.int(0, 128)}` : ''}`;
export const addresses = (r) =>
  r
    .many(1, 3, () =>
      r.chance(0.3) ? r.pick(words('any localhost link-local multicast')) : r.chance(0.6) ? prefix4(r) : prefix6(r),
    )
    .join(' ');
const device = of('/dev/null /dev/zero /dev/sda /dev/loop0 /dev/disk/by-id/x /dev/vda1');
export const binds = (r) =>
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
export const errnos = words('EPERM EACCES ENOSYS kill 1 38 EINVAL');
export const callFilter = (r) => {
  const deny = r.chance(0.5);
  const list = r.some([...groupsOfCalls, ...calls], 1, 4);
  return deny
    ? `~${list.map((call) => (r.chance(0.2) ? `${call}:${r.pick(errnos)}` : call)).join(' ')}`
    : list.join(' ');
};
export const callList = (r) => (r.chance(0.5) ? '~' : '') + r.some([...groupsOfCalls, ...calls], 1, 4).join(' ');
export const directories = (alias) => (r) =>
  r.many(1, 3, () => relative(r) + (alias && r.chance(0.2) ? `:${r.pick(words('link other/place'))}` : '')).join(' ');
export const controllers = (r) =>
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
export const calendar = (r) => {
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
export const socketAddress = (r) =>
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
export const standardOutput = (r) =>
  r.pick([
    () => r.pick(words('inherit null tty journal kmsg journal+console kmsg+console socket fd')),
    () => `file:${plainPath(r)}`,
    () => `append:${plainPath(r)}`,
    () => `truncate:${plainPath(r)}`,
    () => `fd:${r.pick(words('name other-1'))}`,
  ])();
export const standardInput = (r) =>
  r.pick([
    () => r.pick(words('null tty tty-force tty-fail data socket fd')),
    () => `file:${plainPath(r)}`,
    () => `fd:${r.pick(words('name other-1'))}`,
  ])();
export const weight = (from, to) => (r) => String(r.int(from, to));
export const perDevice = (make) => (r) => `${device(r)} ${make(r)}`;
export const label = (r) => (r.chance(0.4) ? '-' : '') + r.pick(words('label_t profile-1 x:y:z'));
export const base64 = (r) => Buffer.from(r.pick(['hello', 'a b\nc', '\u0001\u00ff', ''])).toString('base64') || 'aA==';
export const bindRule = (r) => {
  const family = r.pick(['', 'ipv4:', 'ipv6:']);
  const protocol = r.pick(['', 'tcp:', 'udp:']);
  const from = r.int(1, 3000);
  const ports = r.pick([String(from), `${from}-${from + r.int(1, 999)}`, 'any']);
  return family + protocol + ports;
};
