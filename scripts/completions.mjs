#!/usr/bin/env node
/**
 * Writes what shells complete, made from the programs' own tables of options and verbs.
 *
 *   scripts/completions.mjs DIRECTORY     below DIRECTORY, what lies below /usr/share on a system: bash-completion/completions
 *                                         and fish/vendor_completions.d have a file for each program, zsh/vendor-completions one
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from './source.mjs';
import { fail } from './tools.mjs';

/** What is completed of each program, by its name. */
export async function completions() {
  const { allCompletions } = await importSource("export * from './src/main/completions.ts'");
  return allCompletions();
}

/** What an argument is, by the words that stand for it in --help. */
function kindOf(words) {
  if (/UNIT|PATTERN|SERVICE|TARGET/.test(words)) return 'units';
  return /FILE|PATH|DIR|ROOT|IMAGE/.test(words) ? 'files' : 'none';
}

/** Branches of a `case` that set the kind; `rows` are words and kinds. */
const branches = (rows) =>
  ['files', 'units', 'none']
    .map((kind) => [kind, rows.filter((row) => row[1] === kind).flatMap(([words]) => words)])
    .filter(([, words]) => words.length > 0)
    .map(([kind, words]) => `    ${words.join(' | ')}) kind=${kind} ;;\n`)
    .join('');

/** The script: the argument of an option, else options behind a dash, else a verb, then what the verb takes. */
export function bashCompletion(program, { options, verbs }) {
  const name = `_${program.replace(/\W/g, '_')}`;
  const needy = options.filter(({ placeholder, optional }) => placeholder !== undefined && !optional);
  const names = options.flatMap((option) => option.names).join(' ');
  const verbWords = verbs.map((verb) => verb.name).join(' ');
  return `# Completion of ${program} for bash, made by scripts/completions.mjs.
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} word verb= kind=
  case \${COMP_WORDS[COMP_CWORD - 1]} in
${branches(needy.map((option) => [option.names, kindOf(option.placeholder)]))}    *) ;;
  esac
  if [[ -z $kind && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '${names}' -- "$cur")
    return
  fi
  if [[ -z $kind ]]; then
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
      [[ ' ${verbWords} ' == *" $word "* ]] && verb=$word && break
    done
    case $verb in
${branches(verbs.map((verb) => [[verb.name], kindOf(verb.usage.join(' '))]))}    *) kind=${verbs.length === 0 ? 'files' : 'verbs'} ;;
    esac
  fi
  case $kind in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    verbs) mapfile -t COMPREPLY < <(compgen -W '${verbWords}' -- "$cur") ;;
    units)
      mapfile -t COMPREPLY < <(compgen -W "$(
        systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | cut -d ' ' -f 1
        systemctl list-unit-files --no-legend --no-pager 2>/dev/null | cut -d ' ' -f 1
      )" -- "$cur")
      ;;
    *) COMPREPLY=() ;;
  esac
}
complete -F ${name} ${program}
`;
}

const units = `systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | string split -f 1 ' '
    systemctl list-unit-files --no-legend --no-pager 2>/dev/null | string split -f 1 ' '`;

// ---- fish -----------------------------------------------------------------------------------------------------------

const fishText = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** What follows: the argument of an option, or of a verb. */
const fishKinds = { files: ['-F'], units: ['-f', '-a', "'(__pidone_units)'"], none: ['-f'] };

/** Lines of `complete`: options, verbs where none is typed yet, what a verb takes once it is. */
export function fishCompletion(program, { options, verbs }) {
  const line = (...words) => ['complete', '-c', program, ...words].join(' ');
  const lines = [line('-f', ...(verbs.length === 0 ? ['-F'] : [])).replace(' -f -F', ' -F')];
  for (const { names, placeholder, optional, text } of options) {
    const flags = names.flatMap((name) => (name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)]));
    const needs = placeholder === undefined || optional ? [] : ['-r', ...fishKinds[kindOf(placeholder)]];
    lines.push(line(...flags, ...needs, ...(text === '' ? [] : ['-d', fishText(text)])));
  }
  const begin = `__pidone_${program.replace(/\W/g, '_')}_begins`;
  const words = verbs.map(({ name }) => name).join(' ');
  for (const { name, usage, text } of verbs) {
    const described = text === '' ? [] : ['-d', fishText(text)];
    lines.push(line('-n', begin, '-f', '-a', name, ...described));
    const kind = kindOf(usage.join(' '));
    if (kind !== 'none') lines.push(line('-n', `'__fish_seen_subcommand_from ${name}'`, ...fishKinds[kind]));
  }
  return `# Completion of ${program} for fish, made by scripts/completions.mjs.
function __pidone_units
    ${units}
end
${words === '' ? '' : `function ${begin}\n    not __fish_seen_subcommand_from ${words}\nend\n`}${lines.join('\n')}
`;
}

