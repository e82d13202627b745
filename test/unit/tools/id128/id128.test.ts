import { describe, expect, it } from 'vitest';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdId128 } from '../../../../src/tools/id128/id128.ts';

const machine = '3d1219c7c4c5404aaa1f6d2a48adfda4';
const app = '4f68bce3e8cd4db196e7fbcaf984b709';

interface Case {
  readonly release?: 252 | 257 | 262;
  readonly machineId?: string;
  readonly env?: Record<string, string>;
  readonly arch?: string;
}

function call(argv: readonly string[], { release = 257, machineId, env = {}, arch }: Case = {}): Promise<Answer> {
  const files: Record<string, string> = machineId === undefined ? {} : { '/etc/machine-id': machineId };
  const host = new SimHost({ release, files, ...(arch === undefined ? {} : { machine: arch }) });
  return callProgram({ host }, systemdId128, 'systemd-id128', argv, { env });
}

describe('systemd-id128', () => {
  it('makes ids that are random UUIDs', async () => {
    const { out } = await call(['new']);
    expect(out).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}\n$/);
    expect((await call(['new', '-u'])).out).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/,
    );
    const host = new SimHost();
    const one = () => callProgram({ host }, systemdId128, 'systemd-id128', ['new']);
    expect((await one()).out).not.toBe((await one()).out);
  });

  it('says which the machine is, as one id or as one for each application', async () => {
    expect(await call(['machine-id'], { machineId: `${machine}\n` })).toEqual({
      status: 0,
      out: `${machine}\n`,
      err: '',
    });
    expect((await call(['machine-id', '--uuid'], { machineId: machine.toUpperCase() })).out).toBe(
      '3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n',
    );
    const own = (await call(['machine-id', '-a', app], { machineId: machine })).out;
    expect(own).not.toContain(machine);
    expect((await call(['machine-id', `--app-specific=${app}`], { machineId: machine })).out).toBe(own);
    expect((await call(['boot-id', '-a', app])).out).not.toBe((await call(['boot-id'])).out);
  });

  it.each([
    [undefined, 257, 'No such file or directory'],
    ['', 257, 'No medium found'],
    ['0'.repeat(32), 257, 'No medium found'],
    ['uninitialized\n', 257, 'Package not installed'],
    ['x\n', 257, 'Structure needs cleaning'],
    ['x\n', 252, 'Invalid argument'],
  ] as const)('says what is wrong with the machine’s: %j in %d', async (machineId, release, reason) => {
    const of = { release, ...(machineId === undefined ? {} : { machineId }) };
    expect(await call(['machine-id'], of)).toEqual({
      status: 1,
      out: '',
      err: `Failed to get machine-ID: ${reason}\n`,
    });
    expect((await call(['machine-id', '-a', app], of)).err).toBe(`Failed to get app-specific machine-ID: ${reason}\n`);
    expect((await call(['var-partition-uuid'], of)).err).toBe(
      `Failed to generate machine-specific /var/ UUID: ${reason}\n`,
    );
  });

  it('says which start of a service this is', async () => {
    expect((await call(['invocation-id'], { env: { INVOCATION_ID: machine } })).out).toBe(`${machine}\n`);
    expect((await call(['invocation-id'])).err).toBe('Failed to get invocation-ID: No such device or address\n');
    expect((await call(['invocation-id', '-a', app])).err).toBe(
      'Verb "invocation-id" cannot be combined with --app-specific=.\n',
    );
  });

  it('shows types of partitions, those of the machine’s architecture by a short name', async () => {
    expect((await call(['show', 'esp', 'root', app], { arch: 'x86_64' })).out).toBe(
      `NAME        ID\nesp         c12a7328f81f11d2ba4b00a0c93ec93b\nroot        ${app}\nroot-x86-64 ${app}\n`,
    );
    expect((await call(['show', 'root', '-P'], { arch: 'aarch64' })).out).toBe('b921b0451df041c3af444c6f280d3fae\n');
    // both counted on the real ones
    expect((await call(['show', '--no-legend'], { arch: 'x86_64' })).out.split('\n')).toHaveLength(232);
    expect((await call(['show', '--no-legend'], { arch: 'x86_64', release: 252 })).out.split('\n')).toHaveLength(148);
    expect((await call(['show', 'esp', '-a', app])).out).toBe('NAME ID\nesp  cbd555dd33b148669ffea4ce74778db5\n');
    expect((await call(['show', '--json=short', '-u', 'esp'])).out).toBe(
      '[{"name":"esp","id":"c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}]\n',
    );
    expect(await call(['show', 'nix'])).toEqual({ status: 1, out: '', err: 'Unknown identifier "nix".\n' });
  });

  it('writes program code', async () => {
    expect((await call(['show', '-p', 'user-home'])).out).toBe(`As string:
773f91ef66d449b5bd83d683bf40ad16

As UUID:
773f91ef-66d4-49b5-bd83-d683bf40ad16

As systemd-id128(1) macro:
#define USER_HOME SD_ID128_MAKE(77,3f,91,ef,66,d4,49,b5,bd,83,d6,83,bf,40,ad,16)

As Python constant:
>>> import uuid
>>> USER_HOME = uuid.UUID('773f91ef66d449b5bd83d683bf40ad16')
`);
  });

  it('says what is wrong with a call as the release does', async () => {
    const verbs = 'new, machine-id, boot-id, invocation-id, var-partition-uuid, show, help';
    expect((await call([])).err).toBe(`Command verb required (one of ${verbs}).\n`);
    expect((await call([], { release: 252 })).err).toBe('Command verb required.\n');
    expect((await call(['foo'])).err).toBe("Unknown command verb 'foo', did you mean 'new'?\n");
    expect((await call(['new', 'x'])).err).toBe('Too many arguments.\n');
    expect((await call(['machine-id', '-a', 'x'])).err).toBe(
      'Failed to parse "x" as application-ID: Invalid argument\n',
    );
    expect((await call(['new', '-a', app])).status).toBe(0);
    expect((await call(['new', '-a', app], { release: 262 })).err).toBe(
      'Verb "new" cannot be combined with --app-specific=.\n',
    );
  });
});
