import { describe, expect, it } from 'vitest';
import { StatusLines, type StatusMode } from '../../../src/manager/status-lines.ts';

function lines(mode: StatusMode, isTty = false) {
  let text = '';
  const status = new StatusLines(
    { isTty: (fd) => fd === 1 && isTty },
    {
      consoleMode: 'status',
      show: (more) => {
        text += more;
      },
    },
    () => mode,
  );
  return {
    status,
    of: (...shown: [string, string][]) => {
      text = '';
      for (const [word, what] of shown) status.show(word, what);
      return text;
    },
  };
}

const plain = [
  ['', 'Starting a...'],
  ['  OK  ', 'Started a.'],
  [' SKIP ', 'Ordering cycle found, skipping b'],
  [' INFO ', 'c is inactive.'],
] as [string, string][];
const wrong = [
  ['FAILED', 'Failed to start a.'],
  ['DEPEND', 'Dependency failed for b.'],
] as [string, string][];

describe('ShowStatus=', () => {
  it('yes shows all, aligned', () => {
    expect(lines('yes').of(...plain, ...wrong)).toBe(
      '         Starting a...\n[  OK  ] Started a.\n[ SKIP ] Ordering cycle found, skipping b\n' +
        '[ INFO ] c is inactive.\n[FAILED] Failed to start a.\n[DEPEND] Dependency failed for b.\n',
    );
  });

  it('no shows nothing', () => {
    expect(lines('no').of(...plain, ...wrong)).toBe('');
  });

  it('error shows what goes wrong and nothing else', () => {
    expect(lines('error').of(...plain, ...wrong, ...plain)).toBe(
      '[FAILED] Failed to start a.\n[DEPEND] Dependency failed for b.\n',
    );
  });

  it('auto shows everything once something has gone wrong', () => {
    const { of } = lines('auto');
    expect(of(...plain)).toBe('');
    expect(of(wrong[0]!, plain[0]!, plain[1]!)).toBe(
      '[FAILED] Failed to start a.\n         Starting a...\n[  OK  ] Started a.\n',
    );
  });

  it('is told to who asks', () => {
    expect(lines('auto').status.mode).toBe('auto');
  });
});

describe('on a terminal', () => {
  it.each([
    ['  OK  ', '0;1;32'],
    [' INFO ', '0;1;39'],
    ['DEPEND', '0;1;38;5;185'],
    ['ASSERT', '0;1;38;5;185'],
    ['UNSUPP', '0;1;38;5;185'],
    ['FAILED', '0;1;31'],
    [' TIME ', '0;1;31'],
  ])('%s has the colour of systemd', (word, code) => {
    expect(lines('yes', true).of([word, 'text'])).toBe(`[\x1b[${code}m${word}\x1b[0m] text\n`);
  });
});
