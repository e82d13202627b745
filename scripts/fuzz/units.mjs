/** Random unit files: which directives a unit gets, and where in the text they stand. */
import { anyGeneratorOf, generatorOf } from './values.mjs';

/** How many units of a hundred are of each type; scopes are never loaded from files. */
const shares = { service: 58, socket: 12, timer: 6, path: 6, mount: 8, slice: 4, automount: 2, swap: 4 };

/** What show prints for a directive, where it is not the directive's own name or the table's. */
const properties = {
  TimeoutSec: ['TimeoutUSec', 'TimeoutStartUSec', 'TimeoutStopUSec'],
  TimeoutAbortSec: ['TimeoutAbortUSec'],
  WatchdogSec: ['WatchdogUSec'],
  RootHash: ['RootHash', 'RootHashPath'],
  RootHashSignature: ['RootHashSignature', 'RootHashSignaturePath'],
  Service: ['Triggers'],
  Sockets: ['TriggeredBy'],
  Delegate: ['Delegate', 'DelegateControllers'],
  StandardInput: ['StandardInput', 'StandardInputFileDescriptorName'],
  StandardOutput: ['StandardOutput', 'StandardOutputFileDescriptorName'],
  StandardError: ['StandardError', 'StandardErrorFileDescriptorName'],
  CPUAffinity: ['CPUAffinity', 'CPUAffinityFromNUMA'],
  SyslogLevel: ['SyslogLevel', 'SyslogPriority'],
  SyslogFacility: ['SyslogFacility', 'SyslogPriority'],
  RuntimeDirectory: ['RuntimeDirectory', 'RuntimeDirectorySymlink'],
  StateDirectory: ['StateDirectory', 'StateDirectorySymlink'],
  CacheDirectory: ['CacheDirectory', 'CacheDirectorySymlink'],
  LogsDirectory: ['LogsDirectory', 'LogsDirectorySymlink'],
  JobTimeoutSec: ['JobTimeoutUSec', 'JobRunningTimeoutUSec'],
  OnCalendar: ['TimersCalendar'],
};

function propertiesOf(key, row, rows) {
  if (properties[key] !== undefined) return properties[key];
  if (key.startsWith('Limit')) return [key, `${key}Soft`];
  if (key.startsWith('Exec') && row.kindName.includes('command')) return [key, `${key}Ex`];
  if (key.startsWith('Listen')) return ['Listen'];
  if (!row.slot) {
    if (row.into === 'Timers') return ['TimersMonotonic'];
    const target = rows[row.into];
    return [target?.slot ? (target.property ?? row.into) : row.into];
  }
  return [row.property ?? key];
}

/**
 * Directives by type, of the engine's own table: those that `show` of systemd 252 has something to say about, or
 * (`all`) every one.
 */
export function directivesOf({ groups, sectionGroups }, all = false) {
  const generator = all ? anyGeneratorOf : generatorOf;
  const byType = {};
  for (const type of Object.keys(shares)) {
    const section = type[0].toUpperCase() + type.slice(1);
    const list = [];
    const seen = new Set();
    const add = (sectionName, group) => {
      for (const [key, row] of Object.entries(groups[group])) {
        const name = `${sectionName}.${key}`;
        if ((row.slot && !row.directive) || (!all && row.since > 252) || seen.has(name)) continue;
        seen.add(name);
        const make = generator(sectionName, key, row.kindName);
        // conditions are printed by no property, and what systemd dropped has no value
        if (make === undefined || (!all && /^(Condition|Assert)/.test(key))) continue;
        list.push({ section: sectionName, key, make, properties: propertiesOf(key, row, groups[group]) });
      }
    };
    add('Unit', 'unit');
    for (const group of sectionGroups[type]) add(section, group);
    byType[type] = { section, list };
  }
  return byType;
}

/** Lines that a unit of a type can't do without, and keys that are left to them. */
function fixed(type, index, r) {
  switch (type) {
    case 'service':
      return { lines: ['ExecStart=/bin/true'], keys: ['BusName'] };
    case 'socket':
      return { lines: [`ListenStream=/run/fz${index}`], keys: ['Accept', 'Service'] };
    case 'timer':
      return { lines: [`OnBootSec=${r.int(1, 99)}h`], keys: [] };
    case 'path':
      return { lines: ['PathExists=/nonexistent'], keys: [] };
    case 'mount':
      return { lines: ['What=tmpfs', `Where=/fz/u${index}`], keys: ['Where', 'What'] };
    case 'automount':
      return { lines: [`Where=/fz/u${index}`], keys: ['Where'] };
    case 'swap':
      return { lines: [`What=/fz/u${index}`], keys: ['What'] };
    default:
      return { lines: [], keys: [] };
  }
}

/** Names that mounts, automounts and swaps must have follow from their paths. */
const nameOf = (type, index) => `${['mount', 'automount', 'swap'].includes(type) ? 'fz-u' : 'fzu'}${index}.${type}`;

const instances = ['inst', '1', 'a-b', 'x\\x2dy', 'foo.bar'];

/** The value alone, or after another one, with or without an empty line in between that takes back what was said. */
function assignmentLines(r, { key, value, make }) {
  const line = `${key}=${value}`;
  if (r.chance(0.85)) return [line];
  const earlier = `${key}=${make(r)}`;
  return r.chance(0.3) ? [earlier, `${key}=`, line] : [earlier, line];
}

const characters = [...'abcXYZ0189 \t-+_.,:;=/%@~!|$\'"\\[]{}()*#'];

/** A character or two taken out, put in, doubled or exchanged. */
function mutate(r, text) {
  const letters = [...text];
  for (let changes = r.int(1, 2); changes > 0; changes--) {
    const at = r.int(0, letters.length);
    const kind = r.int(0, 2);
    letters.splice(at, kind === 0 ? 0 : r.int(1, 2), ...(kind === 2 ? [] : [r.pick(characters)]));
  }
  return letters.join('');
}

/** One unit: its name, text, and the values that it sets. `mutated`: which share of them has something wrong. */
export function makeUnit(r, directives, index, size, mutated = 0) {
  let at = r.int(0, 99);
  const type = Object.keys(shares).find((name) => {
    at -= shares[name];
    return at < 0;
  });
  const { section, list } = directives[type];
  const { lines, keys } = fixed(type, index, r);
  const chosen = r.some(
    list.filter((directive) => !keys.includes(directive.key)),
    size,
    size,
  );
  const values = chosen.map((directive) => {
    const value = directive.make(r);
    return { ...directive, value: mutated > 0 && r.chance(mutated) ? mutate(r, value) : value };
  });
  const linesOf = (name) =>
    values.filter((entry) => entry.section === name).flatMap((entry) => assignmentLines(r, entry));
  const text = ['[Unit]', ...linesOf('Unit'), `[${section}]`, ...lines, ...linesOf(section), ''].join('\n');
  const name = nameOf(type, index);
  if (!['service', 'socket', 'timer', 'path'].includes(type) || r.chance(0.85))
    return { name, file: name, text, values };
  const [prefix, suffix] = name.split('.');
  return { name: `${prefix}@${r.pick(instances)}.${suffix}`, file: `${prefix}@.${suffix}`, text, values };
}
