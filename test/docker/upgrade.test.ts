/** A new version of the package comes into a container whose services are busy: nobody who asks them notices. */
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';
import { type NextVersion, packNextVersion } from '../support/next-version.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const dockerfile = `
FROM ${reason === undefined ? debianImage('plain') : ''}
COPY ${debianPackage} /
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /${debianPackage} nginx-light redis-server postgresql
COPY asks.pl /
CMD ["/usr/sbin/init"]
`;

/** Asks one of them all the time; in the end /root/NAME says how often, and what was no answer. */
const asks = String.raw`use strict; use IO::Socket;
my ($name, $port, $question, $answer) = @ARGV; $question =~ s/\\([0-7]+)/chr oct $1/ge;
my ($good, @bad) = 0;
until (-e '/run/enough') {
  my $socket = IO::Socket::INET->new("127.0.0.1:$port");
  my $got = '';
  if ($socket) { print $socket $question; sysread $socket, $got, 100 }
  if ($got =~ /^$answer/) { $good++ } else { push @bad, "$!: $got" }
}
open my $out, '>', "/root/$name"; print $out $good > 20 ? 'many' : $good, ' ', scalar @bad, " @bad[0..2]\n";
`;
/** Name, port, what is asked, and how an answer begins: PostgreSQL is asked whether it has TLS, and has not, or has. */
const services: readonly (readonly [string, number, string, string])[] = [
  ['nginx', 80, 'HEAD / HTTP/1.0\\15\\12\\15\\12', 'HTTP/1.1 200'],
  ['redis-server', 6379, 'PING\\15\\12', '\\+PONG'],
  ['postgresql@15-main', 5432, '\\0\\0\\0\\10\\4\\322\\26\\57', '[SN]'],
];

describe.skipIf(reason !== undefined)('an upgrade', () => {
  let next: NextVersion;
  let container: DockerContainer;
  const out = async (command: string): Promise<string> => {
    const { out, err } = await container.sh(command);
    return out + err;
  };

  beforeAll(async () => {
    next = packNextVersion();
    await buildImage('pidone-test/upgrade', dockerfile, { 'asks.pl': asks });
    container = await DockerContainer.run('pidone-test/upgrade');
    await container.wait('systemctl is-system-running --wait');
  });
  afterAll(async () => {
    await container?.remove();
    next?.remove();
  });

  test('fails no request, keeps every process, and is there at once', async () => {
    const names = services.map(([name]) => name).join(' ');
    const facts = `systemctl show -p Id,MainPID,ActiveState,InvocationID,NRestarts ${names}`;
    const before = await out(facts);
    expect(before).not.toContain('MainPID=0\n');
    for (const [name, port, question, answer] of services)
      await container.sh(`perl /asks.pl ${name} ${port} '${question}' '${answer}' > /dev/null 2>&1 &`);
    expect((await docker(['cp', next.path, `${container.id}:/`])).exit).toBe(0);
    expect(await container.sh(`dpkg -i /${basename(next.path)}`)).toMatchObject({ exit: 0, err: '' });
    expect(await out('systemctl --version | head -n 1')).toContain(`(pidone ${next.version})`);
    expect(await out(facts)).toBe(before);
    await container.sh('touch /run/enough');
    for (const [name] of services) {
      await container.wait(`test -s /root/${name}`);
      expect(await out(`cat /root/${name}`)).toBe('many 0   \n');
    }
    expect(await out('cat /proc/1/comm; readlink /proc/1/exe; systemctl is-system-running')).toBe(
      'systemd\n/usr/lib/pidone/node\nrunning\n',
    );
  });

  test('is followed by a stop in order', async () => {
    expect((await container.stop()).exit).toBe(0);
  });
});