// ---- zsh ------------------------------------------------------------------------------------------------------------

const zshText = (text) => text.replace(/'/g, "'\\''");
/** Inside of a description of _arguments. */
const zshDescription = (text) => zshText(text.replace(/[\\[\]:]/g, '\\$&'));
const zshKinds = { files: '_files', units: '_pidone_units', none: '' };

/** Of one option a specification for each of its names: _arguments of zshcompsys(1). */
function zshOptions({ names, placeholder, optional, text }) {
  return names.map((name) => {
    const long = name.startsWith('--');
    const joint = placeholder === undefined ? '' : `${long ? '=' : ''}${optional ? '-' : long ? '' : '+'}`;
    const word = zshDescription(placeholder ?? '');
    const action = zshKinds[kindOf(placeholder ?? '')];
    const argument = placeholder === undefined ? '' : `:${optional ? ':' : ''}${word}:${action || ' '}`;
    return `'${name}${joint}[${zshDescription(text)}]${argument}'`;
  });
}

const zshFunction = (program) => `_pidone_${program.replace(/\W/g, '_')}`;

function zshProgram(program, { options, verbs }) {
  const specifications = options.flatMap(zshOptions);
  const name = zshFunction(program);
  if (verbs.length === 0)
    return `${name}() {
  _arguments -s -S \\
    ${[...specifications, "'*:file:_files'"].join(' \\\n    ')}
}
`;
  const described = verbs.map(({ name, text }) => `'${name.replace(/:/g, '\\:')}:${zshText(text)}'`);
  const kinds = ['units', 'files'].flatMap((kind) => {
    const words = verbs.filter(({ usage }) => kindOf(usage.join(' ')) === kind).map((verb) => verb.name);
    return words.length === 0 ? [] : [`        ${words.join(' | ')}) ${zshKinds[kind]} ;;`];
  });
  return `${name}() {
  local state line
  typeset -A opt_args
  local -a verbs=(
    ${described.join('\n    ')}
  )
  _arguments -s -S -C \\
    ${[...specifications, "'1: :->verb'", "'*: :->arguments'"].join(' \\\n    ')}
  case $state in
    verb) _describe -t verbs 'verb' verbs ;;
    arguments)
      case $line[1] in
${kinds.join('\n')}
      esac
      ;;
  esac
}
`;
}

/** One file for all programs: its name is nobody else's, whatever the systemd package brings. */
export function zshCompletion(all) {
  const programs = Object.keys(all);
  const cases = programs.map((program) => `  ${program}) ${zshFunction(program)} "$@" ;;`);
  return `#compdef ${programs.join(' ')}
# Completion of pidone's programs for zsh, made by scripts/completions.mjs.
_pidone_units() {
  local -a units
  units=(\${(f)"$(
    systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | cut -d ' ' -f 1
    systemctl list-unit-files --no-legend --no-pager 2>/dev/null | cut -d ' ' -f 1
  )"})
  compadd -a units
}
${programs.map((program) => zshProgram(program, all[program])).join('\n')}
case $service in
${cases.join('\n')}
esac
`;
}

// ---- files ----------------------------------------------------------------------------------------------------------

/** Files by their path below /usr/share. */
export async function completionFiles() {
  const all = await completions();
  const files = new Map([['zsh/vendor-completions/_pidone', zshCompletion(all)]]);
  for (const [program, data] of Object.entries(all)) {
    files.set(`bash-completion/completions/${program}`, bashCompletion(program, data));
    files.set(`fish/vendor_completions.d/${program}.fish`, fishCompletion(program, data));
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) fail('scripts/completions.mjs: say a directory to write to');
  for (const [path, text] of await completionFiles()) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
