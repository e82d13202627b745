/** What systemctl says of unit files: through a manager, and without one. Words and statuses are systemd 252's. */
import { describe, expect, it } from 'vitest';
import { systemctl } from '../../../../src/cli/systemctl/systemctl.ts';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const etc = '/etc/systemd/system';
const lib = '/usr/lib/systemd/system';
const wanted = '[Install]\nWantedBy=multi-user.target\n';
const files = {
  [`${etc}/a.service`]: `[Service]\nExecStart=/bin/run\n${wanted}`,
  [`${etc}/static.service`]: '[Service]\nExecStart=/bin/run\n',
  [`${lib}/v.service`]: `[Service]\nExecStart=/bin/run\n${wanted}`,
  [`${lib}/t@.service`]: `[Service]\nExecStart=/bin/run\n${wanted}`,
  '/run/systemd/generator/g.service': '[Service]\nExecStart=/bin/run\n',
  '/opt/o.service': `[Service]\nExecStart=/bin/run\n${wanted}`,
};

/** Without a manager: systemctl's own process. */
const alone = (line: string, host: SimHost): Promise<Answer> => callProgram({ host }, systemctl, 'systemctl', line);

function machine(): SimHost {
  const host = new SimHost({ files: { ...files, [`${lib}/multi-user.target`]: '' } });
  return host;
}

function booted(): SimSystem {
  const system = new SimSystem(files);
  return system;
}

const noConfig =
  'The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n' +
  'Alias= settings in the [Install] section, and DefaultInstance= for template\n' +
  'units). This means they are not meant to be enabled using systemctl.\n' +
  ' \n' +
  'Possible reasons for having this kind of units are:\n' +
  "• A unit may be statically enabled by being symlinked from another unit's\n" +
  '  .wants/ or .requires/ directory.\n' +
  "• A unit's purpose may be to act as a helper for some other unit which has\n" +
  '  a requirement dependency on it.\n' +
  '• A unit may be started when needed via activation (socket, path, timer,\n' +
  '  D-Bus, udev, scripted systemctl call, ...).\n' +
  '• In case of template units, the unit is meant to be enabled with some\n' +
  '  instance name specified.\n';

