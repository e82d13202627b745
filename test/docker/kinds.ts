/** Kinds of containers: each is a row of the table in docs/containers.md, and of tests in containers.test.ts. */

/** A kind of container, and what is different in it. */
export interface Kind {
  /** As the table names it. */
  name: string;
  options?: readonly string[];
  /** Run as root in the container before PID 1 becomes the manager. */
  before?: string;
  command?: readonly string[];
  /** A line that the console shows of what is withheld. */
  limit?: RegExp;
  /** Whether sd_booted(3) is true. */
  booted?: boolean;
  /** No file can be written anywhere, so that what is logged is lost. */
  full?: boolean;
  /** No directory can be written, so that there are no sockets of the journal. */
  homeless?: boolean;
  /** PID 1, where that is not the manager. */
  init?: string;
  /** PID 1 is not root, so that only units of its own user can be started. */
  rootless?: string;
  /** Root has no capabilities, so that no unit can become another user. */
  powerless?: boolean;
  /** The container may mount. */
  mounts?: boolean;
}

/** In options: an empty directory of the machine's. */
export const emptyDirectory = '$EMPTY';
/** A container whose processes another one shares. */
export const pod = 'pidone-pod';

const fill = (...paths: string[]): string =>
  paths.map((path) => `dd if=/dev/zero of=${path}/full bs=4k 2>/dev/null`).join('; ');
const noUsers =
  /^The container has no CAP_SETUID and CAP_SETGID: units that ask for another user or group \(User=, Group=\) fail\.$/m;
const elsewhere = /can't be written \(.*\): the manager keeps its state in \/dev\/(?:shm\/)?pidone-0\./;

export const kinds: readonly Kind[] = [
  { name: '`docker run`' },
  { name: '`--read-only`', options: ['--read-only'], limit: elsewhere, booted: false },
  { name: '`--read-only --tmpfs /run`', options: ['--read-only', '--tmpfs', '/run'] },
  { name: '`--read-only --ipc=none`', options: ['--read-only', '--ipc=none'], limit: elsewhere, booted: false },
  { name: '`--read-only --cap-add SYS_ADMIN`', options: ['--read-only', '--cap-add=SYS_ADMIN'], mounts: true },
  { name: '`--cap-drop=ALL`', options: ['--cap-drop=ALL'], limit: noUsers, powerless: true },
  {
    name: '`--cap-drop=ALL --security-opt=no-new-privileges --read-only --tmpfs /run`',
    options: ['--cap-drop=ALL', '--security-opt=no-new-privileges', '--read-only', '--tmpfs', '/run'],
    limit: noUsers,
    powerless: true,
  },
  { name: '`/run` mounted read-only', options: ['-v', `${emptyDirectory}:/run:ro`], limit: elsewhere, booted: false },
  {
    name: '`/run/systemd` mounted read-only',
    options: ['-v', `${emptyDirectory}:/run/systemd:ro`],
    limit: /^\/run\/systemd can't be written \(Read-only file system\): .* in \/run\/pidone\./m,
    booted: false,
  },
  { name: '`/run` of 64 KB', options: ['--tmpfs', '/run:size=64k'] },
  {
    name: '`/run`, `/var`, `/tmp`, `/dev/shm` full',
    options: ['/run', '/var', '/tmp', '/dev/shm'].flatMap((path) => ['--tmpfs', `${path}:size=64k`]),
    before: fill('/run', '/var', '/tmp', '/dev/shm'),
    limit: /No space left on device/,
    full: true,
  },
  {
    name: '`/run`, `/tmp`, `/var` mounted noexec',
    options: ['/run', '/tmp', '/var'].flatMap((path) => ['--tmpfs', `${path}:noexec`]),
  },
  { name: 'no `/run`', before: 'rm -rf /run' },
  { name: '`/run` is a file', before: 'rm -rf /run; echo > /run', limit: elsewhere, booted: false },
  {
    name: '`/run/pidone` is another user’s',
    before: 'mkdir /run/pidone; chown 33 /run/pidone',
    limit: /^\/run\/pidone can't be written \(Permission denied\): the manager listens in \/dev\/shm\/pidone-0\.$/m,
  },
  { name: 'no `/etc/passwd`, no `/etc/group`', before: 'rm /etc/passwd /etc/group' },
  { name: 'a broken `nsswitch.conf`', before: 'echo "passwd: [!=" > /etc/nsswitch.conf' },
  { name: '65,000 files in `/run`', before: 'mkdir /run/many; cd /run/many; seq 65000 | xargs touch; cd /' },
  { name: '`/dev/null` is a file', before: 'rm /dev/null; echo > /dev/null', limit: /^\/dev\/null is no device/m },
  { name: 'no `/dev/null`', before: 'rm /dev/null' },
  {
    name: 'no `/proc`, `--cap-add SYS_ADMIN`',
    options: ['--cap-add=SYS_ADMIN', '--security-opt=apparmor=unconfined'],
    before: 'umount -R -l /proc',
    mounts: true,
  },
  {
    name: 'a host name of 64 letters',
    options: ['--cap-add=SYS_ADMIN', '--security-opt=apparmor=unconfined'],
    before: `hostname ${'h'.repeat(64)}`,
    mounts: true,
  },
  ...(
    [
      ['`-u www-data`', 33, []],
      ['`-u 12345`', 12345, []],
      ['`-u 12345:12345 --read-only`', 12345, ['--read-only']],
      [
        '`-u 12345:0 --read-only --cap-drop=ALL --security-opt=no-new-privileges`',
        12345,
        ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
      ],
      ['`-u 12345 --read-only --ipc=none`', 12345, ['--read-only', '--ipc=none']],
    ] as const
  ).map(
    ([name, uid, more]): Kind => ({
      name,
      options: ['-u', name.slice(4).split(/[ `]/)[0]!, ...more],
      limit: new RegExp(`^The manager runs as .*uid ${uid}\\)?, not as root`, 'm'),
      booted: false,
      rootless: `uid ${uid}`,
      homeless: name.includes('--ipc=none'),
    }),
  ),
  ...(
    [
      ['`--init`', 'docker-init', ['--init'], ['systemctl']],
      ['`--init`, `systemctl default`', 'docker-init', ['--init'], ['systemctl', 'default']],
      ['`dumb-init systemctl`', 'dumb-init', [], ['dumb-init', 'systemctl']],
      ['`dumb-init --single-child systemctl`', 'dumb-init', [], ['dumb-init', '--single-child', 'systemctl']],
      ['`catatonit -- systemctl`', 'catatonit', [], ['catatonit', '--', 'systemctl']],
      ['`--pid=host`', '.*', ['--pid=host'], ['systemctl']],
      ['`--pid=container:…` (a pod that shares its processes)', 'sleep', [`--pid=container:${pod}`], ['systemctl']],
    ] as const
  ).map(
    ([name, init, options, command]): Kind => ({
      name,
      init,
      options,
      command,
      limit: new RegExp(`^PID 1 is ${init}: the manager .* process \\d+, and the container ends with it\\.$`, 'm'),
    }),
  ),
];
