import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './tools.mjs';

/**
 * What a user's compiler reads of `pidone`, `pidone/vitest` and `pidone/sim`: declarations of some modules, in dist/ beside each
 * other as their sources are in src/. The words that the library and the simulation have in common are there once.
 */
const modules = {
  library: ['index', 'vitest', 'api', 'errors', 'supervise'],
  sim: ['simulate', 'api', 'errors'],
  terms: ['directives', 'errors', 'words'],
};
const sources = { library: 'src/library', sim: 'src/simulation', terms: 'src/terms' };

/** Writes those of a room, and of what it shares, beside `into`, which is its folder. */
export async function writeDeclarations(room, into) {
  const { default: ts } = await import('typescript');
  const terms = join(dirname(into), 'terms');
  rmSync(terms, { recursive: true, force: true });
  for (const [from, to] of [
    ['terms', terms],
    [room, into],
  ]) {
    mkdirSync(to, { recursive: true });
    for (const name of modules[from]) {
      const text = declarationOf(ts, join(root, sources[from], `${name}.ts`));
      writeFileSync(join(to, `${name === 'simulate' ? 'index' : name}.d.ts`), text);
    }
  }
}

/** Each module's by itself: what it exports says its types. */
function declarationOf(ts, fileName) {
  const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(fileName, 'utf8'), {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      isolatedDeclarations: true,
      declaration: true,
      strict: true,
      verbatimModuleSyntax: true,
    },
  });
  const wrong = (diagnostics ?? []).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  if (wrong.length > 0) throw new Error(`${basename(fileName)}: ${wrong.join('\n')}`);
  return outputText.replaceAll(/(from '\.\.?\/[\w/-]+)\.ts'/g, "$1.js'");
}
