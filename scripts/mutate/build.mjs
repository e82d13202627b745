import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { transform } from 'esbuild';
import ts from 'typescript';
import { withSwitches } from './mutants.mjs';

/**
 * All mutants in one build: `tests`, those of `testFiles` that load a file with mutants, and what they load: `codes`, by
 * path, bodies of functions of CommonJS (they can run many times in a process and are compiled once), and `packages`,
 * what is not TypeScript and left to Node.
 */
export async function buildOf(mutants, testFiles) {
  const mutated = new Set(mutants.map(({ file }) => file));
  const modules = new Map();

  async function load(path) {
    if (modules.has(path)) return;
    const module = { code: '', imports: [], packages: [] };
    modules.set(path, module);
    const text = readFileSync(path, 'utf8');
    const own = mutants.filter(({ file }) => file === path);
    const { code } = await transform(testFiles.includes(path) ? awaited(text) : withSwitches(text, own), {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': '__url', 'import.meta.dirname': '__directory' },
      sourcefile: path,
    });
    module.code = code.replace(/\brequire\("([^"]+)"\)/g, (_, name) => {
      const target = name.startsWith('.') ? resolve(dirname(path), name) : name;
      if (target.endsWith('.ts')) module.imports.push(target);
      else if (!target.startsWith('node:')) module.packages.push(target);
      return `require(${JSON.stringify(target)})`;
    });
    await Promise.all(module.imports.map(load));
  }

  function closureOf(path, closure = new Set()) {
    closure.add(path);
    for (const next of modules.get(path).imports) if (!closure.has(next)) closureOf(next, closure);
    return closure;
  }

  await Promise.all(testFiles.map(load));
  const closures = testFiles.map((file) => closureOf(file));
  const related = closures.filter((closure) => [...mutated].some((file) => closure.has(file)));
  const needed = [...new Set(related.flatMap((closure) => [...closure]))];
  return {
    tests: related.map((closure) => [...closure][0]).sort(),
    codes: new Map(needed.map((path) => [path, modules.get(path).code])),
    packages: new Set(needed.flatMap((path) => modules.get(path).packages)),
  };
}

/** A test file may await between its tests, a module of CommonJS may not: what follows the imports becomes a promise. */
function awaited(text) {
  const { statements } = ts.createSourceFile('', text, ts.ScriptTarget.Latest);
  const imports = statements.findLast((statement) => ts.isImportDeclaration(statement))?.end ?? 0;
  return `${text.slice(0, imports)}\nexport const __ready = (async () => {${text.slice(imports)}\n})();`;
}
