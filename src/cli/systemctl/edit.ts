/** `systemctl edit`: runs in the caller's own process, with its terminal. */
import { callManager } from '../../control/client.ts';
import { findManager } from '../../control/places.ts';
import { locateExecutable } from '../../exec/executable.ts';
import { say } from '../../program/messages.ts';
import { reasonOf } from '../../sys/error-text.ts';
import { type Files, SystemError } from '../../sys/host.ts';
import { readStdin } from '../../sys/stdio.ts';
import { trimBlanks } from '../../text/characters.ts';
import { parentOf, pathEquals } from '../../text/paths.ts';
import type { LookupPaths } from '../../unitfile/files/load-path.ts';
import { attempt } from '../../unitfile/install/changes.ts';
import { replaceUnitInstance, unitInstance, unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { runProgram } from '../common/run-program.ts';
import { expandForFiles, UnitPathFinder } from './cat.ts';
import { installationOf } from './install.ts';
import type { SystemctlOptions } from './options.ts';
import type { Verb } from './verb.ts';

const markerStart = '### Anything between here and the comment below will become the new contents of the file';
const markerEnd = '### Lines below this comment will be discarded';

/** Tried where neither $SYSTEMD_EDITOR nor $EDITOR nor $VISUAL says which. */
const usualEditors = ['editor', 'nano', 'vim', 'vi'];

/** Bytes that --stdin takes. */
const contentLimit = 1024 * 1024;

/** What an edit will become, and the temporary file that is edited. */
interface Edit {
  readonly path: string;
  readonly temporary: string;
}

export const verbEdit: Verb = async (context, options, args) => {
  const { terminal } = context;
  if (!options.stdin && !(terminal.stdout && terminal.stderr))
    failVerb(context, context.host.voice.systemctl.editNeedsTerminal);
  if (options.host !== undefined || options.machine !== undefined) failVerb(context, 'Cannot edit units remotely.');
  const { dropIn } = options;
  if (dropIn !== undefined && (dropIn === '.conf' || dropIn.includes('/')))
    failVerb(context, `Invalid drop-in file name '${dropIn}'.`);
  const installation = installationOf(context, options);
  const { paths } = installation;
  const names = await expandForFiles(context, options, installation, args);
  if (names.length === 0) failVerb(context, 'No units matched the specified patterns.');
  const finder = new UnitPathFinder(context, installation);
  for (const name of names)
    if (finder.find(name).kind === 'masked') failVerb(context, `Cannot edit ${name}: unit is masked.`);

  const edits: Edit[] = [];
  const { files } = context.host;
  try {
    for (const name of names) edits.push(await prepare(context, options, paths, finder, name));
    if (options.stdin) {
      const content = readStdin(contentLimit);
      for (const { temporary } of edits) files.writeAtomic(temporary, content, 0o644);
    } else if (!(await runEditor(context, edits))) {
      // systemctl forgets about the failure where it looks for empty drop-in directories.
      return options.full ? 1 : 0;
    }
    // What is read from stdin is for all of them.
    for (const edit of edits) if (!finish(context, options, edit) && options.stdin) break;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    failVerb(context, `Failed to edit ${error.path ?? 'unit files'}: ${reasonOf(error)}`);
  } finally {
    for (const { path, temporary } of edits) {
      attempt(() => files.unlink(temporary));
      // A drop-in directory that stayed empty.
      if (!options.full) attempt(() => files.rmdir(parentOf(path)));
    }
  }
  if (!options.noReload && options.scope !== 'global') await reloadManager(context, options);
  return 0;
};

/** The temporary file for one unit, filled with what there is to edit. */
async function prepare(
  context: CliContext,
  options: SystemctlOptions,
  paths: LookupPaths,
  finder: UnitPathFinder,
  name: string,
): Promise<Edit> {
  const found = finder.find(name);
  const { fragment, dropIns } =
    found.kind === 'files' ? found : { fragment: undefined, dropIns: [] as readonly string[] };
  const dropIn = `.d/${options.dropIn ?? 'override.conf'}`;
  if (fragment === undefined) {
    if (dropIns.length === 0 && options.force === 0) say(context, 'error', `No files found for ${name}.`);
    if (options.force === 0) {
      const scope = options.scope === 'system' ? '' : ` --${options.scope}`;
      say(context, 'info', `Run 'systemctl edit${scope} --force --full ${name}' to create a new unit.`);
      failVerb(context, '');
    }
    // The editor makes the file.
    return makeTemporary(context, pathToEdit(context, options, paths, options.full ? name : `${name}${dropIn}`));
  }
  const unit = unitOfFragment(name, fragment);
  if (!options.full) {
    const path = pathToEdit(context, options, paths, `${unit}${dropIn}`);
    const text = options.stdin ? '' : withMarkers(context.host.files, path, [fragment, ...dropIns]);
    return makeTemporary(context, path, text);
  }
  const path = pathToEdit(context, options, paths, unit);
  if (!options.stdin && !pathEquals(path, fragment) && context.host.files.access(path, 'exists'))
    await askToOverwrite(context, unit, path, fragment);
  return makeTemporary(context, path, options.stdin ? '' : context.host.files.readText(fragment));
}

/** The unit behind an alias; the instance stays. */
function unitOfFragment(name: string, fragment: string): string {
  const unit = fragment.slice(fragment.lastIndexOf('/') + 1);
  if (!unitNameIsValid(name, 'instance') || !unitNameIsValid(unit, 'template')) return unit;
  return replaceUnitInstance(unit, unitInstance(name)!) ?? unit;
}

function pathToEdit(context: CliContext, options: SystemctlOptions, paths: LookupPaths, ending: string): string {
  const persistent = `${paths.persistentConfig}/${ending}`;
  if (!options.runtime) return persistent;
  const runtime = `${paths.runtimeConfig ?? failVerb(context, '$XDG_RUNTIME_DIR is not set.')}/${ending}`;
  if (context.host.files.access(persistent, 'exists'))
    failVerb(context, `Refusing to create "${runtime}" because it would be overridden by "${persistent}" anyway.`);
  return runtime;
}

async function askToOverwrite(context: CliContext, unit: string, path: string, fragment: string): Promise<void> {
  const question = `"${path}" already exists. Overwrite with "${fragment}"? [(y)es, (n)o] `;
  const script =
    'while :; do printf %s "$1"; read -r answer || exit 2; case $answer in y) exit 0;; n) exit 1;; esac; done';
  if ((await runProgram(context, ['/bin/sh', '-c', script, 'sh', question])) === 0) return;
  say(context, 'warning', `${unit} skipped.`);
  failVerb(context, '');
}

/** The file that is edited, with all others of the unit as comments below it. */
function withMarkers(files: Files, path: string, others: readonly string[]): string {
  const present = files.access(path, 'exists') ? files.readText(path) : '';
  let text = `### Editing ${path}\n${markerStart}\n\n${present}${present.endsWith('\n') ? '' : '\n'}\n${markerEnd}`;
  for (const other of others) {
    if (pathEquals(other, path)) continue;
    const content = trimBlanks(files.readText(other));
    text += `\n\n### ${other}${content === '' ? '' : `\n# ${content.replaceAll('\n', '\n# ')}`}`;
  }
  return text;
}

function makeTemporary({ host }: CliContext, path: string, text?: string): Edit {
  const directory = parentOf(path);
  const temporary = `${directory}/.#${path.slice(directory.length + 1)}${host.randomBytes(8).toString('hex')}`;
  host.files.mkdirs(directory, 0o755);
  if (text !== undefined) host.files.writeAtomic(temporary, text, 0o644);
  return { path, temporary };
}

async function runEditor(context: CliContext, edits: readonly Edit[]): Promise<boolean> {
  const { env, host } = context;
  const chosen = env.SYSTEMD_EDITOR ?? env.EDITOR ?? env.VISUAL ?? '';
  const words = chosen.split(/[ \t\n\r]+/).filter((word) => word !== '');
  const searchPath = (env.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  const candidates = words.length > 0 ? [words[0]!, ...usualEditors] : usualEditors;
  for (const candidate of candidates) {
    const program = locateExecutable(host, candidate, searchPath);
    if ('code' in program) continue;
    const status = await runProgram(context, [
      program.path,
      ...words.slice(1),
      ...edits.map(({ temporary }) => temporary),
    ]);
    if (status !== 0) say(context, 'error', `(editor) failed with exit status ${status}.`);
    return status === 0;
  }
  say(
    context,
    'error',
    'Cannot edit units, no editor available. Please set either $SYSTEMD_EDITOR, $EDITOR or $VISUAL.\n' +
      '(editor) failed with exit status 1.',
  );
  return false;
}

/** What stands between the markers becomes the file; nothing there means that the user thought better of it: false. */
function finish(context: CliContext, options: SystemctlOptions, { path, temporary }: Edit): boolean {
  const { files } = context.host;
  let text: string;
  try {
    text = files.readText(temporary);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    say(context, 'error', `Failed to read temporary file "${temporary}": ${reasonOf(error)}`);
    return false;
  }
  if (!options.stdin) {
    const start = text.indexOf(markerStart);
    const from = start < 0 ? 0 : start + markerStart.length;
    const end = text.indexOf(markerEnd, from);
    const content = trimBlanks(text, from, end < 0 ? text.length : end);
    // A text without the second marker that ends in no blank is left as it is.
    if (end >= 0 || /[ \t\r\n]$/.test(text)) {
      text = content;
      files.writeAtomic(temporary, text, 0o644);
    }
  }
  const { editInstalled, editEmpty } = context.host.voice.systemctl;
  if (text === '') {
    say(context, ...editEmpty(path, options.stdin));
    return false;
  }
  files.rename(temporary, path);
  if (editInstalled !== undefined) say(context, 'info', editInstalled(path));
  return true;
}

/** Without a manager there is nothing to reload. */
async function reloadManager(context: CliContext, options: SystemctlOptions): Promise<void> {
  const scope = options.scope === 'user' ? 'user' : 'system';
  const { program, env, cwd, terminal, host } = context;
  const facts = { program, env, cwd, terminal, argv: [`--${scope}`, 'daemon-reload'] };
  await callManager(host, findManager(host, scope)?.control, facts, {
    out: (bytes) => context.out(bytes.toString('utf8')),
    err: (bytes) => context.err(bytes.toString('utf8')),
    openPager: () => {},
  });
}
