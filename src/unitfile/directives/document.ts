/** docs/directives.md: every directive with what becomes of it, counted. */

import type { Support } from './directive.ts';
import { type FoundDirective, type GroupName, groups } from './table.ts';

const titles: Readonly<Record<GroupName, [title: string, page: string]>> = {
  unit: ['[Unit]', 'systemd.unit(5)'],
  install: ['[Install]', 'systemd.unit(5)'],
  service: ['[Service]', 'systemd.service(5)'],
  socket: ['[Socket]', 'systemd.socket(5)'],
  timer: ['[Timer]', 'systemd.timer(5)'],
  path: ['[Path]', 'systemd.path(5)'],
  mount: ['[Mount]', 'systemd.mount(5)'],
  automount: ['[Automount]', 'systemd.automount(5)'],
  swap: ['[Swap]', 'systemd.swap(5)'],
  slice: ['[Slice]', 'systemd.slice(5)'],
  scope: ['[Scope]', 'systemd.scope(5)'],
  exec: ['Execution: [Service], [Socket], [Mount], [Swap]', 'systemd.exec(5)'],
  kill: ['Killing: [Service], [Socket], [Mount], [Swap], [Scope]', 'systemd.kill(5)'],
  cgroup: ['Resource control: [Service], [Socket], [Mount], [Swap], [Slice], [Scope]', 'systemd.resource-control(5)'],
  manager: ['[Manager] of system.conf and user.conf', 'systemd-system.conf(5)'],
};

const states: Readonly<Record<Support['state'], string>> = {
  honoured: 'honoured',
  'no-effect': 'accepted, no effect',
  'not-yet': 'not yet',
};

export interface DirectiveCounts {
  total: number;
  honoured: number;
  'no-effect': number;
  'not-yet': number;
}

/** How many directives there are, each counted once where several sections share it. */
export function countDirectives(): DirectiveCounts {
  const counts: DirectiveCounts = { total: 0, honoured: 0, 'no-effect': 0, 'not-yet': 0 };
  for (const rows of Object.values(groups)) {
    for (const row of Object.values(rows)) {
      if (row.slot && !row.directive) continue;
      counts.total++;
      counts[row.support.state]++;
    }
  }
  return counts;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function line({ key, row }: FoundDirective): string {
  const notes: string[] = [];
  if (!row.slot && row.legacy) notes.push(row.into === '' ? 'old' : `old name or place of ${row.into}=`);
  if (row.support.reason !== undefined) notes.push(row.support.reason);
  const since = row.since === undefined ? '' : String(row.since);
  return `| ${key}= | ${cell(row.kindName)} | ${states[row.support.state]} | ${since} | ${cell(notes.join('; '))} |`;
}

/** The page as Markdown. */
export function directivesDocument(): string {
  const { total, honoured, 'no-effect': noEffect, 'not-yet': notYet } = countDirectives();
  const text: string[] = [
    '# Directives',
    '',
    'Every directive of unit files that systemd 252 reads, and later ones (with the release that brought them), as the',
    'table in `src/unitfile/directives/` has them. Made by `node scripts/gen-directives.mjs`; a test says when it is old.',
    '',
    `${total} directives: ${honoured} honoured, ${noEffect} accepted without effect in a container, ${notYet} not yet.`,
    'Without effect or not yet: the line is read and checked, `systemctl show` prints it, and `systemctl status` and',
    '`systemd-analyze verify` say once that it does nothing.',
  ];
  for (const [name, [title, page]] of Object.entries(titles) as [GroupName, [string, string]][]) {
    const rows = Object.entries(groups[name]).filter(([, row]) => !row.slot || row.directive);
    if (rows.length === 0) continue;
    text.push('', `## ${title}`, '', page, '');
    text.push('| directive | value | state | since | notes |', '|---|---|---|---|---|');
    for (const [key, row] of rows) text.push(line({ group: name, key, row }));
  }
  text.push('');
  return text.join('\n');
}
