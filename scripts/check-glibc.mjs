import { pathToFileURL } from 'node:url';
import { fail, filesUnder, output, say } from './tools.mjs';

/**
 * Programs and addons run on every system with this glibc or a newer one, and ask for no libstdc++ at all. What they ask
 * for is in their dynamic symbol table: the version after each name that they do not define.
 */
const oldest = '2.28';

const newer = (a, b) => {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(x.length, y.length); i++)
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) > (y[i] ?? 0);
  return false;
};

/** Ends the script where a file asks for more than `oldest` or for a library that a small system lacks. */
export function checkGlibc(files) {
  for (const file of files) {
    const symbols = output('objdump', ['-T', file]);
    const headers = output('objdump', ['-p', file]);
    if (symbols === undefined || headers === undefined) fail(`objdump (binutils) cannot read ${file}.`);
    const wrong = [];
    for (const line of symbols.split('\n')) {
      const [, version, name] = /\*UND\*.*?\(?GLIBC_([0-9.]+)\)?\s+(\S+)$/.exec(line) ?? [];
      if (version !== undefined && newer(version, oldest)) wrong.push(`${name} of glibc ${version}`);
    }
    for (const [, library] of headers.matchAll(/NEEDED\s+(\S+)/g))
      if (!/^(libc|libm|libpthread|libdl|librt|ld-linux-.*)\.so/.test(library)) wrong.push(library);
    if (wrong.length > 0) fail(`${file} needs ${wrong.join(', ')}; only glibc ${oldest} may be asked for.`);
    say(`${file}: runs with glibc ${oldest}.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  checkGlibc(
    process.argv.length > 2 ? process.argv.slice(2) : filesUnder('prebuilds').filter((f) => f.endsWith('.node')),
  );
