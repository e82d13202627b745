import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesUnder, isFresh, root, say } from './tools.mjs';

/**
 * `pidone/sim` as the npm package has it: dist/sim, an ES module in pieces (what only a command line needs is read when one is
 * called) and its types. It needs no native code, and Node alone.
 */

const folder = 'src/simulation';
/** Whose declarations users see. */
const declared = ['simulate', 'api', 'errors', 'unit-object'];

export async function buildSimulation(into = join(root, 'dist/sim')) {
  const sources = [...filesUnder('src'), join(root, 'scripts/build-simulation.mjs')];
  if (isFresh(join(into, 'index.d.ts'), sources)) return;
  const { build } = await import('esbuild');
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: `${folder}/simulate.ts`, out: 'index' }],
    outdir: into,
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const texts = await declarations();
  // The one that is looked at for freshness comes last.
  for (const name of declared.toReversed())
    writeFileSync(join(into, name === 'simulate' ? 'index.d.ts' : `${name}.d.ts`), texts.get(name));
}

/** Declaration files by name; the directives of unit files stand there as words, not as the table that they come from. */
async function declarations() {
  const { default: ts } = await import('typescript');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram([join(root, folder, 'simulate.ts')], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
  });
  const texts = new Map();
  for (const name of declared) {
    const source = program.getSourceFile(join(root, folder, `${name}.ts`));
    program.emit(
      source,
      (_path, text) => texts.set(name, text.replace(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")),
      undefined,
      true,
    );
  }
  texts.set('unit-object', withNames(program, texts.get('unit-object')));
  return texts;
}

function withNames(program, text) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(root, folder, 'unit-object.ts'));
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
  const unit = checker.getDeclaredTypeOfSymbol(exported.find(({ name }) => name === 'UnitObject'));
  const namesIn = (section) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(unit.getProperty(section)));
    return checker.getPropertiesOfType(type).map(({ name }) => `'${name}'`);
  };
  return text
    .replace(/^import .*\n/gm, '')
    .replace(/^interface Groups \{[^}]*\}\n/m, '')
    .replace(/^type (?:Names|Processes)\b.*\n/gm, '')
    .replace(/^export declare function .*\n/gm, '')
    .replace(/readonly (\w+)\?: UnitSection<.*>;/g, (_line, section) => {
      const names = namesIn(section);
      if (names.length === 0) throw new Error(`[${section}] has no directives`);
      return `readonly ${section}?: UnitSection<${names.join(' | ')}>;`;
    });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const into = process.argv[2] === undefined ? join(root, 'dist/sim') : resolve(process.argv[2]);
  await buildSimulation(into);
  say(`Built ${into}: ${readdirSync(into).length} files.`);
}
