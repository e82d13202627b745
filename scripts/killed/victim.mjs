/** What is killed meanwhile: a test that makes machines, starts what does not like to end, and takes some of it down itself. */
const units = {
  'plain.service': { Service: { ExecStart: '/bin/sleep infinity' } },
  'stubborn.service': { Service: { ExecStart: '/bin/sh -c \'trap "" TERM HUP INT; while :; do sleep 1000; done\'' } },
  'forks.service': {
    Service: {
      ExecStart: "/bin/sh -c 'setsid sleep 1000 & (setsid sleep 1001 &) ; exec sleep 1002'",
      KillMode: 'process',
    },
  },
  'crashes.service': { Service: { ExecStart: '/bin/sh -c "kill -SEGV $$$$"', Restart: 'always', RestartSec: '20ms' } },
};

export async function play(supervise) {
  const first = await supervise({ units, ports: ['web'], stopTimeout: '300ms' });
  await first.start(['stubborn.service', 'forks.service']);
  const second = await supervise({ units, stopTimeout: '300ms' });
  await Promise.all([second.start(['plain.service', 'forks.service']), first.start('crashes.service')]);
  await first.systemctl('status');
  await second.stop('forks.service');
  await second.halt();
  await first.halt();
}
