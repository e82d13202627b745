/** The unit file of a package as it is, with a drop-in of one's own: what becomes of it when its configuration is wrong? */
import { type Script, type SimulateOptions, simulate } from 'pidone/sim';
import { expect, it } from 'vitest';

/** As a package ships it: a forking daemon that checks its configuration first. */
const cached = `
[Unit]
Description=In-memory cache
After=network.target
Documentation=man:cached(8)

[Service]
Type=forking
PIDFile=/run/cached/cached.pid
User=cached
Group=cached
RuntimeDirectory=cached
EnvironmentFile=-/etc/default/cached
ExecStartPre=/usr/sbin/cached -t -q
ExecStart=/usr/sbin/cached --daemonize $CACHED_OPTS
ExecReload=/bin/kill -HUP $MAINPID
TimeoutStopSec=5
KillMode=mixed
PrivateTmp=true
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`;

/** The program: it refuses a wrong configuration, and becomes a daemon that takes its time to stop. */
const program: Script = (p) => {
  const isGood = !p.files.exists('/etc/cached.conf') || !p.files.read('/etc/cached.conf').includes('wrong');
  if (p.args.includes('-t')) {
    if (!isGood) p.error('configuration file /etc/cached.conf test failed');
    p.exit(isGood ? 0 : 1);
    return;
  }
  p.daemonize(
    (daemon) => {
      daemon.log(`ready, with ${p.args.slice(1).join(' ')}`);
      daemon.on('SIGTERM', () => daemon.exit(0, { after: '2s' }));
    },
    { pidFile: '/run/cached/cached.pid' },
  );
  p.exit(0, { after: '300ms' });
};

const options: SimulateOptions = {
  units: { 'cached.service': cached, 'cached.service.d/restart.conf': { Service: { Restart: 'on-failure' } } },
  programs: { '/usr/sbin/cached': program },
  files: { '/etc/default/cached': 'CACHED_OPTS=--memory 64' },
};

it('it comes up as a daemon, is found by its PID file, and stops in time', async () => {
  const sim = await simulate({ ...options, enable: ['cached.service'], boot: 'multi-user.target' });
  const unit = sim.unit('cached.service');
  expect(unit).toMatchObject({ activeState: 'active', subState: 'running' });
  expect(unit.mainPid).toBe(Number(sim.files.read('/run/cached/cached.pid')));
  expect(unit.journal({ grep: 'ready, with --memory 64' })).toHaveLength(1);

  const before = sim.elapsedMs;
  await unit.stop();
  expect(sim.elapsedMs - before).toBe(2000);
  expect(unit.result).toBe('success');
});

it('the drop-in restarts it where it dies, but not for ever where its configuration is wrong', async () => {
  const sim = await simulate(options);
  const unit = sim.unit('cached.service');
  await unit.start();
  await unit.kill('SIGSEGV');
  await unit.waitFor({ activeState: 'active', nRestarts: 1 });

  sim.files.write('/etc/cached.conf', 'wrong');
  await unit.kill('SIGSEGV');
  await unit.waitFor({ activeState: 'failed' });
  expect((await sim.systemctl('status', 'cached.service')).stdout).toContain('/etc/cached.conf test failed');
  await expect(unit.start()).rejects.toThrow('Failed to start cached.service: exit-code');
});
