import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directiveNames, type UnitObject } from '../../../src/terms/directives.ts';
import { checkFileName, unitText } from '../../../src/terms/unit-text.ts';
import { objectTypes } from '../../../src/unitfile/directives/object-types.ts';
import { findDirective } from '../../../src/unitfile/directives/table.ts';

describe('the types of units as objects', () => {
  it('are those of the table: node scripts/gen-unit-types.mjs', () => {
    const file = readFileSync(new URL('../../../src/terms/directives.ts', import.meta.url), 'utf8');
    expect(file).toBe(objectTypes());
  });

  it('name what the table has, and most of it', () => {
    for (const [section, names] of Object.entries(directiveNames))
      for (const name of names.split(' ')) expect(findDirective(section, name), `${section}.${name}`).toBeDefined();
    expect(directiveNames.Service?.split(' ').length).toBeGreaterThan(250);
  });
});

describe('a unit as an object', () => {
  it('becomes the text of its file', () => {
    const unit: UnitObject = {
      Unit: { Description: 'The API', After: ['db.service', 'cache.service'] },
      Service: { Type: 'notify', ExecStart: '/usr/bin/api', Restart: 'always', RestartSec: 0.1, PrivateTmp: true },
      Install: { WantedBy: 'default.target' },
    };
    expect(unitText('api.service', unit)).toBe(
      '[Unit]\nDescription=The API\nAfter=db.service\nAfter=cache.service\n' +
        '[Service]\nType=notify\nExecStart=/usr/bin/api\nRestart=always\nRestartSec=0.1\nPrivateTmp=yes\n' +
        '[Install]\nWantedBy=default.target\n',
    );
    expect(unitText('api.service', '[Service]\nExecStart=/bin/true')).toBe('[Service]\nExecStart=/bin/true\n');
    expect(unitText('a.service', { Service: { 'X-Own': false, ExecStart: undefined } } as UnitObject)).toBe(
      '[Service]\nX-Own=no\n',
    );
  });

  it.each<[object, string]>([
    [{ Service: { ExecStrat: 'x' } }, 'a.service: [Service] has no directive ExecStrat=; did you mean ExecStart=?'],
    [{ Servce: {} }, 'a.service: [Servce] is no section of it; valid are Unit, Service, Install'],
    [{ Timer: {} }, 'a.service: [Timer] is no section of it; valid are Unit, Service, Install'],
    [{ Manager: {} }, 'a.service: [Manager] is no section of it'],
    [{ Service: { ExecStart: '/bin/a\nUser=root' } }, 'a.service: ExecStart= has a line break; a list'],
    [{ Unit: { ExecStart: 'x' } }, 'a.service: [Unit] has no directive ExecStart='],
  ])('%j is refused', (unit, message) => {
    expect(() => unitText('a.service', unit as UnitObject)).toThrow(message);
  });

  it.each([
    ['a.service.d/b.conf', 'Service'],
    ['service.d/b.conf', 'Service'],
    ['a.target.wants/b.timer', 'Timer'],
    ['a@.path', 'Path'],
  ])('%s has the sections of its unit or its type', (name, section) => {
    expect(unitText(name, { [section]: { 'X-Own': 1 } })).toBe(`[${section}]\nX-Own=1\n`);
    expect(() => unitText(name, { Socket: {} })).toThrow(
      `[Socket] is no section of it; valid are Unit, ${section}, Install`,
    );
  });
  it('a target has none of its own', () => {
    expect(() => unitText('a.target', { Service: {} })).toThrow('valid are Unit, Install');
  });

  it.each(['a.service', 'a@.service', 'a.service.d/b.conf', 'service.d/b.conf', 'a.target.wants/b.service'])(
    '%s is a name for a file',
    (name) => expect(() => checkFileName(name)).not.toThrow(),
  );
  it.each(['a', 'a.conf', '../a.service', 'a.service.d/../b.conf', 'a.service.d/.b.conf', 'x/a.service', ''])(
    "'%s' is none",
    (name) => expect(() => checkFileName(name)).toThrow(`'${name}' is no name of a unit's file; valid are NAME.TYPE`),
  );
});
