/** Texts that may be anything: bytes, pieces of unit files, unit files with something wrong in them. */

const pieces = [
  '[',
  ']',
  '[Unit]',
  '[Service]',
  '[Install]',
  '[X-Foo]',
  '=',
  '\n',
  '\\\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '#',
  ';',
  '"',
  "'",
  '\\',
  '%',
  '%n',
  '%i',
  '%%',
  '%z',
  '$',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as a unit file has it
  '${A}',
  '@',
  '-',
  '+',
  '!',
  ':',
  ',',
  '..',
  '/',
  '*',
  '~',
  '|',
  '\\x',
  '\\x41',
  '\\u12',
  '\\777',
  '\u00e9',
  '\u{1f642}',
  '\ufeff',
  '0',
  '-1',
  '18446744073709551616',
  '1e9',
  'infinity',
  'yes',
  '5min',
  '99999999999999999999y',
  '0x',
  '100%',
  '1:2:3:4',
  '[::1]:5',
  '::/0',
  '1.2.3.4/99',
  'CAP_',
  'SIGRTMIN+99',
  'Mon..Sun *-*-*',
  '*-*-* *:*:*/0',
  'a'.repeat(300),
  'file:',
  'fd:',
  '.service',
  'a@b.service',
  '.wants',
  '@default',
  '@system-service',
  'ExecStart=',
  'Environment=',
  'After=',
  'OnCalendar=',
];

const bytes = (r, most) => Buffer.from(r.many(0, most, () => r.int(0, 255)));

/** Any text for a value: what belongs to another directive, pieces, bytes. */
function anyValue(r, list) {
  const kind = r.int(0, 3);
  if (kind === 0) return r.pick(list).make(r);
  if (kind === 1)
    return r
      .many(0, 8, () => r.pick(pieces))
      .join('')
      .replaceAll('\n', ' ');
  if (kind === 2) return bytes(r, 40).toString('latin1').replaceAll('\n', ' ');
  return mutate(r, Buffer.from(r.pick(list).make(r)))
    .toString('latin1')
    .replaceAll('\n', ' ');
}

/** A few bytes changed, taken out, doubled or put in. */
function mutate(r, text) {
  let result = text;
  for (let changes = r.int(1, 4); changes > 0; changes--) {
    const at = r.int(0, result.length);
    const head = result.subarray(0, at);
    const tail = result.subarray(at);
    switch (r.int(0, 4)) {
      case 0:
        result = Buffer.concat([head, Buffer.from([r.int(0, 255)]), tail.subarray(1)]);
        break;
      case 1:
        result = Buffer.concat([head, tail.subarray(r.int(1, 9))]);
        break;
      case 2:
        result = Buffer.concat([head, tail.subarray(0, r.int(1, 30)), tail]);
        break;
      case 3:
        result = Buffer.concat([head, Buffer.from(r.pick(pieces)), tail]);
        break;
      default:
        result = Buffer.concat([head, bytes(r, 6), tail]);
    }
  }
  return result;
}

function unitText(r, { section, list }, value) {
  const lines = r.many(0, 8, () => {
    const directive = r.pick(list);
    return { section: directive.section, line: `${directive.key}=${value(directive)}` };
  });
  const of = (name) => lines.filter((entry) => entry.section === name).map(({ line }) => line);
  return ['[Unit]', ...of('Unit'), `[${section}]`, ...of(section), ''].join('\n');
}

/** Bytes of one unit file. */
export function randomText(r, directives, type) {
  const known = directives[type] ?? directives.service;
  switch (r.int(0, 5)) {
    case 0:
      return bytes(r, 400);
    case 1:
      return Buffer.from(r.many(0, 60, () => r.pick(pieces)).join(''));
    case 2:
    case 3:
      return Buffer.from(
        unitText(r, known, () => anyValue(r, known.list)),
        r.chance(0.5) ? 'latin1' : 'utf8',
      );
    default:
      return mutate(r, Buffer.from(unitText(r, known, (directive) => directive.make(r))));
  }
}
