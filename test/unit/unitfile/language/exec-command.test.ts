// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables are written like this in unit files
import { describe, expect, test } from 'vitest';
import type { ExecCommand } from '../../../../src/unitfile/language/exec-command.ts';
import { byShell, expandCommandLine, parseExecCommands } from '../../../../src/unitfile/language/exec-command.ts';
import type { Release } from '../../../../src/voice/release.ts';
import { voiceOf } from '../../../../src/voice/voice.ts';

function parse(value: string, release: Release = 252) {
  const messages: string[] = [];
  const expand = (text: string) =>
    text.includes('%z') ? { message: 'Invalid slot' } : { text: text.replaceAll('%i', 'inst') };
  const { commands, fatal } = parseExecCommands(
    value,
    expand,
    (level, message) => messages.push(`${level} ${message}`),
    voiceOf(release).loading.execLines('ExecStart'),
  );
  return { commands, fatal, messages };
}

const brief = (value: string) => parse(value).commands.map(({ path, argv }) => [path, ...argv]);

describe('command lines', () => {
  test.each([
    ['/RValue', [['/RValue', '/RValue']]],
    ['/RValue///slashes', [['/RValue/slashes', '/RValue///slashes']]],
    ['/RValue/slashes argv0 r1', [['/RValue/slashes', '/RValue/slashes', 'argv0', 'r1']]],
    ['@/RValue argv0 r1', [['/RValue', 'argv0', 'r1']]],
    [
      '/RValue ; /goo/goo boo',
      [
        ['/RValue', '/RValue'],
        ['/goo/goo', '/goo/goo', 'boo'],
      ],
    ],
    [
      '/RValue argv0 ; ; /goo/goo boo',
      [
        ['/RValue', '/RValue', 'argv0'],
        ['/goo/goo', '/goo/goo', 'boo'],
      ],
    ],
    ['/bin/find \\;', [['/bin/find', '/bin/find', ';']]],
    ['/sbin/find . \\; /x', [['/sbin/find', '/sbin/find', '.', ';', '/x']]],
    ['/bin/echo foo\\;bar "; x" \\\\;', [['/bin/echo', '/bin/echo', 'foo\\;bar', '; x', '\\;']]],
    ['/bin/echo \'a b\' "c\\td" e\\x20f', [['/bin/echo', '/bin/echo', 'a b', 'c\td', 'e f']]],
    ['echo hi', [['echo', 'echo', 'hi']]],
    ['"/PATH WITH SPACES/daemon" -1', [['/PATH WITH SPACES/daemon', '/PATH WITH SPACES/daemon', '-1']]],
    ['/x %i "a %i"', [['/x', '/x', 'inst', 'a inst']]],
    [';', []],
    ['/x ;', [['/x', '/x']]],
    ['/x;y', [['/x;y', '/x;y']]],
  ])('%s', (value, commands) => {
    expect(brief(value)).toEqual(commands);
  });

  test('prefixes in any order', () => {
    const flags = ({ ignoreFailure, noEnvExpand, fullyPrivileged, noSetuid, ambientMagic }: ExecCommand) =>
      [ignoreFailure, noEnvExpand, fullyPrivileged, noSetuid, ambientMagic].map(Number).join('');
    const of = (value: string) =>
      parse(value).commands.map((command) => `${flags(command)} ${command.path} ${command.argv}`);
    expect(of('-@/x a')).toEqual(['10000 /x a']);
    expect(of(':+-/x')).toEqual(['11100 /x /x']);
    expect(of('!/x')).toEqual(['00010 /x /x']);
    expect(of('!!/x')).toEqual(['00001 /x /x']);
    expect(of('!-!/x')).toEqual(['10001 /x /x']);
  });

  test.each([
    ['--/x', false, '4 Neither a valid executable name nor an absolute path, ignoring: -/x'],
    ['-', false, "4 Empty path in command line, ignoring: '-'"],
    ['@', true, "3 Empty path in command line: '@'"],
    ['@/x', true, '3 Empty executable name or zeroeth argument: @/x'],
    ['/path/', true, '3 Executable path specifies a directory: /path/'],
    ['../x', true, '3 Neither a valid executable name nor an absolute path: ../x'],
    ['"/a\\"b"', true, '3 Executable name contains special characters: /a"b'],
    ['/x "', true, '3 Unbalanced quoting, ignoring: "/x ""'],
    ['-/x "', false, '3 Unbalanced quoting, ignoring: "-/x ""'],
    ['%z/x', true, "3 Failed to resolve unit specifiers in '%z/x': Invalid slot"],
    ['/x %z', true, '3 Failed to resolve unit specifiers in %z: Invalid slot'],
    ['-/x %z', false, '4 Failed to resolve unit specifiers in %z, ignoring: Invalid slot'],
  ] as const)('%j is refused', (value, fatal, message) => {
    const parsed = parse(value);
    expect(parsed.messages).toEqual([message]);
    expect(parsed.fatal).toBe(fatal);
    expect(parsed.commands).toEqual([]);
  });

  test('what came before a bad command counts, and unknown escapes are kept', () => {
    expect(parse('/a ; /b/ ; /c').commands.map(({ path }) => path)).toEqual(['/a']);
    const { commands, messages } = parse('/a \\q');
    expect(commands[0]?.argv).toEqual(['/a', '\\q']);
    expect(messages).toEqual(['4 Ignoring unknown escape sequences: "\\q"']);
  });
});

