/** Processes of ordinary users that pass themselves off as another unit's. `npm run attack` makes 10,000 of them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`attacks in a container left out: ${reason}`);

const attacks = Number(process.env.ATTACKS ?? 240);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const users = ['daemon', 'games', 'mail'];
/** By each user at a time. */
const perRound = 20;

const path = '/opt/t/attacker';
const service = (name: string, text: string) => ({ path: `/etc/systemd/system/${name}.service`, text });
const victim = (name: string, user: string) =>
  service(
    name,
    `[Service]\nType=notify\nNotifyAccess=all\nTimeoutStartSec=infinity\n${user}ExecStart=/bin/sleep infinity\n`,
  );

describe.skipIf(reason !== undefined)(`attacks on membership (SEED=${seed})`, () => {
  let container: Container;
  const victims = ['victim-root', 'victim-limited', ...users.map((user) => `victim-${user}`)];

  beforeAll(async () => {
    container = await Container.boot([
      { path, text: readFileSync(new URL('../support/attacker.pl', import.meta.url), 'utf8'), mode: 0o755 },
      victim('victim-root', ''),
      victim('victim-limited', 'LimitLOCKS=10\nLimitRTTIME=200000\n'),
      ...users.map((user) => victim(`victim-${user}`, `User=${user}\n`)),
      ...users.map((user) =>
        service(
          `${user}@`,
          `[Service]\nType=notify\nUser=${user}\nExecStart=${path} ${user} %i ${perRound}\nTimeoutStopSec=20\n`,
        ),
      ),
    ]);
    await container.sh(`systemctl start --no-block ${victims.join(' ')}`);
    await container.wait(`test $(pgrep -cx sleep) = ${victims.length}`);
  }, 180_000);
  afterAll(() => container?.end());

  const rounds = Math.ceil(attacks / perRound / users.length);
  test(`${rounds * perRound * users.length} of them gain nothing, and none gets out of its unit’s stop`, {
    timeout: 60_000 + rounds * 30_000,
  }, async () => {
    for (let round = 0; round < rounds; round++) {
      const names = users.map((user) => `${user}@${seed + round}.service`);
      const started = await container.sh(`systemctl start ${names.join(' ')}`);
      expect([round, started.err]).toEqual([round, '']);
      for (const name of victims) {
        const shown = await container.sh(
          `systemctl show ${name} -p StatusText -p SubState; systemctl status -n0 ${name}`,
        );
        expect([round, name, shown.out.match(/^(SubState|StatusText)=.*$/gm)?.sort()]).toEqual([
          round,
          name,
          ['StatusText=', 'SubState=start'],
        ]);
        // What is shown of a unit may be its own user's.
        const foreign = users.filter((user) => name !== `victim-${user}`).join('|');
        expect([round, name, shown.out.match(new RegExp(`.*atk-(${foreign}).*`))?.[0]]).toEqual([
          round,
          name,
          undefined,
        ]);
      }
      for (const name of names) {
        await container.sh(`systemctl stop ${name}`);
        const left = await container.sh(`pgrep -af '^atk-${name.split('@')[0]}$'`);
        expect([round, name, left.out]).toEqual([round, name, '']);
      }
    }
    for (const name of victims) {
      const lines = await container.sh(
        `journalctl -o cat _SYSTEMD_UNIT=${name}.service | grep forged | sort | uniq -c`,
      );
      expect([name, lines.out]).toEqual([name, '']);
    }
    expect((await container.sh(`pgrep -cx sleep`)).out.trim()).toBe(String(victims.length));
  });
});
