/**
 * How one release of systemd speaks: texts of messages, exit statuses, which properties and columns there are and in which
 * order. What it understands is the same in all: every directive, option and verb that any release knows.
 *
 *   release.ts     the releases that are told apart
 *   image.ts       which of them belongs to an image
 *   row.ts         what a difference is
 *   words.ts       lists that grow
 *   the other files   the differences, a row each, by who speaks
 *
 * `Host.voice` has the one that is heard. Nothing else asks for a release: who needs to know has a row here.
 */
import { analyzeRows } from './analyze.ts';
import { journalRows } from './journal.ts';
import { loadingRows } from './loading.ts';
import { managerRows } from './manager.ts';
import { mountRows } from './mount.ts';
import { optionRows } from './options.ts';
import { type Properties, propertiesIn } from './properties.ts';
import type { Release } from './release.ts';
import { type Spoken, speak } from './row.ts';
import { runRows } from './run.ts';
import { showRows } from './show.ts';
import { systemCallRows } from './system-calls.ts';
import { systemctlRows } from './systemctl.ts';
import { tmpfilesRows } from './tmpfiles.ts';
import { toolsRows } from './tools.ts';
import { unitFileRows } from './unit-files.ts';
import { versionRows } from './version.ts';
import { wordsIn } from './words.ts';

export const rows = {
  version: versionRows,
  unitFiles: unitFileRows,
  systemctl: systemctlRows,
  loading: loadingRows,
  systemCalls: systemCallRows,
  manager: managerRows,
  show: showRows,
  journal: journalRows,
  run: runRows,
  mount: mountRows,
  options: optionRows,
  analyze: analyzeRows,
  tmpfiles: tmpfilesRows,
  tools: toolsRows,
};

type Rows = typeof rows;

type Spokens = { readonly [Speaker in keyof Rows]: Spoken<Rows[Speaker]> };

export interface Voice extends Spokens {
  readonly show: Spokens['show'] & { readonly properties: Properties };
  /** The words of a list that the release has: behind a word stands since when, and until when (words.ts). */
  readonly words: (list: string) => readonly string[];
  /** The release's number, to be shown or compared with what somebody else has written. */
  readonly systemdVersion: string;
}

const voices = new Map<Release, Voice>();

export function voiceOf(release: Release): Voice {
  let voice = voices.get(release);
  if (voice === undefined) {
    voice = {
      systemdVersion: String(release),
      words: wordsIn(release),
      version: speak(rows.version, release),
      unitFiles: speak(rows.unitFiles, release),
      systemctl: speak(rows.systemctl, release),
      mount: speak(rows.mount, release),
      options: speak(rows.options, release),
      loading: speak(rows.loading, release),
      systemCalls: speak(rows.systemCalls, release),
      manager: speak(rows.manager, release),
      journal: speak(rows.journal, release),
      run: speak(rows.run, release),
      analyze: speak(rows.analyze, release),
      tmpfiles: speak(rows.tmpfiles, release),
      tools: speak(rows.tools, release),
      show: { ...speak(rows.show, release), properties: propertiesIn(release) },
    };
    voices.set(release, voice);
  }
  return voice;
}
