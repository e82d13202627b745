import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { architecture, nativeRows, nativeViolations, rules } from './rooms.mjs';
import { fail, filesUnder, root } from './tools.mjs';

/** `npm run lint`: imports that break the rules of scripts/rooms.mjs, one line each. */

/** What breaks `forbidden` under `base`: `rule: from → to`, sorted. */
export async function violations(base, forbidden, folders = ['src']) {
  const { output } = await cruise(folders, {
    baseDir: base,
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.cjs', '.js'] },
  });
  const lines = output.summary.violations.map(({ rule, from, to, cycle }) => {
    const target = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ');
    return `${rule.name}: ${from} → ${target}`;
  });
  return { count: output.summary.totalCruised, lines: [...new Set(lines)].sort() };
}

/** Who includes whom in native/: pairs of paths below the checkout. */
function nativeIncludes() {
  return filesUnder('native').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^#include "([^"]+)"/gm)].map(([, name]) =>
      [file, join(dirname(file), name)].map((path) => relative(root, path)),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const forbidden = rules();
  const { count, lines } = await violations(root, forbidden);
  const includes = nativeIncludes();
  if (count === 0 || includes.length === 0) fail('no file was checked');
  const comments = new Map(forbidden.map(({ name, comment }) => [name, comment]));
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':'));
    console.error(`${line} (${comments.get(name)})`);
  }
  const native = nativeViolations(includes, nativeRows(architecture()));
  for (const line of native) console.error(`${line} (the table of native rooms in docs/architecture.md)`);
  if (lines.length + native.length > 0)
    fail(`${lines.length + native.length} imports break the rules of docs/architecture.md`);
}
