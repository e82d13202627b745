import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { rules } from './rooms.mjs';
import { fail, root } from './tools.mjs';

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const forbidden = rules();
  const { count, lines } = await violations(root, forbidden);
  if (count === 0) fail('no file was checked');
  const comments = new Map(forbidden.map(({ name, comment }) => [name, comment]));
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':'));
    console.error(`${line} (${comments.get(name)})`);
  }
  if (lines.length > 0) fail(`${lines.length} imports break the rules of docs/architecture.md`);
}
