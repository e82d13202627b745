/**
 * File systems whose server does not answer: a FUSE mount of which nobody reads the requests. PID 1 looks for files there,
 * as units ask for it, and goes on.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`mounts that do not answer left out: ${reason}`);

const dead = '/mnt/dead';
const unit = (name: string, text: string) => ({ path: `/etc/systemd/system/${name}`, text });
const service = (name: string, text: string) => unit(`${name}.service`, `[Service]\n${text}\n`);
const sleeping = 'ExecStart=/bin/sleep infinity';

/** What names a file there, and what becomes of the unit. */
const settings: [setting: string, text: string, result: RegExp][] = [
  ['EnvironmentFile=', `${sleeping}\nEnvironmentFile=${dead}/env`, /^failed$/],
  ['an optional EnvironmentFile=', `${sleeping}\nEnvironmentFile=-${dead}/env`, /^(active|failed)$/],
  ['LoadCredential=', `${sleeping}\nLoadCredential=a:${dead}/secret`, /^failed$/],
  [
    'PIDFile=',
    `Type=forking\nTimeoutStartSec=2\nExecStart=/bin/true\nPIDFile=${dead}/pid`,
    /^(active|inactive|failed)$/,
  ],
  ['WorkingDirectory=', `Type=oneshot\nExecStart=/bin/true\nWorkingDirectory=${dead}/deep`, /^failed$/],
  ['RootDirectory=', `Type=oneshot\nExecStart=/bin/true\nRootDirectory=${dead}`, /^failed$/],
  ['StandardOutput=', `Type=oneshot\nExecStart=/bin/true\nStandardOutput=append:${dead}/log`, /^failed$/],
  ['ExecStart=', `Type=oneshot\nExecStart=${dead}/program`, /^failed$/],
  ['BindPaths=', `Type=oneshot\nExecStart=/bin/true\nBindPaths=${dead}:/mnt/x`, /^failed$/],
  ['a link to it', `${sleeping}\nEnvironmentFile=/etc/linked`, /^failed$/],
];

describe.skipIf(reason !== undefined)('a file system that does not answer', () => {
  let container: Container;

  beforeAll(async () => {
    container = await Container.boot([
      {
        path: '/opt/t/dead-mount',
        text: readFileSync(new URL('../support/dead-mount.pl', import.meta.url), 'utf8'),
        mode: 0o755,
      },
      service('dead', `Type=notify\nNotifyAccess=all\nExecStart=/opt/t/dead-mount ${dead}`),
      service('calm', sleeping),
      ...settings.map(([, text], index) => service(`asks${index}`, text)),
      unit('listens.socket', `[Socket]\nListenStream=${dead}/socket`),
      service('listens', sleeping),
      unit('waits.path', `[Path]\nPathExists=${dead}/file\nUnit=listens.service`),
    ]);
    await container.sh(`mknod /dev/fuse c 10 229; ln -s ${dead}/env /etc/linked; systemctl start dead calm`);
  }, 180_000);
  afterAll(() => container?.end());

  /** PID 1 answers, and has named the file and the mount. */
  const isWell = async (): Promise<void> => {
    expect((await container.sh('timeout 20 systemctl is-active calm')).out).toBe('active\n');
  };

  it('stands here, and keeps whoever asks for a file', async () => {
    const { out } = await container.sh(`grep -c "${dead} .*fuse" /proc/1/mountinfo; timeout 1 stat ${dead}/x; echo $?`);
    expect(out).toBe('1\n124\n');
  });

  it.each(settings.map(([setting, , result], index) => [setting, index, result] as const))(
    'does not keep PID 1 that is to find a file of %s there',
    { timeout: 120_000 },
    async (_, index, result) => {
      const state = `timeout 40 systemctl start asks${index}; systemctl show -P ActiveState asks${index}`;
      expect((await container.sh(state)).out.trim()).toMatch(result);
      await isWell();
      await container.sh(`timeout 40 systemctl stop asks${index}`);
      await isWell();
    },
  );

  it.each(['listens.socket', 'waits.path'])(
    'does not keep PID 1 that starts %s',
    { timeout: 120_000 },
    async (name) => {
      expect((await container.sh(`timeout 40 systemctl start ${name}`)).exit).toBe(1);
      await isWell();
    },
  );

  it('does not keep PID 1 that reads its units anew', { timeout: 120_000 }, async () => {
    await container.sh(`ln -s ${dead}/far.service /etc/systemd/system/far.service`);
    expect((await container.sh('timeout 40 systemctl daemon-reload')).exit).toBe(0);
    expect((await container.sh('timeout 40 systemctl show -P LoadState far')).out).not.toBe('loaded\n');
    await isWell();
  });

  it('is said in one line, with the file and the mount', async () => {
    const { out } = await container.sh('journalctl -q -o cat _PID=1 | grep "going on without it"');
    expect(out).toBe(`${dead}/env is on ${dead} (fuse), which does not answer: going on without it.\n`);
  });
});
