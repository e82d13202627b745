/** docs/migrating.md: each row of its tables has a test that shows what the row says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itIsShown, type ShownBy } from '../../support/shown-by.ts';

/** First cells of the tables' rows. */
const rows = readFileSync('docs/migrating.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| systemctl.py |'))
  .map((line) => line.split(/(?<!\\)\|/)[1]!.trim());

const verbs = 'unit/cli/systemctl-py/verbs.test.ts';
const options = 'unit/cli/systemctl-py/options.test.ts';
const words = 'unit/cli/systemctl-py/init-words.test.ts';
const client = 'real/client.test.ts';
const boot = 'unit/main/boot.test.ts';
const withInit = [client, 'becomes the manager where --init of systemctl.py asks for it'] as const;
const meaningless = [options, '%s is accepted: the call does what it does without, and a line says so'] as const;

/** Beginnings of rows, and the tests: files below test/, titles in them. */
const shownBy: ShownBy = {
  '`systemctl`, `systemctl -1`': [[client, 'becomes the manager as init and where it is asked to']],
  '`systemctl default`': [withInit],
  '`systemctl init UNIT...`': [withInit, [boot, 'that %s goes on']],
  '`systemctl start --init`, without': [withInit],
  '`-0`, `-00`, `--exit`, `--now`': [
    [boot, 'with -0 %s'],
    [boot, 'with -0 goes on as long as one of them is up, or comes up again'],
    [boot, 'or of the default target ends with -0 when no service is left'],
    [words, '%s asks for an end'],
  ],
  '`systemctl --init listen': [withInit],
  '`systemctl start UNIT` as PID 1': [
    ['docker/migrating.test.ts', 'a start that is PID 1 ends, and with --init stays'],
  ],
  '`systemctl --init VERB`': [withInit, meaningless],
  '`default-services': [
    [verbs, 'lists sockets and services that a boot starts, systemd’s own with --all only'],
    [verbs, 'takes targets, which have to be there'],
  ],
  '`environment UNIT`': [
    [verbs, 'prints what a service is given, sorted'],
    [verbs, 'is not for everyone: files of variables may hold secrets'],
  ],
  '`command UNIT`': [
    [verbs, 'prints the lines as the files have them'],
    [verbs, '-p names other settings'],
  ],
  '`log UNIT...`': [[verbs, 'show what a service has written, as it wrote it']],
  '`listen UNIT...`': [[verbs, 'starts sockets, and nothing else']],
  '`reap-zombies`': [[verbs, 'counts what runs, and says that nothing had to be reaped']],
  '`get-preset UNIT`': [[verbs, 'prints what preset would do']],
  '`list-start-dependencies': [[verbs, 'has in their order what is started with a unit, and why']],
  '`version`': [[verbs, 'is --version']],
  '`help [VERB...]`': [[verbs, 'help is about units, and list-units about those in memory']],
  '`list-units`': [[verbs, 'help is about units, and list-units about those in memory']],
  '`__VERB...`': [[verbs, 'is refused as by systemd, which knows no verb of systemctl.py’s']],
  'the word `service`': [[verbs, 'service is a unit like others']],
  '`-1`, `--init`': [withInit, meaningless],
  '`-0`, `--exit` ': [meaningless],
  '`-e NAME=VALUE`': [
    [options, 'gives variables to what is started, which count more than the unit’s own'],
    [options, 'takes files, and the later counts'],
    [options, 'stays until the unit is reverted, and only root reads the values'],
    [words, '-e gives variables to all services'],
    [verbs, 'has what -e adds'],
  ],
  '`-c NAME=VALUE`': [meaningless],
  '`--maxtimeout': [meaningless],
  '`-4`, `--ipv4`': [
    [options, 'leave localhost to one family of addresses in /etc/hosts'],
    [options, 'are root’s, and say what is in the way'],
    [words, '-4 takes localhost from ::1'],
  ],
  '`-v`, `--verbose`': [meaningless],
  '`--preset-mode=all`': [[options, '--preset-mode= takes systemctl.py’s words, too']],
  '`--kill-who=WHO`': [
    ['unit/cli/systemctl/options.test.ts', '--kill-who= is an abbreviation, -s takes names and numbers'],
  ],
  '`-f` with `log`': [[verbs, '-f goes on with what comes']],
  '`-n` with `log`': [[verbs, '-n says how many lines, -o in which form']],
  '`--now` with': [[options, 'mean what systemd says where they differ']],
  '`--all` twice': [[verbs, 'lists sockets and services that a boot starts, systemd’s own with --all only']],
  '`--reverse`, `--job-mode=`': [[options, 'mean what systemd says where they differ']],
  '`--no-warn`': [meaningless],
  '`--root=DIR`': [[verbs, 'takes targets, which have to be there']],
  '`--user`, in': [[boot, 'goes up as a user who is not root, and reads that user’s own units before the others']],
  '`/var/log/systemctl.log`': [[verbs, 'leaves no files of systemctl.py’s']],
  '`/var/log/journal/UNIT.log`': [[verbs, 'show what a service has written, as it wrote it']],
  'lines of services in': [['unit/main/init.test.ts', 'the console says what was asked for']],
  '`/run/UNIT.status`': [[verbs, 'leaves no files of systemctl.py’s']],
};

describe('the tables of docs/migrating.md', () => {
  it('have a test for each row, and no test is of a row that is gone', () => {
    const begins = (row: string): string[] => Object.keys(shownBy).filter((begin) => `${row} `.startsWith(begin));
    expect(rows.filter((row) => begins(row).length !== 1)).toEqual([]);
    expect(rows).toHaveLength(Object.keys(shownBy).length);
  });

  itIsShown(shownBy);
});
