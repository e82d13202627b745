import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellsOf } from './differing-steps.mjs';
import { root } from './tools.mjs';

/**
 * Manual pages from Markdown: docs/man/NAME.SECTION.md, and pidone-differences(7) of docs/differences.md. marked-man makes roff
 * of them. A page has no other date than that of its release.
 */

const folder = join(root, 'docs/man');
/** What pages are made of. */
export const manSources = () => [
  ...readdirSync(folder).map((name) => join(folder, name)),
  ...['docs/differences.md', 'package.json', 'packaging/deb/changelog', 'scripts/man.mjs'].map((path) =>
    join(root, path),
  ),
];

/** When the release was written down, milliseconds. */
function releasedMs() {
  const changelog = readFileSync(join(root, 'packaging/deb/changelog'), 'utf8');
  return Date.parse(/^ -- .*> {2}(.*)$/m.exec(changelog)[1]);
}

/** A link of Markdown without its target, which is a file beside the page and nothing for a reader of manuals. */
const withoutLinks = (text) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');

/** The table of docs/differences.md as a page: what differs, and of each what either does and why. */
export function differencesPage(markdown) {
  const rows = cellsOf(markdown).map(([what, systemd, pidone, why]) => {
    const reason = why === '' ? '' : ` (${why})`;
    return `* ${what}: systemd: ${systemd}. pidone: ${pidone}${reason}.`;
  });
  return withoutLinks(`# pidone-differences(7) -- how pidone differs from systemd

## DESCRIPTION

What a user of systemd can meet there and not with pidone, or the other way round. What containers have not got is said of each
unit by pidone-doctor(1).

${rows.join('\n')}

## SEE ALSO

pidone(1), pidone-doctor(1), systemd(1)
`);
}

/** Pages by name, `pidone.1`: their roff. */
export function manPages() {
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-man-'));
  try {
    const differences = 'pidone-differences.7.md';
    writeFileSync(join(scratch, differences), differencesPage(readFileSync(join(root, 'docs/differences.md'), 'utf8')));
    const files = [...readdirSync(folder).map((name) => join(folder, name)), join(scratch, differences)];
    return new Map(files.map((file) => [file.slice(file.lastIndexOf('/') + 1, -'.md'.length), roffOf(file)]));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function roffOf(file) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const program = join(root, 'node_modules/marked-man/bin/marked-man.js');
  const facts = [`--date=${releasedMs()}`, `--version=pidone ${version}`, '--manual=pidone', '--no-breaks'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...facts, file], { encoding: 'utf8' });
  if (status !== 0 || !stdout.includes('.TH ')) throw new Error(`${file}: marked-man made no page of it. ${stderr}`);
  return stdout;
}
