import type { Voice } from '../voice/voice.ts';

/** pidone's own version, that of package.json. */
export const VERSION = '0.1.0';

/** As `show -p Version` and `status` have it. Tools compare the first number (deb-systemd-invoke asks for 249 or newer). */
export const versionLine = ({ systemdVersion }: Voice): string => `${systemdVersion} (pidone ${VERSION})`;

/** What `--version` prints. */
export function versionText(voice: Voice): string {
  return `systemd ${versionLine(voice)}\n${voice.version.features}\n`;
}
