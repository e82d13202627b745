/** Every verb of pidone-machine, one row each. */
import { change } from '../../program/access.ts';
import type { Help, Section } from '../../program/help.ts';
import { lazily, type VerbRow, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import type { MachineOptions, MachineVerb } from './verb.ts';

type Row = VerbRow<CliContext, MachineOptions>;

/** For who may change things: the answers hold the journal, and what processes were started with. */
const access = change('Failed to speak with the manager');

function verb<Module>(
  synopsis: string,
  help: Help,
  open: () => Promise<Module>,
  pick: (module: Module) => MachineVerb,
): Row {
  const file = lazily(open);
  return { synopsis, help, access, load: async () => pick(await file()) };
}

const jobs = () => import('./jobs.ts');

const rows: readonly Row[] = [
  verb(
    'watch',
    'All units, then each change of one and each entry of the journal, until the caller goes',
    () => import('./watch.ts'),
    (m) => m.watch,
  ),
  verb(
    'units [UNIT...]',
    'How the units in memory are, all or those named',
    () => import('./units.ts'),
    (m) => m.units,
  ),
  verb('job TYPE UNIT...', 'Queue jobs; what came of each, once all have ended', jobs, (m) => m.job),
  verb('plan TYPE UNIT', 'The jobs that this one would bring with it, none of which is queued', jobs, (m) => m.plan),
  verb(
    'journal [UNIT...]',
    'Entries of this boot, of all units or of those named',
    () => import('./journal.ts'),
    (m) => m.journal,
  ),
  verb(
    'processes [UNIT...]',
    'Processes below the manager and the unit of each, or those of the units named',
    () => import('./processes.ts'),
    (m) => m.processes,
  ),
];

export const verbs: readonly Section<Row>[] = [['Commands', rows]];

export const verbNamed = verbFinder(verbs);
