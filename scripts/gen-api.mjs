#!/usr/bin/env node
/**
 * `node scripts/gen-api.mjs [--check]`: writes docs/api.md from the doc comments of everything that `pidone`, `pidone/vitest` and
 * `pidone/sim` export. What is public and has no comment, or is mentioned there and is not public, is an error, a line each;
 * `--check` says whether the file is as it would be written, and writes nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Application } from 'typedoc';
import { fail, root } from './tools.mjs';

const page = join(root, 'docs/api.md');

/** What there is to import, its source, and what it is for. */
const modules = [
  [
    'pidone',
    'src/library/index.ts',
    'Real services, supervised in a test or on a developer’s machine ([testing.md](testing.md)).',
  ],
  ['pidone/vitest', 'src/library/vitest.ts', 'A fixture and matchers for vitest.'],
  [
    'pidone/sim',
    'src/simulation/simulate.ts',
    'The same in virtual time, without a process ([simulation.md](simulation.md)).',
  ],
];

/** Kinds of what has to have a comment. An accessor's is that of what it reads, a signature's that of its function. */
const documented = [
  'Class',
  'Function',
  'Interface',
  'Method',
  'Property',
  'Accessor',
  'TypeAlias',
  'Variable',
  'Enum',
];

/** Directives have a page of their own, docs/directives.md; constructors of errors are not on the page. */
function leftOut() {
  const text = readFileSync(join(root, 'src/terms/directives.ts'), 'utf8');
  const names = [...text.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name);
  return [...names.filter((name) => name !== 'UnitObject'), 'UnitFailure'];
}

const columns = {
  hideDefaults: true,
  hideModifiers: true,
  hideSources: true,
  hideInherited: true,
  hideOverrides: true,
};

const options = (into) => ({
  entryPoints: modules.map(([, source]) => join(root, source)),
  tsconfig: join(root, 'tsconfig.json'),
  name: 'pidone',
  outputs: [{ name: 'markdown', path: into }],
  plugin: ['typedoc-plugin-markdown'],
  logLevel: 'Warn',
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  readme: 'none',
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  sort: ['kind', 'source-order'],
  kindSortOrder: ['Function', 'Variable', 'Interface', 'TypeAlias', 'Class'],
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: documented,
  intentionallyNotExported: leftOut(),
  // The plugin's: a page for each module, and as few lines as there can be.
  router: 'module',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hidePageTitle: true,
  hideGroupHeadings: true,
  useCodeBlocks: true,
  expandParameters: true,
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  parametersFormat: 'table',
  tableColumnSettings: columns,
});

/** typedoc's name of a page. */
const pageOf = (source) => `${source.slice('src/'.length).replace(/(?:\/index)?\.ts$/, '')}.md`;
const anchorOf = (module, id) => `${module.replaceAll('/', '-')}-${id}`;

/** Links to where it lies on the one page. */
function withLinks(text, [module, source]) {
  const from = dirname(pageOf(source));
  return text.replace(/\]\(([\w/.-]*)#([\w-]+)\)/g, (_link, path, id) => {
    const to = path === '' ? module : modules.find(([, other]) => pageOf(other) === join(from, path))?.[0];
    if (to === undefined) fail(`A link leads to ${path}, which is no page.`);
    return `](#${anchorOf(to, id)})`;
  });
}

/** One name's part of a page, without what its signatures say already and constructors of errors. */
const trimmed = (text) =>
  text
    .replace(/^### Constructors\n[\s\S]*?(?=^#{1,3} )/gm, '')
    .replace(
      /^#+ (?:Returns|Parameters|Type Parameters|Extended by|Properties|Methods)\n\n(?:\|.*\n|-.*\n|.+\n)?(?:\|.*\n|-.*\n)*\n?/gm,
      (part) => (/^#+ (?:Properties|Methods)/.test(part) ? part.replace(/^.*\n\n/, '') : ''),
    )
    .replace(/^#+ (?:Inherited from|Overrides)\n\n.*\n+/gm, '')
    .replace(/^#+ Extends\n\n- (.*)\n/gm, 'Extends $1.\n')
    .replace(/^#+ Throws\n\n/gm, 'Throws ')
    .replace(/<a id="[^"]*"><\/a> */g, '')
    .replace(/^\*\*\*\n+/gm, '')
    .replace(/^(#+) /gm, '#$1 ')
    .replace(/[ \t]+$/gm, '')
    .trim();

/** What is called first, errors last. */
const placeOf = (part) => (/^## \S+\(\)/.test(part) ? 0 : /^- .*(?:Error|Failed)\b/m.test(part) ? 2 : 1);

/** A module's part of the page. What it has of another module is said in one line. */
function moduleText(text, entry) {
  const [module, , purpose] = entry;
  const parts = withLinks(text, entry).split(/^(?=## )/m);
  const shared = parts.flatMap((part) => /^Re-exports (.*)$/m.exec(part)?.[1] ?? []);
  const own = parts
    .filter((part) => !/^Re-exports /m.test(part) && part.trim() !== '')
    .sort((a, b) => placeOf(a) - placeOf(b));
  const texts = own.map((part) => {
    const name = /^## (\S+)/.exec(part)?.[1].replace(/\W/g, '');
    return `<a id="${anchorOf(module, name.toLowerCase())}"></a>\n\n${trimmed(part)}`;
  });
  const also = shared.length === 0 ? [] : [`And of \`pidone\`: ${shared.join(', ')}.`];
  return [`## ${module}`, purpose, ...also, ...texts].join('\n\n');
}

const head = `# API

Made of the doc comments of the sources by \`node scripts/gen-api.mjs\`. Directives of units as objects are those of
[directives.md](directives.md).`;

/** The page. Each link on it leads to somewhere. */
async function pageText() {
  const texts = (await generate()).map((text, index) => moduleText(text, modules[index]));
  const text = `${[head, ...texts].join('\n\n')}\n`;
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
  const lost = [...text.matchAll(/\]\(#([^)]+)\)/g)].filter(([, id]) => !anchors.has(id)).map(([, id]) => id);
  if (lost.length > 0) fail(`Links without an end: ${[...new Set(lost)].join(', ')}`);
  return text;
}

/** What typedoc makes of the sources, module by module; its warnings are errors. */
async function generate() {
  const into = mkdtempSync(join(tmpdir(), 'pidone-api-'));
  try {
    const app = await Application.bootstrapWithPlugins(options(into));
    const project = await app.convert();
    if (project === undefined) fail('typedoc could not read the sources.');
    app.validate(project);
    await app.generateOutputs(project);
    if (app.logger.hasErrors() || app.logger.hasWarnings())
      fail('Everything that is public has a doc comment, and what it mentions is public as well.');
    return modules.map(([, source]) => readFileSync(join(into, pageOf(source)), 'utf8'));
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

const text = await pageText();
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text)
  fail('docs/api.md is not what the doc comments say: node scripts/gen-api.mjs');
