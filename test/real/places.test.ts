import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container, type Outcome, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`places of managers left out: ${reason}`);

/** Takes connections at a socket, says so in a file, and hangs up; then what is behind runs. $1 is the user, $2 the socket. */
const impostor = `#!/bin/sh
user=$1 socket=$2; shift 2
setpriv --reuid=$user --regid=$user --clear-groups /usr/lib/pidone/node -e '
  const { createServer } = require("node:net"), { writeFileSync } = require("node:fs");
  process.umask(0);
  const at = process.argv[1];
  createServer((one) => { writeFileSync("/tmp/asked", at); one.destroy(); }).listen(at.replace(/^@/, "\\0"), () => writeFileSync("/tmp/listens", ""));
  ' "$socket" &
until [ -e /tmp/listens ]; do sleep 0.01; done
"$@"
status=$?
kill $!
exit $status
`;

describe.skipIf(reason !== undefined)('the place of a manager', () => {
  let container: Container;
  beforeAll(async () => {
    container = await Container.boot([{ path: '/usr/bin/impostor', text: impostor, mode: 0o755 }]);
  });
  afterAll(() => container.end());

  /** With an empty /run, as root: `prepare`, then an impostor with `user` at `socket` while systemctl looks for a manager. */
  async function ask(user: number, socket: string, prepare = 'true'): Promise<Outcome & { asked: boolean }> {
    const script = `rm -rf /tmp/asked /tmp/listens /dev/shm; mkdir -m 1777 /dev/shm; mount -t tmpfs -o mode=755 tmpfs /run; ${prepare}; impostor ${user} ${socket} systemctl is-system-running`;
    const outcome = await container.sh(`unshare -m sh -c '${script}'; s=$?; test -e /tmp/asked && echo asked; exit $s`);
    return { ...outcome, asked: outcome.out.includes('asked') };
  }
  const made = (directory: string, user: number, mode = 755): string =>
    `install -d -m ${mode} -o ${user} -g ${user} ${directory}`;

  it('is one: a second manager is refused, and the first goes on', async () => {
    expect(await container.sh('systemctl init')).toMatchObject({
      exit: 1,
      out: 'Failed to start the manager: A manager runs already (/run/pidone).\n',
    });
    expect((await container.sh('systemctl is-system-running')).out).toMatch(/running|degraded/);
  });

  it.each<[string, string, string]>([
    ['in /run', made('/run/pidone', 0), '/run/pidone/control'],
    ['beside it', made('/dev/shm/pidone-0', 0), '/dev/shm/pidone-0/control'],
  ])('is found %s, where root has made it', async (_, prepare, socket) => {
    expect(await ask(0, socket, prepare)).toMatchObject({ asked: true, exit: 1 });
  });

  it.each<[string, string, string]>([
    ['another user has made', made('/run/pidone', 65534), '/run/pidone/control'],
    ['anybody can write', made('/run/pidone', 0, 777), '/run/pidone/control'],
    ['another user has made under root’s name', made('/dev/shm/pidone-0', 65534), '/dev/shm/pidone-0/control'],
    [
      'a link leads to',
      `${made('/run/other', 65534)}; setpriv --reuid=65534 --clear-groups ln -s /run/other /dev/shm/pidone-0`,
      '/run/other/control',
    ],
  ])('is not taken to be where %s', async (_, prepare, socket) => {
    expect(await ask(65534, socket, prepare)).toMatchObject({ asked: false, out: 'offline\n', exit: 1 });
  });

  it('is not taken to be what another user has put at the abstract name', async () => {
    const name =
      '$(node=/usr/lib/pidone/node; $node -p "const s = fs.statSync(String.fromCharCode(47)); [64, 112, 105, 100, 111, 110, 101, 47, 48, 47].map((c) => String.fromCharCode(c)).join([]) + s.dev.toString(16) + String.fromCharCode(46) + s.ino.toString(16)")';
    // Whoever takes the name is asked who he is, and nothing else.
    expect(await ask(65534, name)).toMatchObject({ out: expect.stringContaining('offline\n'), exit: 1 });
    expect(await ask(0, name)).toMatchObject({ asked: true, exit: 1, err: expect.stringContaining('lost') });
  });
});
