/** systemd-analyze verify: what it finds, and the exit statuses of --recursive-errors=. */
import { describe, expect, it } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../../../src/simulation/machine/machine.ts';
import { analyze } from '../../../support/analyze.ts';

function machine(units: Record<string, string>, options: SimOptions = {}): SimHost {
  const base = ['basic', 'sysinit', 'shutdown', 'sockets'].map((name) => [
    `/usr/lib/systemd/system/${name}.target`,
    `[Unit]\nDescription=${name}\n`,
  ]);
  const own = Object.entries(units).map(([name, text]) => [`/w/${name}`, text]);
  const host = new SimHost({ ...options, files: Object.fromEntries([...base, ...own]) });
  host.files.put('/bin/true', '#!', 0o755);
  return host;
}

const good = '[Service]\nExecStart=/bin/true\n';
const caller = { cwd: '/w' };
const verify = (host: SimHost, line: string) => analyze({ host }, `verify --man=no ${line}`, caller);

describe('verify', () => {
  it('is silent about a good unit, also under another name', async () => {
    const host = machine({ 'a.service': good });
    expect(await verify(host, 'a.service')).toEqual({ status: 0, out: '', err: '' });
    expect(await verify(host, 'a.service:b@.service')).toEqual({ status: 0, out: '', err: '' });
    expect(host.files.readdir('/').includes('tmp') ? host.files.readdir('/tmp') : []).toEqual([]);
  });

  it('finds what would hinder a start', async () => {
    const host = machine({
      'a.service': '[Unit]\nRequires=nope.service\n[Service]\nExecStart=/no/such\nExecStop=-/no/either\n',
      't@.service': '[Service]\nExecStart=/w\n',
      's.socket': '[Socket]\nListenStream=/run/s\n',
      'c.socket': '[Socket]\nListenStream=/run/c\nAccept=yes\n',
      'b.service': '[Service]\nType=foo\n',
    });
    expect(await verify(host, 'a.service t@.service s.socket c.socket')).toEqual({
      status: 1,
      out: '',
      err:
        'a.service: Failed to create a.service/start: Unit nope.service not found.\n' +
        'a.service: Command /no/such is not executable: No such file or directory\n' +
        't@i.service: Command /w is not executable: Is a directory\n' +
        's.socket: service s.service not loaded, socket cannot be started.\n' +
        'c.socket: service c@internal.service not loaded, socket cannot be started.\n',
    });
    expect(await verify(host, 'b.service')).toEqual({
      status: 1,
      out: '',
      err:
        '/w/b.service:2: Failed to parse service type, ignoring: foo\n' +
        'b.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n' +
        'Unit b.service has a bad unit file setting.\n',
    });
    expect(await verify(host, 'x.service ./bad')).toEqual({
      status: 1,
      out: '',
      err: 'Unit x.service not found.\nFailed to prepare filename ./bad: Invalid argument\n',
    });
  });

  it('finds cycles of order', async () => {
    const host = machine({
      'a.service': `[Unit]\nRequires=b.service\nAfter=b.service\n${good}`,
      'b.service': `[Unit]\nRequires=a.service\nAfter=a.service\n${good}`,
    });
    const { status, err } = await verify(host, 'a.service');
    expect(status).toBe(1);
    expect(err).toContain('Found ordering cycle on ');
    expect(err).toContain(
      'a.service: Failed to create a.service/start: Transaction order is cyclic. See system logs for details.\n',
    );
  });

  it('takes a template for the instance that the release takes it for', async () => {
    const host = machine({ 't@.service': '[Service]\nExecStart=/w\n' }, { release: 257 });
    expect((await verify(host, 't@.service')).err).toBe(
      't@test_instance.service: Command /w is not executable: Is a directory\n',
    );
  });

  it('finds the service of a socket whose dependencies are not looked at', async () => {
    const host = machine({ 's.socket': '[Socket]\nListenStream=/run/s\n', 's.service': good });
    expect(await verify(host, '--recursive-errors=no s.socket')).toEqual({ status: 0, out: '', err: '' });
  });

  it('counts ignored lines as --recursive-errors= says', async () => {
    const host = machine({
      'w.service': `[Unit]\nFoo=bar\n${good}`,
      'r.service': `[Unit]\nRequires=w.service\n${good}`,
    });
    const err = "/w/w.service:2: Unknown key 'Foo' in section [Unit], ignoring.\n";
    expect(await verify(host, 'w.service')).toEqual({ status: 0, out: '', err });
    expect(await verify(host, '--recursive-errors=one w.service')).toEqual({ status: 1, out: '', err });
    expect(await verify(host, '--recursive-errors=one r.service')).toEqual({ status: 0, out: '', err });
    expect(await verify(host, '--recursive-errors=yes r.service')).toEqual({ status: 1, out: '', err });
    expect(await verify(host, '--recursive-errors=no r.service')).toEqual({ status: 0, out: '', err: '' });
  });

  it('tells of names that are none of a unit where dependencies count', async () => {
    const host = machine({ 'a.service': `[Unit]\nAfter=lircd\n${good}Sockets=@.socket\n` });
    const { err } = await verify(host, 'a.service');
    expect(err).toContain('/w/a.service:2: Failed to add dependency on lircd, ignoring: Invalid argument\n');
    expect(err).toContain('Failed to add dependency on @.socket, ignoring: Invalid argument\n');
    expect(await verify(host, '--recursive-errors=no a.service')).toEqual({ status: 0, out: '', err: '' });
  });

  it('tells once of settings that do nothing here', async () => {
    const host = machine({ 'a.service': `${good}UtmpIdentifier=x\nUtmpIdentifier=y\n` });
    expect(await verify(host, 'a.service')).toEqual({
      status: 0,
      out: '',
      err: 'a.service: UtmpIdentifier= has no effect here: containers keep no utmp\n',
    });
  });

  it('tells of those that the container does not permit', async () => {
    const host = machine(
      { 'a.service': `${good}PrivateTmp=yes\nPrivateDevices=yes\nProtectHome=no\n` },
      { capabilities: 0n },
    );
    expect((await verify(host, 'a.service')).err).toBe(
      'a.service: PrivateTmp= has no effect here: ignored where the container may not mount (no CAP_SYS_ADMIN)\n' +
        'a.service: PrivateDevices= has an effect only in part here: without its mounts and namespaces where the container ' +
        'may not make them (no CAP_SYS_ADMIN); calls are filtered\n',
    );
  });
});
