/** A process that takes signals as a manager does, and tells of each on a line; the addon lies beside its bundle. */
import { createRealHost } from '../../src/sys/real-host.ts';

const host = createRealHost({ manager: true });
host.onSignal = (signal) => host.console(`${JSON.stringify(signal)}\n`);
host.console('ready\n');
