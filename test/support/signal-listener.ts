/** A process that takes signals as a manager does, and tells of each on a line; its argument is the addon. */
import { createRequire } from 'node:module';
import type { Native } from '../../src/sys/native.ts';
import { RealHost } from '../../src/sys/real-host.ts';

const host = new RealHost(createRequire(import.meta.url)(process.argv[2]!) as Native);
host.manage();
host.onSignal = (signal) => host.console(`${JSON.stringify(signal)}\n`);
host.console('ready\n');
