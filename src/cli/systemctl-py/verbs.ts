/** Verbs of systemctl.py that systemctl(1) has not, one row each; --help does not show them. */

import { change, query } from '../../program/access.ts';
import type { Section } from '../../program/help.ts';
import { type Access, lazily, type VerbRow } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { job, starts } from '../systemctl/access.ts';
import type { PySystemctlOptions } from './options.ts';
import type { PyVerb } from './verb.ts';

export interface PyVerbRow extends VerbRow<CliContext, PySystemctlOptions> {
  /** Whether a pager shows what it prints; `unless followed`: not with -f. */
  readonly pager: 'paged' | 'direct' | 'unless followed';
}

/** A maker of rows for verbs of one file, which is loaded when one of them is called. */
function rowsOf<Module>(
  pager: PyVerbRow['pager'],
  open: () => Promise<Module>,
): (synopsis: string, access: Access<PySystemctlOptions>, pick: (module: Module) => PyVerb) => PyVerbRow {
  const file = lazily(open);
  return (synopsis, access, pick) => ({
    synopsis,
    help: undefined,
    pager,
    access,
    load: async () => pick(await file()),
  });
}

const openUnits = () => import('./units.ts');
const openFiles = () => import('./files.ts');

const unit = rowsOf('direct', openUnits);
const list = rowsOf('paged', openUnits);
const file = rowsOf('direct', openFiles);
const small = rowsOf('direct', () => import('./small.ts'));

const log = rowsOf('unless followed', () => import('./log.ts'));

export const verbs: readonly Section<PyVerbRow>[] = [
  [
    undefined,
    [
      list('default-services [TARGET...]', query(), (m) => m.verbDefaultServices),
      list('list-start-dependencies UNIT...', query(), (m) => m.verbListStartDependencies),
      // What EnvironmentFile= names may be a secret.
      unit('environment UNIT', change('Failed to get environment'), (m) => m.verbEnvironment),
      file('command UNIT', query({ files: true, own: 'unprivileged' }), (m) => m.verbCommand),
      file('get-preset UNIT', query({ files: true }), (m) => m.verbGetPreset),
      log('log UNIT..., logs', query({ files: true, own: 'unprivileged', readsJournal: 'own' }), (m) => m.verbLog),
      small('listen UNIT...', job('start', starts), (m) => m.verbListen),
      small('reap-zombies', query(), (m) => m.verbReapZombies),
      small('version', query({ files: true }), (m) => m.verbVersion),
    ],
  ],
];
