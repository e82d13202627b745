/** What rpmbuild is given for the RPM package; `npm run test:rpm` has it made and installed. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { divertedNames } from '../../../scripts/deb/package.mjs';
import { rpmEntries, specText } from '../../../scripts/rpm/package.mjs';
import { packagingTexts, smallTarball } from '../../support/dpkg.ts';

const texts = packagingTexts();
for (const name of fs.readdirSync('packaging/rpm')) texts[name] = fs.readFileSync(`packaging/rpm/${name}`, 'utf8');
const entries = rpmEntries(smallTarball('pidone'), texts);
const spec = specText(entries, texts, '1.2.3');
const { bin, sbin } = divertedNames(texts['common.sh']!);

/** A script as rpm runs it, its macros expanded. */
function script(section: string): string {
  const begin = spec.indexOf(`\n%${section}`);
  expect(begin).toBeGreaterThan(0);
  const body = spec.slice(spec.indexOf('\n', begin + 1) + 1);
  return body.slice(0, body.search(/^%(?!%)/m)).replaceAll('%%', '%');
}

describe('the spec file', () => {
  it('lists each file that is unpacked, and none that another package may bring', () => {
    const files = spec.slice(spec.indexOf('%files'), spec.indexOf('\n%pre\n'));
    const listed = [...files.matchAll(/^(?:%\w+(?:\(\S+\))? )*(\/\S+)$/gm)].map(([, path]) => path);
    expect(listed).toEqual(entries.map(({ name }) => `/${name.replace(/\/$/, '')}`));
    const others = [...bin, ...sbin].flatMap((name) => [`/usr/bin/${name}`, `/usr/sbin/${name}`]);
    expect(listed.filter((path) => others.includes(path!) || !path!.includes('/pidone'))).toEqual([]);
    expect(files).toContain('%attr(0755,root,root) /usr/lib/pidone/node\n');
    expect(files).toContain('%license %attr(0644,root,root) /usr/share/licenses/pidone/LICENSE\n');
  });

  it('has scripts that a POSIX shell reads, with nothing that rpm would take for a macro', () => {
    for (const section of ['pre\n', 'post\n', 'postun\n', 'filetriggerin', 'filetriggerpostun', 'transfiletriggerin']) {
      const text = script(section);
      expect(spawnSync('dash', ['-n'], { input: text, encoding: 'utf8' }).stderr).toBe('');
      expect(text).not.toMatch(/^#[\w.-]+#$/m);
      if (section === 'post\n') expect(text).toContain(`\${1##*/}`);
    }
    const macros = new Set([...spec.replaceAll('%%', '').matchAll(/%\{(.*?)\}/g)].map(([, name]) => name));
    expect([...macros].sort()).toEqual(['buildroot', 'nil', 'tree']);
  });

  it('is told when any program comes or goes that pidone has in its place, wherever it is', () => {
    for (const trigger of ['filetriggerin', 'filetriggerpostun']) {
      const paths = new RegExp(`^%${trigger} -- (.*)$`, 'm').exec(spec)![1]!.split(' ');
      for (const name of bin) expect(paths).toEqual(expect.arrayContaining([`/bin/${name}`, `/usr/bin/${name}`]));
      for (const name of sbin)
        expect(paths).toEqual(expect.arrayContaining([`/sbin/${name}`, `/usr/sbin/${name}`, `/usr/bin/${name}`]));
    }
  });

  it('tells its versions as rpm has them', () => {
    const two = `pidone (1.2.3) unstable; urgency=medium\n\n  * 100 % more.\n  * Less.\n\n -- A B <a@b>  Tue, 01 Dec 2026 00:00:00 +0000\n\n`;
    const { changelog } = texts;
    const made = specText(entries, { ...texts, changelog: two + changelog }, '1.2.3');
    expect(made.slice(made.indexOf('%changelog'))).toMatch(
      /^%changelog\n\* Tue Dec 01 2026 A B <a@b> - 1\.2\.3-1\n- 100 %% more\.\n- Less\.\n\n\* Mon Nov 30 2026 .* - 0\.1\.0-1\n- First package\.\n$/,
    );
  });
});

describe('the helper for scripts of other packages', () => {
  it('is read by a POSIX shell, and says what it does not know', () => {
    const path = 'packaging/rpm/systemd-update-helper';
    const call = (...words: string[]): { status: number | null; stderr: string } => {
      const { status, stderr } = spawnSync('dash', [path, ...words], { encoding: 'utf8' });
      return { status, stderr };
    };
    expect(call()).toEqual({ status: 1, stderr: `${path}: a command is needed.\n` });
    expect(call('explode', 'a.service')).toEqual({ status: 3, stderr: `${path}: explode: not known.\n` });
    expect(call('user-reload')).toEqual({ status: 0, stderr: '' });
  });
});
