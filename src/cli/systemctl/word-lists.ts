/** The lists behind `-t help`, `--state=help` and `-s help`. */

import { styleOf } from '../../program/colors.ts';
import { Table } from '../../program/table.ts';
import { signalName, sigRtMax } from '../../values/signals.ts';
import type { Voice } from '../../voice/voice.ts';
import type { CliContext } from '../common/context.ts';

type Terminal = Pick<CliContext, 'program' | 'env' | 'terminal'>;

export const loadStates: readonly string[] = [
  'stub',
  'loaded',
  'not-found',
  'bad-setting',
  'error',
  'merged',
  'masked',
];

const activeStates = 'active reloading inactive failed activating deactivating maintenance refreshing@257';
const unitFileStates =
  'enabled enabled-runtime linked linked-runtime alias masked masked-runtime static disabled indirect generated ' +
  'transient bad';

/** With the releases that brought them. */
const subStates: readonly (readonly [type: string, states: string])[] = [
  ['automount', 'dead waiting running failed'],
  ['device', 'dead tentative plugged'],
  [
    'mount',
    'dead mounting mounting-done mounted remounting unmounting remounting-sigterm remounting-sigkill ' +
      'unmounting-sigterm unmounting-sigkill failed cleaning',
  ],
  ['path', 'dead waiting running failed'],
  ['scope', 'dead start-chown running abandoned stop-sigterm stop-sigkill failed'],
  [
    'service',
    'dead condition start-pre start start-post running exited reload reload-signal@253 reload-notify@253 mounting@257 ' +
      'stop stop-watchdog stop-sigterm stop-sigkill stop-post final-watchdog final-sigterm final-sigkill failed ' +
      'dead-before-auto-restart@254 failed-before-auto-restart@254 dead-resources-pinned@254 auto-restart ' +
      'auto-restart-queued@254 cleaning',
  ],
  ['slice', 'dead active'],
  [
    'socket',
    'dead start-pre start-chown start-post listening running stop-pre stop-pre-sigterm stop-pre-sigkill stop-post ' +
      'final-sigterm final-sigkill failed cleaning',
  ],
  [
    'swap',
    'dead activating activating-done active deactivating deactivating-sigterm deactivating-sigkill failed cleaning',
  ],
  ['target', 'dead active'],
  ['timer', 'dead waiting running elapsed failed'],
];

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('');

/** In systemd's order, which is not that of our own. */
const types = 'service mount swap socket target device automount timer path slice scope';

export function typesText(legend: boolean): string {
  return (legend ? 'Available unit types:\n' : '') + lines(types.split(' '));
}

export function statesText({ words }: Voice, legend: boolean): string {
  const section = (title: string, states: string): string => (legend ? `${title}:\n` : '') + lines(words(states));
  const gap = legend ? '\n' : '';
  return [
    section('Available unit load states', loadStates.join(' ')),
    section('Available unit active states', activeStates),
    section('Available unit file states', unitFileStates),
    ...subStates.map(([type, states]) => section(`Available ${type} unit substates`, states)),
  ].join(gap);
}

/** systemd counts real-time signals from RTMIN+0. */
function signalText(signal: number): string {
  const name = signalName(signal);
  return name === 'RTMIN' ? 'RTMIN+0' : name;
}

export function signalList(): string {
  return lines(Array.from({ length: sigRtMax + 1 }, (_, signal) => signalText(signal)));
}

export function signalTable(context: Terminal): string {
  const table = new Table('signal', 'name');
  for (let signal = 1; signal <= sigRtMax; signal++) table.add(String(signal), `SIG${signalText(signal)}`);
  return table.render({ header: true, full: false, style: styleOf(context) });
}
