/**
 * Debian's daemons in a container without privileges, installed by apt where pidone is /usr/bin/systemctl: asked over their own
 * protocols, reloaded, killed, stopped. Those that can't run there say why. ALL=1 has all of them, on Debian 12 and 13.
 */
import { afterAll, beforeAll, describe, type ExpectStatic, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';
import { type Daemon, groups } from './daemons.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const apt = 'DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends';
const cases = Object.entries(groups).flatMap(([name, group]) =>
  group.suites.map((suite) => ({ name, suite, group, title: `${name}, Debian ${suite === 'plain' ? 12 : 13}` })),
);
const run = process.env.ALL === '1' ? cases : cases.filter(({ name, suite }) => name === 'small' && suite === 'plain');

function dockerfile({ suite, group }: (typeof cases)[number]): string {
  const rows = [...group.daemons, ...group.limits];
  const packages = new Set(rows.flatMap((row) => row.packages.split(' ')));
  const setup = rows.flatMap((row) => (row.setup === undefined ? [] : [`RUN ${row.setup}\n`]));
  return `
FROM ${debianImage(suite)}
COPY ${debianPackage} /
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && ${apt} /${debianPackage} && ${apt} ${[...packages].join(' ')} ${group.tools}
${setup.join('')}CMD ["/usr/bin/systemctl"]
`;
}

describe.skipIf(reason !== undefined).each(run)('$title', (row) => {
  const { suite, group } = row;
  const image = `pidone-test/daemons-${row.name}:${suite}`;
  const unitOf = ({ unit, trixie }: Daemon): string => (suite === 'trixie' ? (trixie ?? unit) : unit);
  const failing = group.limits.flatMap(({ failed = [] }) => failed);
  let container: DockerContainer;

  beforeAll(async () => {
    await buildImage(image, dockerfile(row));
    container = await DockerContainer.run(image);
    await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 180_000);
  });
  afterAll(async () => {
    await container?.remove();
    if (process.env.ALL === '1') await docker(['rmi', image]);
  });

  /** `expect` is that of the test: of those that run side by side each has its own. */
  const asked = (expect: ExpectStatic, { ask, answer }: Daemon): Promise<void> =>
    expect.poll(async () => (await container.sh(ask)).out, { timeout: 60_000, interval: 200 }).toMatch(answer);
  /** Properties of a unit by name; one call for all, because each takes its time. */
  const facts = async (unit: string): Promise<Record<string, string>> => {
    const { out } = await container.sh(`systemctl show '${unit}'`);
    return Object.fromEntries([...out.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
  };
  const stateOf = async (unit: string): Promise<string | undefined> => (await facts(unit)).ActiveState;
  const done = async (command: string): Promise<void> => {
    const { exit, out, err } = await container.sh(command);
    if (exit !== 0) throw new Error(`${command}: ${out}${err}\n${(await container.sh('journalctl -n 50')).out}`);
  };
  // Side by side, for each waits most of its time; what one is asked comes one after another.
  describe.concurrent.each(group.daemons)('$name', (daemon) => {
    const unit = unitOf(daemon);

    test.sequential('answers', async ({ expect }) => {
      await asked(expect, daemon);
      expect((await container.sh(`systemctl is-enabled '${unit}'`)).out).toMatch(/^enabled(-runtime)?\n$/);
      expect(await stateOf(unit)).toBe('active');
    });

    test.sequential('is reloaded, and answers', async ({ expect }) => {
      if ((await facts(unit)).CanReload !== 'yes') return;
      await done(`systemctl reload '${unit}'`);
      if (daemon.reloadEnds === true) {
        await expect.poll(() => stateOf(unit)).toBe('inactive');
        await done(`systemctl start '${unit}'`);
      }
      await asked(expect, daemon);
    });

    test.sequential('comes back or fails when its main process is killed, as its unit says', async ({ expect }) => {
      const { MainPID: pid = '0', Restart, TriggeredBy = '' } = await facts(unit);
      if (pid === '0') return;
      await done(`kill -KILL ${pid}`);
      if (Restart === 'no') {
        // What listens for it may have started it by now.
        if (TriggeredBy === '') {
          await expect.poll(() => stateOf(unit), { timeout: 20_000 }).toBe('failed');
          expect((await facts(unit)).Result).toBe(daemon.killed ?? 'signal');
        }
        await done(`systemctl start '${unit}'`);
      }
      const again = async (): Promise<boolean> => {
        const { ActiveState, MainPID } = await facts(unit);
        return ActiveState === 'active' && MainPID !== '0' && MainPID !== pid;
      };
      await expect.poll(again, { timeout: 60_000 }).toBe(true);
      await asked(expect, daemon);
    });

    test.sequential('is stopped, and nothing of it is left', async ({ expect }) => {
      const triggers = (await facts(unit)).TriggeredBy ?? '';
      await done(`systemctl stop ${triggers} '${unit}'`);
      const left = `systemctl status -n 0 '${unit}' | grep -E '[├└]─[0-9 ]+'`;
      expect([await stateOf(unit), (await container.sh(left)).out]).toEqual(['inactive', '']);
      await done(`systemctl start ${triggers} '${unit}'`);
      await asked(expect, daemon);
    });
  });

  test.each(group.limits)(
    '$name is left out, and pidone doctor says why',
    async ({ failed = [], inactive = [], said }) => {
      expect((await container.sh('pidone doctor')).out).toMatch(said);
      for (const unit of failed) expect(await stateOf(unit)).toBe('failed');
      for (const unit of inactive) expect(await stateOf(unit)).toBe('inactive');
    },
  );

  test('nothing else has failed, and no process is a zombie', async () => {
    const { out } = await container.sh("systemctl --failed --no-legend --plain | cut -d' ' -f1");
    expect(
      out
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual([...failing].sort());
    expect((await container.sh('ps -eo stat,args | grep ^Z')).out).toBe('');
  });

  test('docker stop ends all of them in order', async () => {
    const { ms, exit } = await container.stop();
    expect([exit, ms < 30_000]).toEqual([0, true]);
    const log = await container.log();
    for (const daemon of group.daemons) expect(log).toContain(`Stopped ${unitOf(daemon)}`);
  });
});
