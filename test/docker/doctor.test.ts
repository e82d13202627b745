/** `pidone doctor` among daemons of Debian that meet limits of containers: what it foretells comes true, and nothing else fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/doctor';
const daemons = 'unbound chrony nfs-kernel-server slapd cron';
const dockerfile = `
FROM ${debianImage('plain')}
COPY ${debianPackage} /
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && apt-get install -y -qq /${debianPackage} && \\
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${daemons}
CMD ["/usr/bin/systemctl"]
`;

interface Finding {
  unit: string;
  verdict: string;
  because: string | null;
}

describe.skipIf(reason !== undefined)('the doctor', () => {
  let container: DockerContainer;
  beforeAll(async () => {
    await buildImage(image, dockerfile);
    container = await DockerContainer.run(image, [], ['--sysctl', 'net.ipv6.conf.lo.disable_ipv6=1']);
    await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
  });
  afterAll(() => container?.remove());

  const findings = async (command: string, as: readonly string[] = []): Promise<Finding[]> => {
    const { out } = await docker(['exec', ...as, container.id, 'sh', '-c', command], 60_000);
    return (JSON.parse(out) as { units: Finding[] }).units;
  };

  test('names what fails, before and after, whoever asks', async () => {
    const found = await findings('pidone doctor --json');
    const failing = found.filter(({ verdict }) => verdict === 'fails').map(({ unit }) => unit);
    expect(failing).toEqual(expect.arrayContaining(['unbound.service', 'nfs-server.service', 'slapd.service']));
    const failed = (await container.sh('systemctl --failed --no-legend --plain | cut -d " " -f 1')).out.split('\n');
    expect(failed.filter((unit) => unit !== '' && !failing.includes(unit))).toEqual([]);
    // of slapd it is a stop that fails
    const came = ['inactive', 'failed'];
    for (const unit of failing.filter((name) => name !== 'slapd.service'))
      expect([unit, came.includes((await container.sh(`systemctl is-active ${unit}`)).out.trim())]).toEqual([
        unit,
        true,
      ]);
    expect(await findings('pidone doctor --json', ['-u', 'www-data'])).toEqual(found);
    const before = await docker(
      ['run', '--rm', '--sysctl', 'net.ipv6.conf.lo.disable_ipv6=1', image, 'pidone', 'doctor', '--json'],
      60_000,
    );
    const foretold = (JSON.parse(before.out) as { units: Finding[] }).units
      .filter(({ verdict }) => verdict === 'fails')
      .map(({ unit }) => unit);
    // what generators of packages make is there once there is a manager
    const generated = (await container.sh('ls /run/systemd/generator*')).out.split(/\s+/);
    expect(before.exit).toBe(1);
    expect(failing.filter((unit) => !foretold.includes(unit) && !generated.includes(unit))).toEqual([]);
  });

  test('tells of chrony that its condition keeps it from starting', async () => {
    expect(await findings('pidone doctor --json chrony')).toMatchObject([
      { unit: 'chrony.service', verdict: 'skipped' },
    ]);
    expect((await container.sh('pidone doctor cron')).exit).toBe(0);
  });

  test('is right about init scripts: a stop leaves the daemon', async () => {
    await container.sh('systemctl stop slapd');
    expect((await container.sh('cat /proc/[0-9]*/comm | grep -c slapd')).out).toBe('1\n');
  });
});
