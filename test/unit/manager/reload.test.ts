import { beforeEach, describe, expect, it } from 'vitest';
import { ManagerEnvironment } from '../../../src/manager/environment.ts';
import { Reloads } from '../../../src/manager/reload.ts';
import { ManagerTimestamps } from '../../../src/manager/timestamps.ts';
import { JobError } from '../../../src/units/job-types.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let reloads: Reloads;
let environment: ManagerEnvironment;
let timestamps: ManagerTimestamps;
let forgotten: number;
let woken: number;
/** What generators do. */
let generate: () => Promise<void>;
let reexecute: () => Promise<void>;

function make(conf = ''): void {
  world = new UnitsWorld(
    { 'a.service': 'Description=Old' },
    { monotonic: 5_000, files: { '/etc/systemd/system.conf': conf } },
  );
  environment = new ManagerEnvironment(world.host, 'system', ['PATH=/bin']);
  timestamps = new ManagerTimestamps(world.timestamp());
  forgotten = 0;
  woken = 0;
  generate = async () => {};
  reexecute = async () => {};
  reloads = new Reloads(
    {
      host: world.host,
      loader: world.loader,
      environment,
      logControl: world.logControl,
      units: world.units,
      jobs: { wakeAll: () => woken++ },
      unitFiles: { forget: () => forgotten++ },
      timestamps,
      timestamp: () => world.timestamp(),
      touched: { all: () => {} },
      reexecute: () => reexecute(),
      log: world.log,
    },
    () => generate(),
  );
}
const write = (conf: string): void => world.host.files.put('/etc/systemd/system.conf', conf);

beforeEach(() => make());

describe('system.conf', () => {
  it('says the level of the log and what services get, and what is wrong in it is told', () => {
    make('[Manager]\nLogLevel=notice\nDefaultEnvironment=A=1\nNonsense=1\n');
    reloads.configure();
    expect(world.logControl.level).toBe(5);
    expect(environment.block()).toEqual(['A=1', 'PATH=/bin']);
    expect(world.messages).toMatchObject([{ priority: 4 }]);
    expect(world.logged()[0]).toMatch(/^\/etc\/systemd\/system\.conf:4: Unknown /);
  });
});

describe('a reload', () => {
  it('reads system.conf, runs generators, and reads every unit', async () => {
    const unit = world.unit('a.service').be('active');
    reloads.configure();
    write('[Manager]\nDefaultEnvironment=B=2\n');
    world.write('a.service', 'Description=New');
    const order: string[] = [];
    generate = async () => {
      order.push(`generate ${environment.block().join(' ')} ${unit.description}`);
      world.host.spend(70);
      world.write('made.service', '');
    };
    const reloaded = reloads.request().then(() => order.push('done'));
    await reloaded;
    expect(order).toEqual(['generate B=2 PATH=/bin Old', 'done']);
    expect(unit.description).toBe('New');
    expect(unit.activeState).toBe('active');
    expect(world.unit('made.service').loadState).toBe('loaded');
    expect(forgotten).toBe(1);
    expect(woken).toBe(1);
    expect(timestamps.unitsLoadStart.monotonic).toBe(5_070);
    expect(timestamps.unitsLoadFinish.monotonic).toBe(5_070);
    expect(world.messages).toMatchObject([{ message: 'Reloading.', priority: 6 }]);
  });

  it('is shared by those who ask while it is under way', async () => {
    let runs = 0;
    generate = async () => void runs++;
    await Promise.all([reloads.request(), reloads.request(), reloads.request()]);
    expect(runs).toBe(1);
    await reloads.request();
    expect(runs).toBe(2);
  });

  it('fails for all of them where generators can not be run; the next one is not hindered', async () => {
    generate = () => Promise.reject(new Error('no space left'));
    const [first, second] = await Promise.allSettled([reloads.request(), reloads.request()]);
    expect(first).toMatchObject({ status: 'rejected', reason: new Error('no space left') });
    expect(second.status).toBe('rejected');
    generate = async () => {};
    await reloads.request();
  });

  it('is refused past ReloadLimitBurst= in ReloadLimitIntervalSec=', async () => {
    make('[Manager]\nReloadLimitIntervalSec=10s\nReloadLimitBurst=2\n');
    reloads.configure();
    await reloads.request();
    await reloads.request();
    world.messages.length = 0;
    const refusal = await reloads.request().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JobError);
    expect(refusal).toMatchObject({
      busName: 'org.freedesktop.DBus.Error.LimitsExceeded',
      message: 'Reload() request rejected due to rate limit.',
    });
    expect(world.messages).toMatchObject([{ message: 'Reloading request rejected due to rate limit.', priority: 4 }]);
    world.host.advance(9_999);
    await expect(reloads.request()).rejects.toThrow('rate limit');
    world.host.advance(1);
    await reloads.request();
  });

  it('that is under way is no new one for the limit', async () => {
    make('[Manager]\nReloadLimitIntervalSec=10s\nReloadLimitBurst=1\n');
    reloads.configure();
    await Promise.all([reloads.request(), reloads.request()]);
    await expect(reloads.request()).rejects.toThrow('rate limit');
  });

  it('comes before the program is executed anew, and what hinders that is told', async () => {
    let before: readonly string[] = [];
    reexecute = async () => {
      before = world.logged();
    };
    await reloads.reexec();
    expect(before).toEqual(['Reexecuting.', 'Reloading.']);
    reexecute = () => Promise.reject(new Error('no'));
    await expect(reloads.reexec()).rejects.toThrow('no');
  });
});
