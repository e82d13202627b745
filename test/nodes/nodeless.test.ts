/** The package without a Node, installed into containers for each release that it runs in ($PIDONE_NODES has their paths). */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container } from '../support/container.ts';

const nodes = JSON.parse(process.env.PIDONE_NODES ?? '{}') as Record<string, string>;
const releases = Object.keys(nodes).filter((release) => Number(release) >= 20);
const tarball = resolve(import.meta.dirname, `../../dist/pidone-nodeless-linux-${process.arch}.tar.gz`);
const install = '/usr/lib/pidone/install.sh';

const files = [
  {
    path: '/etc/systemd/system/steady.service',
    text: `[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'echo steady; systemd-notify --ready; exec sleep infinity'
ExecStop=/bin/echo stopped in order
Restart=on-failure
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
  },
];

/** What a call in a process of its own finds compiled: that V8 takes it. `with` options as the front door passes them. */
const looksForCode = (code: string, words: string): string => `
const vm = require('node:vm');
const Was = vm.Script;
vm.Script = class extends Was {
  constructor(text, options) { super(text, options);
    if (options.cachedData) console.error(this.cachedDataRejected ? 'rejected' : 'taken'); }
};
process.argv = [process.argv[0], '/usr/lib/pidone/pidone.cjs', ${words}];
require('/usr/lib/pidone/pidone.cjs').run('/usr/lib/pidone', '/usr/lib/pidone/${code}');`;
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Its PID 1 installs pidone for this Node and becomes it, as an image's \`RUN\` and \`CMD\` one after the other. */
const boot = (node: string): Promise<Container> =>
  Container.boot(
    files,
    ['/bin/sh', '-c', `${install} --node=${node} && systemctl enable steady && exec systemctl`],
    tarball,
  );

describe.each(releases)('in Node %s', (release) => {
  const node = nodes[release]!;
  let container: Container;
  const out = async (command: string): Promise<string> => (await container.sh(command)).out;
  beforeAll(async () => {
    container = await boot(node);
  });
  afterAll(() => container?.end());

  it('a manager runs in that Node, with the options that it knows', async () => {
    expect(await out('readlink /proc/1/exe /usr/lib/pidone/node; cat /proc/1/comm')).toBe(
      `${node}\n${node}\nsystemd\n`,
    );
    const options = (await out("tr '\\0' '\\n' < /proc/1/cmdline")).split('\n');
    expect(options.includes('--no-memory-reducer')).toBe(Number(release) >= 22);
  });

  it('finds what was compiled for it', async () => {
    const program = `${node} --min-semi-space-size=4 --v8-pool-size=0 -e`;
    const taken = await container.sh(`${program} ${quoted(looksForCode('program.code', "'systemctl', '--version'"))}`);
    expect([...new Set(taken.err.trim().split('\n'))]).toEqual(['taken']);
    const options = "$(tr '\\0' '\\n' < /proc/1/cmdline | sed -n '2,/pidone.cjs/{/^--/p}')";
    const manager = await container.sh(
      `${node} ${options} -e ${quoted(looksForCode('manager.code', "'init', '--help'"))}`,
    );
    expect([...new Set(manager.err.trim().split('\n'))]).toEqual(['taken']);
  });

  it('supervises, answers, and does the work on files', async () => {
    expect(await out('systemctl is-active steady')).toBe('active\n');
    const before = await out('systemctl show -P MainPID steady');
    await container.sh('systemctl kill -s KILL steady');
    await container.wait(`test "$(systemctl show -P NRestarts steady)" = 1 && systemctl is-active steady`);
    expect(await out('systemctl show -P MainPID steady')).not.toBe(before);
    expect(await out('journalctl -u steady -o cat -t sh')).toBe('steady\nsteady\n');
    const tree = 'mkdir -p /tree/etc/systemd/system; cp /etc/systemd/system/steady.service /tree/etc/systemd/system';
    const enabled = 'systemctl --root=/tree enable steady 2>/dev/null; systemctl --root=/tree is-enabled steady';
    expect(await out(`${tree}; ${enabled}`)).toBe('enabled\n');
    expect(await out('echo "d /var/made 0700" | systemd-tmpfiles --create -; stat -c %a /var/made')).toBe('700\n');
  });

  it('is told of nothing by the PATH and the environment of a caller', async () => {
    const evil = 'mkdir -p /evil; printf "#!/bin/sh\\necho evil\\n" > /evil/node; chmod 755 /evil/node';
    const call = 'NODE_OPTIONS=--require=/evil/x PATH=/evil:$PATH systemctl --root=/ is-enabled steady';
    expect(await out(`${evil}; ${call}`)).toBe('enabled\n');
  });

  it('halts in order', async () => {
    container.signal('SIGTERM');
    expect(await container.ended).toBe(0);
    expect(container.console).toContain('stopped in order');
  });
});

describe('where the Node will not do', () => {
  const node = nodes['22']!;
  let container: Container;
  beforeAll(async () => {
    container = await boot(node);
  });
  afterAll(() => container?.end());
  const said = async (command: string): Promise<[number, string]> => {
    const { exit, out, err } = await container.sh(command);
    return [exit, out + err];
  };
  const old = nodes['18']!;

  it('install.sh says in a line why', async () => {
    const none = 'pidone without a Node of its own needs one of 20.20 to 26, and there is none at';
    const hint = ' (--node=PATH names another)';
    expect(await said(`${install} --node=/nowhere/node`)).toEqual([1, `${none} /nowhere/node${hint}\n`]);
    expect(await said(`mv /usr/bin/node /usr/bin/node.away; ${install}`)).toEqual([
      1,
      `${none} /usr/local/bin/node or /usr/bin/node${hint}\n`,
    ]);
    expect(await said(`${install} --node=${old}`)).toEqual([
      1,
      `pidone needs Node 20.20 to 26, and ${old} is v18.20.8\n`,
    ]);
    await container.sh(`cp ${node} /opt/node && chmod 775 /opt/node`);
    expect(await said(`${install} --node=/opt/node`)).toEqual([
      1,
      '/opt/node can be changed by others than root, whose PID 1 it is to be\n',
    ]);
    await container.sh(
      "{ printf '\\177ELF\\2\\1\\1'; head -c 11 /dev/zero; printf '\\267\\0\\1\\0'; } > /opt/arm; chmod 755 /opt/arm",
    );
    expect(await said(`${install} --node=/opt/arm`)).toEqual([
      1,
      '/opt/arm is for another kind of machine than this pidone\n',
    ]);
    await container.sh('printf "#!/nowhere\\n" > /opt/broken; chmod 755 /opt/broken');
    expect((await said(`${install} --node=/opt/broken`))[1].split('\n')).toHaveLength(2);
    // None of it has changed anything.
    expect(await said('readlink /usr/lib/pidone/node')).toEqual([0, `${node}\n`]);
  });

  it('finds the one that images have', async () => {
    await container.sh(`mkdir -p /usr/local/bin; cp ${nodes['24']} /usr/local/bin/node; ln -s ${old} /usr/bin/node`);
    expect(await said(`${install} && readlink /usr/lib/pidone/node`)).toEqual([0, '/usr/local/bin/node\n']);
    await container.sh(`ln -sf ${old} /usr/local/bin/node; rm /usr/bin/node; mv /usr/bin/node.away /usr/bin/node`);
    expect(await said(`${install} && readlink /usr/lib/pidone/node`)).toEqual([0, '/usr/bin/node\n']);
  });

  it('a program says so where it has become another later', async () => {
    const call = 'systemctl --root=/ is-enabled steady';
    expect(await said(`ln -sf ${nodes['20']} /usr/lib/pidone/node; ${call}`)).toEqual([0, 'enabled\n']);
    expect(await said(`ln -sf ${old} /usr/lib/pidone/node; ${call}`)).toEqual([
      1,
      `pidone needs Node 20.20 to 26, and ${old} is v18.20.8\n`,
    ]);
    expect(await said(`ln -sf /gone/node /usr/lib/pidone/node; ${call}`)).toEqual([
      1,
      expect.stringMatching(
        /^\S+\/node -> \/gone\/node: No such file or directory \(without a Node of its own pidone runs in the one it was installed for: install it again\)\n$/,
      ),
    ]);
    expect(await said(`rm /usr/lib/pidone/node; PATH=/usr/bin ${call}`)).toEqual([
      1,
      expect.stringMatching(/^\S+\/node: No such file or directory \(/),
    ]);
  });

  it('is taken out again with all that was made for it', async () => {
    expect(
      await said(
        `${install} --node=${node} && cp -r /usr/lib/pidone /opt/pidone && /opt/pidone/install.sh --uninstall`,
      ),
    ).toEqual([0, '']);
    expect(await said('ls -d /usr/lib/pidone /usr/bin/systemctl')).toMatchObject([
      2,
      expect.stringContaining('No such file'),
    ]);
  });
});