describe('variables', () => {
  const env = new Map([
    ['FOO', 'BAR BAR'],
    ['BAR', 'waldo'],
    ['QUOTED', '"a b" c\\d'],
    ['EMPTY', ''],
  ]);
  const expand = (...argv: string[]) => expandCommandLine({ ...parse('/x').commands[0]!, argv }, env);

  test('$NAME alone becomes words, within a word it stays', () => {
    expect(expand('$FOO$FOO', '$FOO', '${FOO}${BAR}', '${FOO', '$QUOTED', '$UNSET', 'x$FOO')).toEqual(
      ['BAR', 'BAR', 'BAR BARwaldo', '${FOO', 'a b', 'cd', 'x$FOO'].slice(0),
    );
  });

  test('$$ is a dollar; empty and unset ones', () => {
    expect(expand('$$FOO', 'a$$b', '$EMPTY', '${EMPTY}', '${UNSET}x', '$')).toEqual(['$FOO', 'a$b', '', 'x']);
  });

  test('the prefix : leaves everything as it is', () => {
    const command = { ...parse(':/x').commands[0]!, argv: ['/x', '$FOO', '$$'] };
    expect(expandCommandLine(command, env)).toEqual(['/x', '$FOO', '$$']);
  });

  test.each([
    ['waldo $FOO ${BAR}', 'waldo $FOO waldo'],
    ['${FOO:-x} ${BAR}', '${FOO:-x} waldo'],
    ['.$a$BAR.', '.$a$BAR.'],
    ['${}', ''],
    ['plain', 'plain'],
    ['.$', '.$'],
  ])('%s within an argument', (text, expanded) => {
    const command = { ...parse('/x').commands[0]!, argv: ['/x', text] };
    expect(expandCommandLine(command, env)).toEqual(['/x', expanded]);
  });
});

describe('what later releases have in another way', () => {
  test('a word that has no meaning is quoted from 257 on', () => {
    expect(parse('/x %z', 257).messages).toEqual(["3 Failed to resolve unit specifiers in '%z': Invalid slot"]);
  });

  test('!! means nothing from 258 on, which is said', () => {
    const { commands, messages } = parse('-!!/x', 258);
    expect(commands).toMatchObject([{ path: '/x', ignoreFailure: true, ambientMagic: false, noSetuid: false }]);
    expect(messages).toEqual([
      '4 The !! modifier for ExecStart= lines is no longer supported and is now ignored. ' +
        'Please update your unit files and remove the modifier.',
    ]);
  });
});

describe('by a shell', () => {
  const run = (line: string, shell?: string) => {
    const [command] = parse(line).commands;
    return byShell(command!, command!.argv, shell);
  };
  test.each([
    ['|/bin/echo hi', undefined, '/bin/sh', ['/bin/sh', '-c', '/bin/echo hi']],
    ['|echo "two  words" \'$0\'; ls | cat', '/bin/zsh', '/bin/zsh', ['/bin/zsh', '-c', 'echo two  words $0; ls | cat']],
    ['@|echo hi', '/bin/bash', '/bin/bash', ['-/bin/bash', '-c', 'echo hi']],
    ['-|echo hi', '', '/bin/sh', ['/bin/sh', '-c', 'echo hi']],
    ['|../a/ %i', '', '/bin/sh', ['/bin/sh', '-c', '../a/ inst']],
    ['|%i', '', '/bin/sh', ['/bin/sh', '-c', '%i']],
    ['|', '/bin/bash', '/bin/bash', ['/bin/bash']],
    ['@|', '/bin/bash', '/bin/bash', ['-/bin/bash']],
    ['/bin/echo hi', '/bin/bash', '/bin/echo', ['/bin/echo', 'hi']],
  ])('%s of a user with %j', (line, shell, path, argv) => expect(run(line, shell)).toEqual({ path, argv }));
});
