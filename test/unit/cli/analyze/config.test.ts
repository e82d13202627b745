/** systemd-analyze cat-config and dot. */
import { expect, it } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { analyze } from '../../../support/analyze.ts';
import { SimSystem } from '../../../support/sim-system.ts';

it('cat-config prints the main file and the drop-ins that count', async () => {
  const host = new SimHost({
    files: {
      '/etc/systemd/x.conf': '[X]\nA=1',
      '/usr/lib/systemd/x.conf': '[X]\nA=0\n',
      '/usr/lib/systemd/x.conf.d/20-b.conf': '[X]\nB=vendor\n',
      '/etc/systemd/x.conf.d/20-b.conf': '[X]\nB=own\n',
      '/run/systemd/x.conf.d/10-c.conf': '[X]\nC=1\n',
      '/run/systemd/x.conf.d/readme': 'no\n',
      '/usr/lib/tmpfiles.d/a.conf': 'd /a\n',
    },
  });
  expect(await analyze({ host }, 'cat-config systemd/x.conf')).toEqual({
    status: 0,
    err: '',
    out:
      '# /etc/systemd/x.conf\n[X]\nA=1\n\n# /run/systemd/x.conf.d/10-c.conf\n[X]\nC=1\n\n' +
      '# /etc/systemd/x.conf.d/20-b.conf\n[X]\nB=own\n',
  });
  expect((await analyze({ host }, 'cat-config /usr/lib/tmpfiles.d no.conf')).out).toBe(
    '# /usr/lib/tmpfiles.d/a.conf\nd /a\n\n\n# Main configuration file no.conf not found\n',
  );
  expect(await analyze({ host }, 'cat-config /srv/x.conf')).toEqual({
    status: 1,
    out: '',
    err: 'Path /srv/x.conf does not start with any known prefix.\n',
  });
});

it('cat-config --tldr leaves out comments, and sections in which nothing stands', async () => {
  const host = new SimHost({
    files: { '/etc/systemd/x.conf': '# all\n[X]\n\nA=1\n ; more\n  B=2 # kept\n[Y]\n#C=1\n[Z]\nD=4\n' },
  });
  expect((await analyze({ host }, 'cat-config --tldr systemd/x.conf')).out).toBe(
    '# /etc/systemd/x.conf\n[X]\nA=1\n  B=2 # kept\n[Z]\nD=4\n',
  );
});

it('dot draws what depends on what', async () => {
  const system = new SimSystem({
    '/etc/systemd/system/a.service': '[Unit]\nWants=b.service\nAfter=b.service\n[Service]\nExecStart=/bin/a\n',
    '/etc/systemd/system/b.service': '[Service]\nExecStart=/bin/b\n',
  });
  await system.systemctl('start a');
  const { status, out, err } = await analyze(system, 'dot a.service');
  expect(status).toBe(0);
  expect(out).toMatch(/^digraph systemd \{\n(\t"[^"]+"->"[^"]+" \[color="\w+"\];\n)+\}\n$/);
  expect(out).toContain('\t"a.service"->"b.service" [color="green"];\n');
  expect(out).toContain('\t"a.service"->"b.service" [color="grey66"];\n');
  expect(err).toMatch(/^ {3}Color legend: black {5}= Requires\n/);
  expect((await analyze(system, 'dot --order --to-pattern=b.* --from-pattern=a.*')).out).toBe(
    'digraph systemd {\n\t"a.service"->"b.service" [color="green"];\n}\n',
  );
});

it('dump tells what the manager knows', async () => {
  const system = new SimSystem({
    '/etc/systemd/system/a.service': '[Unit]\nDescription=An A\nAfter=b.service\n[Service]\nExecStart=/bin/a\n',
  });
  await system.systemctl('start a');
  const { status, out } = await analyze(system, 'dump a');
  expect(status).toBe(0);
  expect(out).toMatch(/^-> Unit a\.service:\n\tDescription: An A\n\tInstance: n\/a\n\tUnit Load State: loaded\n/);
  expect(out).toContain('\tUnit Active State: active\n');
  expect(out).toContain('\tAfter: b.service (origin-file)\n');
  const all = (await analyze(system, 'dump')).out;
  expect(all).toMatch(/^Manager: systemd 252 /);
  expect(all).toContain('-> Unit basic.target:\n');
});
