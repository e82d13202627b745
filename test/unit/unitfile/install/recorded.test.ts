import { expect, test } from 'vitest';
import { normalized, readExpected, readScenario, type Step } from '../../../support/scenario.ts';
import { type World, world } from '../../../support/world.ts';

const path = (suffix: string): string => new URL(`./install.${suffix}`, import.meta.url).pathname;

/** Units of the systemd package that the steps name. */
const targets = ['multi-user', 'graphical', 'sockets', 'timers'];

/** In the order in which a directory lists its files, which is no order. */
function inOrder(text: string): string {
  const lines = text.split('\n');
  const removed = lines.filter((line) => line.startsWith('Removed ')).sort();
  return lines.map((line) => (line.startsWith('Removed ') ? removed.shift() : line)).join('\n');
}

async function play(w: World, step: string): Promise<Step> {
  const [program, ...words] = step.split(' ');
  const args = words.map((word) => word.replace(/^'(.*)'$/, '$1'));
  const { files } = w;
  if (program === 'systemctl') {
    const { status, out, err } = await w.systemctl(args);
    return { step, exit: status, out: normalized(out), err: inOrder(normalized(err)) };
  }
  if (program === 'ln') files.symlink(args[1]!, args[2]!);
  else if (program === 'rm') files.unlink(args[0]!);
  else if (program === 'mkdir') files.mkdirs(args[1]!);
  else if (program === 'cp') files.put(args[1]!, files.readText(args[0]!));
  else throw new Error(`no such step: ${step}`);
  return { step, exit: 0, out: '', err: '' };
}

test('what is done to unit files, and what is said of it, is what systemd 252 does and says', async () => {
  const { files, steps } = readScenario(path('scenario'));
  const w = world();
  w.put('/lib', '-> usr/lib');
  for (const name of targets) w.put(`/usr/lib/systemd/system/${name}.target`, '[Unit]\nAllowIsolate=yes\n');
  for (const file of files) w.put(file.path, file.text);
  const played: Step[] = [];
  for (const step of steps) played.push(await play(w, step));
  const expected = readExpected(path('expected')).map((step) => ({ ...step, err: inOrder(step.err) }));
  expect(played).toEqual(expected);
});
