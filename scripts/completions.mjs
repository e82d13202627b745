#!/usr/bin/env node
/**
 * Writes what shells complete, made from the programs' own tables of options and verbs.
 *
 *   scripts/completions.mjs DIRECTORY     DIRECTORY/bash/PROGRAM for each program
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) fail('scripts/completions.mjs: say a directory to write to');
  mkdirSync(join(directory, 'bash'), { recursive: true });
  for (const [program, data] of Object.entries(await completions()))
    writeFileSync(join(directory, 'bash', program), bashCompletion(program, data));
}
