import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root, say } from './tools.mjs';

/**
 * `node scripts/picture.mjs`: docs/boot.svg, the picture of a boot in the README. `npm start` runs in a terminal of its own,
 * boots the units of examples/, says how they are, and halts at Ctrl-C; what it has written is drawn as it stood there.
 */

const columns = 104;
const [cell, row, margin] = [7.8, 17, 14];

/** Colours of a terminal, by the numbers of its sequences. */
const palette = {
  31: '#f07178',
  32: '#9fd356',
  33: '#ffcb6b',
  34: '#82aaff',
  35: '#c792ea',
  36: '#89ddff',
  90: '#8a8f98',
};
const [ground, plain] = ['#1c2027', '#d7dae0'];

/** Lines of cells, each a character with how it looks, of what was written to a terminal. */
export function screenOf(text) {
  const lines = [[]];
  let at = 0;
  let look = '';
  for (const [, sequence, command, character] of text.matchAll(
    /\x1b\[([\d;?]*)([A-Za-z])|\x1b\].*?(?:\x07|\x1b\\)|([\s\S])/gu,
  )) {
    if (command === 'm') look = lookAfter(look, sequence);
    else if (command === 'K') lines.at(-1).length = at;
    else if (character === '\n') at = lines.push([]) && 0;
    else if (character === '\r') at = 0;
    else if (character !== undefined && character >= ' ') lines.at(-1)[at++] = { character, look };
  }
  return lines.map((line) => Array.from(line, (found) => found ?? { character: ' ', look: '' }));
}

/** Style of SVG text after a sequence of SGR. */
function lookAfter(before, sequence) {
  const facts = new Map(before === '' ? [] : before.split(' ').map((word) => word.split('=')));
  const codes = sequence.split(';').map(Number);
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index];
    if (code === 0) facts.clear();
    else if (code === 1) facts.set('font-weight', '"bold"');
    else if (code === 39) facts.delete('fill');
    else if (palette[code] !== undefined) facts.set('fill', `"${palette[code]}"`);
    // of 256 colours: greys
    else if (code === 38 && codes[index + 1] === 5) {
      facts.set('fill', `"${codes[index + 2] >= 232 && codes[index + 2] < 250 ? palette[90] : plain}"`);
      index += 2;
    }
  }
  return [...facts].map(([name, value]) => `${name}=${value}`).join(' ');
}

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Runs of cells that look alike are one piece. */
function lineSvg(line, index) {
  const pieces = [];
  for (const { character, look } of line) {
    if (pieces.at(-1)?.look === look) pieces.at(-1).text += character;
    else pieces.push({ look, text: character });
  }
  const spans = pieces.map(({ look, text }) =>
    look === '' ? escaped(text) : `<tspan ${look}>${escaped(text)}</tspan>`,
  );
  return `<text x="${margin}" y="${margin + row * (index + 1) - 4}">${spans.join('')}</text>`;
}

export function svgOf(lines) {
  const [width, height] = [Math.ceil(columns * cell + 2 * margin), Math.ceil(lines.length * row + 2 * margin)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>A container boots with pidone, says how it is, and halts in order</title>
<rect width="100%" height="100%" rx="8" fill="${ground}"/>
<g fill="${plain}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" xml:space="preserve">
${lines.flatMap((line, index) => (line.length === 0 ? [] : [lineSvg(line, index)])).join('\n')}
</g>
</svg>
`;
}

/** What npm start writes to a terminal, to its end. */
function recorded() {
  const command = `stty cols ${columns} rows 50; exec ${process.execPath} ${join(root, 'scripts/start.mjs')}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: root,
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', SYSTEMD_URLIFY: '0', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let halting = false;
  child.stdout.setEncoding('utf8').on('data', (more) => {
    text += more;
    if (!halting && text.includes('\nCtrl-C halts.\r\n')) {
      halting = true;
      child.stdin.write('\x03');
    }
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', () => done(text));
  });
}

/** Targets on the way of which a picture needs no line. */
const onTheWay = /target (?!multi-user|halt)[\w-]+\.target/;

/** A boot, the status of it without its processes, and a halt: what a first look is for. */
function excerpt(lines) {
  const texts = lines.map((line) =>
    line
      .map(({ character }) => character)
      .join('')
      .trimEnd(),
  );
  const find = (pattern, from = 0) => texts.findIndex((text, index) => index >= from && pattern.test(text));
  const [boot, status, list] = [
    find(/^Booting pidone/),
    find(/^\$ systemctl status/),
    find(/^\$ systemctl list-units/),
  ];
  const running = find(/^Running\. In another/);
  const halting = find(/^Halting/);
  const end = find(/^Halted/);
  if ([boot, status, list, running, halting, end].includes(-1))
    fail(`npm start has not said what it says:\n${texts.join('\n')}`);
  const summary = find(/^\s*Tasks:|^\s*CGroup:|^\s*Memory:/, status);
  const shown = (from, to) => lines.slice(from, to).filter((_, index) => !onTheWay.test(texts[from + index]));
  return [
    ...shown(boot + 2, status),
    ...shown(status, summary === -1 || summary > list ? list : summary),
    [],
    ...shown(halting, end + 1),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = excerpt(screenOf(await recorded()));
  writeFileSync(join(root, 'docs/boot.svg'), svgOf(lines));
  say(`Drew docs/boot.svg: ${lines.length} lines.`);
}