describe('through a manager', () => {
  const cases: [line: string, status: number, out: string, err: string][] = [
    ['enable a', 0, '', `Created symlink ${etc}/multi-user.target.wants/a.service → ${etc}/a.service.\n`],
    ['enable --quiet a', 0, '', ''],
    ['enable static', 0, '', noConfig],
    ['enable none', 1, '', 'Failed to enable unit: Unit file none.service does not exist.\n'],
    ['enable /opt/none.service', 1, '', 'Failed to enable unit: Unit file /opt/none.service does not exist.\n'],
    ['enable g', 1, '', 'Failed to enable unit: Unit /run/systemd/generator/g.service is transient or generated.\n'],
    ['enable t@', 1, '', 'Failed to enable unit: Destination unit multi-user.target is a non-template unit.\n'],
    ['disable none', 1, '', 'Failed to disable unit: Unit file none.service does not exist.\n'],
    ['mask a', 1, '', `Failed to mask unit: File ${etc}/a.service already exists.\n`],
    [
      'mask b/c.service',
      1,
      '',
      'Failed to get properties: Unit name /b/c.service is neither a valid invocation ID nor unit name.\n',
    ],
    [
      'mask none',
      0,
      '',
      `Unit none.service does not exist, proceeding anyway.\nCreated symlink ${etc}/none.service → /dev/null.\n`,
    ],
    [
      'link relative.service',
      1,
      '',
      'Link argument must contain at least one directory separator.\n' +
        'If you intended to link a file in the current directory, try ./relative.service instead.\n',
    ],
    ['link /opt/o.service', 0, '', `Created symlink ${etc}/o.service → /opt/o.service.\n`],
    ['is-enabled none', 1, '', 'Failed to get unit file state for none.service: No such file or directory\n'],
    ['is-enabled v a static', 0, 'disabled\ndisabled\nstatic\n', ''],
    ['is-enabled v', 1, 'disabled\n', ''],
    ['is-enabled --quiet static', 0, '', ''],
    ['set-default v.service', 1, '', 'Failed to set default target: Invalid argument\n'],
    ['set-default none', 1, '', 'Failed to set default target: Unit file none.target does not exist.\n'],
    ['get-default', 1, '', 'Failed to get default target: No such file or directory\n'],
    ['list-unit-files none*', 1, 'UNIT FILE STATE PRESET\n\n0 unit files listed.\n', ''],
    [
      'list-unit-files --legend=no v* g* t@*',
      0,
      'g.service  generated -\nt@.service disabled  enabled\nv.service  disabled  enabled\n',
      '',
    ],
    ['cat none', 1, '', 'No files found for none.service.\n'],
    ['cat static', 0, `# ${etc}/static.service\n[Service]\nExecStart=/bin/run\n`, ''],
  ];
  it.each(cases)('%s', async (line, status, out, err) => {
    expect(await booted().systemctl(line)).toEqual({ status, out, err });
  });

  it('reloads after a change unless told not to, then --now starts and stops', async () => {
    const system = booted();
    expect(await system.systemctl('enable --now a')).toMatchObject({ status: 0 });
    expect(system.generated).toBe(1);
    expect(await system.systemctl('is-active a')).toMatchObject({ out: 'active\n' });
    const invocation = (await system.systemctl('show -P InvocationID a')).out;
    expect(await system.systemctl('reenable --now --no-reload a')).toMatchObject({ status: 0 });
    expect((await system.systemctl('show -P InvocationID a')).out).not.toBe(invocation);
    expect(await system.systemctl('disable --now --no-reload a')).toMatchObject({ status: 0 });
    expect(await system.systemctl('reenable --now --no-reload a')).toMatchObject({ status: 0 });
    expect(system.generated).toBe(1);
    expect(await system.systemctl('is-active a')).toMatchObject({ out: 'inactive\n' });
  });

  it('shows masks and drop-ins', async () => {
    const system = booted();
    system.host.files.put(`${etc}/v.service.d/10.conf`, '[Service]\nNice=1');
    await system.systemctl('mask static --runtime');
    await system.systemctl('daemon-reload');
    expect(await system.systemctl('cat v')).toEqual({
      status: 0,
      out: `# ${lib}/v.service\n${files[`${lib}/v.service`]}\n# ${etc}/v.service.d/10.conf\n[Service]\nNice=1\n`,
      err: '',
    });
    await system.systemctl('mask v');
    expect(await system.systemctl('cat v')).toMatchObject({ status: 0, out: '# Unit v.service is masked.\n' });
  });
});

describe('without a manager', () => {
  const cases: [line: string, status: number, out: string, err: string][] = [
    ['enable none', 1, '', 'Failed to enable unit, unit none.service does not exist.\n'],
    ['enable g', 1, '', 'Failed to enable unit, unit /run/systemd/generator/g.service is transient or generated.\n'],
    ['enable t@', 1, '', 'Failed to enable t@.service, destination unit multi-user.target is a non-template unit.\n'],
    ['disable none', 0, '', 'Failed to disable unit, unit none.service does not exist.\n'],
    ['mask a', 1, '', `Failed to mask unit, file "${etc}/a.service" already exists.\n`],
    ['set-default v.service', 1, '', 'Failed to set default: Invalid argument.\n'],
    [
      '--root=/none enable a',
      1,
      '',
      'Failed to initialize unit search paths for root directory /none: No such file or directory\n',
    ],
    ['cat v', 0, `# ${lib}/v.service\n${files[`${lib}/v.service`]}`, ''],
    ['edit v', 1, '', 'Cannot edit units if not on a tty.\n'],
  ];
  it.each(cases)('%s', async (line, status, out, err) => {
    expect(await alone(line, machine())).toEqual({ status, out, err });
  });

  it('disable --now has nothing to stop', async () => {
    const host = machine();
    await alone('enable a', host);
    expect(await alone('disable --now a', host)).toEqual({
      status: 0,
      out: '',
      err: `Removed "${etc}/multi-user.target.wants/a.service".\n`,
    });
  });
});
