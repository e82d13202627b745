import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callables, callersOf, doorsDocument } from '../../../src/main/doors.ts';

describe('doors', () => {
  it('are what docs/security.md says: node scripts/gen-doors.mjs', () => {
    const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
    expect(page.endsWith(`## Doors\n\n${doorsDocument()}`)).toBe(true);
  });

  it('are open to root alone where something is changed', () => {
    const [[, systemctl]] = callables() as [[string, Parameters<typeof callersOf>[0][]]];
    const who = (verb: string) => systemctl.filter((row) => row.synopsis.split(/[ ,]/)[0] === verb).map(callersOf);
    for (const verb of ['start', 'kill', 'enable', 'daemon-reload', 'set-environment', 'poweroff', 'set-property'])
      expect([verb, who(verb)]).toEqual([verb, ['root']]);
    expect(who('status')).toEqual(['everyone']);
    expect(who('cat')).toEqual(['everyone, with their own rights to files']);
  });
});
