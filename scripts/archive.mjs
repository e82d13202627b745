#!/usr/bin/env node
/**
 * Reads every unit file, tmpfiles.d, sysusers.d and preset file of a Debian release's archive with pidone's own programs, and
 * lists the lines that they don't understand.
 *
 *   scripts/archive.mjs [--suite=trixie] [--minutes=60] [--fetch=no] [--folder=/var/cache/pidone-archive]
 *
 * The packages that carry such files are fetched by apt, those that are small first, into the folder, for at most so many
 * minutes; what has been fetched stays. Where the oracle has a root file system of the release, real systemd is asked, too:
 * lines that it complains of are the packages' own faults. The exit status is 1 where pidone alone complains.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fetchArchive } from './archive/fetch.mjs';
import { askPidone, askSystemd, layOut } from './archive/parse.mjs';
import { fail, say } from './tools.mjs';

const options = { suite: 'trixie', minutes: '60', fetch: 'yes', folder: '/var/cache/pidone-archive' };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([a-z]+)=(.+)$/.exec(argument) ?? [];
  if (name === undefined || !Object.hasOwn(options, name)) {
    fail(`archive: ${argument}: options are --suite= --minutes= --fetch=yes|no --folder=`);
  }
  options[name] = value;
}
/** The systemd of each release. */
const releases = { bookworm: '252', trixie: '257', forky: '262' };
const release = releases[options.suite];
if (release === undefined) fail(`archive: --suite=${options.suite}: one of ${Object.keys(releases).join(', ')}`);
const minutes = Number(options.minutes);
if (!(minutes > 0)) fail(`archive: --minutes=${options.minutes}: a number of minutes`);

const folder = join(options.folder, options.suite);
if (options.fetch === 'yes') {
  const { carry, left } = fetchArchive(folder, options.suite, minutes);
  say(`archive: ${carry - left} of ${carry} packages fetched`);
}
const packages = join(folder, 'files');
const { counts, roots } = layOut(packages, join(folder, 'roots'));
const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind} files`);
say(`archive: ${readdirSync(packages).length} packages: ${kinds.join(', ')}`);

const oracle = process.env.ORACLE_HOME ?? '/var/cache/pidone-oracle';
const system = options.suite === 'bookworm' ? join(oracle, 'rootfs') : join(oracle, 'roots', options.suite);
const asked = existsSync(system);
const ours = new Set(roots.flatMap((root) => askPidone(root, release)));
const theirs = new Set(asked ? roots.flatMap((root) => askSystemd(root, system)) : []);
const only = (these, those) => [...these].filter((line) => !those.has(line)).sort();
const alone = only(ours, theirs);
for (const line of alone) say(`pidone alone: ${line}`);
if (asked) for (const line of only(theirs, ours)) say(`systemd ${release} alone: ${line}`);
else
  say(
    `archive: no root file system of ${options.suite} in ${oracle}: nobody tells which lines are the packages' faults`,
  );
say(`archive: pidone complains of ${ours.size} lines, ${alone.length} of them alone; systemd of ${theirs.size}`);
process.exit(alone.length > 0 ? 1 : 0);
