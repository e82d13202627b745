/** Reading the configuration of a call: what its operands name, else every file there is (tmpfiles.d(5), sysusers.d(5)). */

import type { ProgramContext } from '../../program/context.ts';
import { printFiles } from '../../program/print-files.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { bytesToText } from '../../text/bytes.ts';
import { pathJoin } from '../../text/paths.ts';
import { configLines, credentialsDirectory, isReplaced, listConfigFiles, readConfigFile } from './config-files.ts';
import type { ConfigOptions } from './options.ts';

/** --cat-config, --tldr: each file under its name. The result is the exit status. */
export async function catConfigFiles(
  context: ProgramContext,
  paths: readonly string[],
  { tldr }: ConfigOptions,
): Promise<number> {
  const { files } = context.host;
  const read = (path: string): string => bytesToText(files.readFile(path));
  const shown = tldr
    ? (path: string): string => [...configLines(read(path))].map(([, line]) => `${line}\n`).join('')
    : read;
  return (await printFiles(context, paths, shown)) ? 0 : 1;
}

export abstract class ConfigReader<Options extends ConfigOptions> {
  protected readonly context: ProgramContext;
  protected readonly options: Options;
  readonly #directories: readonly string[];

  constructor(context: ProgramContext, options: Options, directories: readonly string[]) {
    this.context = context;
    this.options = options;
    this.#directories = directories;
  }

  /** Lines of a file; false where they were no good. */
  protected abstract take(file: { readonly path: string; readonly text: string }, name: string): boolean;

  /** Says that a file could not be opened, or read. */
  protected abstract complain(step: 'open' | 'read', name: string, reason: string): void;

  /** False where what was named could not be used. */
  readAll(): boolean {
    const { operands, replace, root } = this.options;
    if (operands.length > 0 && replace === undefined) return this.readOperands();
    for (const path of listConfigFiles(this.context.host.files, root, this.#directories, replace)) {
      if (!isReplaced(path, root, replace)) this.#read(path, true);
      else if (!this.readOperands()) return false;
    }
    return true;
  }

  /** What the service manager hands over under this name. */
  readCredential(name: string): void {
    const directory = credentialsDirectory(this.context);
    if (directory !== undefined) this.#read(pathJoin(directory, name), true);
  }

  protected readOperands(): boolean {
    return this.options.operands.every((name) => this.#read(name, false));
  }

  /** A name with a slash in it is a path (256), as everywhere else. */
  #pathOf(name: string): string {
    return name.includes('/') && !name.startsWith('/') ? pathJoin(this.context.cwd, name) : name;
  }

  #read(name: string, optional: boolean): boolean {
    let file: { path: string; text: string };
    try {
      file = readConfigFile(this.context.host, this.options.root, this.#directories, this.#pathOf(name));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (optional && error.code === 'ENOENT') return true;
      this.complain(error.syscall === 'read' ? 'read' : 'open', name, errorText(error.code));
      return false;
    }
    return this.take(file, name);
  }
}
