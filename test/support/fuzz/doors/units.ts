/** Files that say what units are: their texts, the trees that they lie in, what generators and administrators leave there. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import { randomText } from '../../../../scripts/fuzz/texts.mjs';
import { directivesOf } from '../../../../scripts/fuzz/units.mjs';
import { readJournalConfig } from '../../../../src/journal/storage/config.ts';
import { generateSysvUnits, runlevels, sysvUnitName } from '../../../../src/manager/generators/sysv.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { SystemError } from '../../../../src/sys/host.ts';
import { hasInvalidBytes } from '../../../../src/text/bytes.ts';
import { groups, sectionGroups } from '../../../../src/unitfile/directives/table.ts';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import {
  disable,
  enable,
  getDefault,
  mask,
  preset,
  presetAll,
  reenable,
  revert,
  setDefault,
  unmask,
} from '../../../../src/unitfile/install/operations.ts';
import { readPresets } from '../../../../src/unitfile/install/presets.ts';
import { UnitFileSearch } from '../../../../src/unitfile/install/search.ts';
import { listUnitFiles, unitFileState } from '../../../../src/unitfile/install/state.ts';
import { parseUnitText } from '../../../../src/unitfile/language/lexer.ts';
import { unitNameKind } from '../../../../src/unitfile/language/unit-name.ts';
import { createLoader } from '../../../../src/unitfile/load/loader.ts';
import { readDefaults } from '../../../../src/unitfile/load/manager-conf.ts';
import { bytes, check, checkSame, type Door, type Input, textOf, unless } from '../door.ts';
import { Mutator } from '../mutate.ts';
import { textDoor } from './values.ts';

const types = [
  'service',
  'socket',
  'timer',
  'path',
  'mount',
  'automount',
  'swap',
  'slice',
  'target',
  'scope',
  'device',
];
const directory = '/etc/systemd/system';

/** What this project ships. The working directory is the checkout. */
const shipped = readdirSync('share/system', { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => readFileSync(`share/system/${name}`));

const unitTexts = new Mutator(
  [
    '[Unit]\nDescription=x\nAfter=a.service b.target\n[Service]\nType=forking\nExecStart=/bin/x\n[Install]\nWantedBy=x.target\n',
    '[Socket]\nListenStream=/run/x\nAccept=yes\n[Install]\nAlias=y.socket\nAlso=x.service\n',
    '[Timer]\nOnCalendar=daily\nPersistent=yes\n',
    ...shipped,
  ],
  ['[Unit]', '[Install]', 'Alias=', 'WantedBy=', 'Also=', 'DefaultInstance=', '\n[', ']\n', '=\\\n', '%i', '@.service'],
);

const unitFile = ((): Door => {
  const directives = directivesOf({ groups, sectionGroups }, true);
  const fileName = (r: Random, type: string): string => (type !== 'swap' && r.chance(0.1) ? `x@.${type}` : `x.${type}`);
  return {
    name: 'unit-file',
    share: 0.5,
    make: (r) => {
      const type = r.pick(types);
      const text = () => (r.chance(0.8) ? randomText(r, directives, type) : unitTexts.make(r));
      return [bytes(fileName(r, type)), text(), ...(r.chance(0.2) ? [text()] : [])];
    },
    open: () => {
      const host = new SimHost({ files: { [`${directory}/y.service`]: '[Service]\nExecStart=/bin/y\n' } });
      const loader = createLoader(host, { scope: 'system' });
      return {
        run: (input) => {
          const file = textOf(input).replaceAll(/[/\0]/g, '') || 'x.service';
          const [, ...texts] = input;
          const put = [
            `${directory}/${file}`,
            `${directory}/${file}.d/10.conf`,
            `/run/systemd/system/${file}.d/5.conf`,
          ];
          for (const [index, text] of texts.slice(0, put.length).entries()) host.files.put(put[index]!, text);
          loader.refresh();
          const name = file.replace('@.', '@i.');
          if (unitNameKind(name) !== undefined) {
            const unit = loader.load(name);
            check(unit.diagnostics.length < 100_000, 'words without end');
            loader.needsReload(unit);
          }
          for (const path of put) {
            host.files.removeTree(path);
            if (path.includes('.d/')) host.files.removeTree(path.slice(0, path.lastIndexOf('/')));
          }
        },
      };
    },
  };
})();

const syntax = textDoor(
  'unit-syntax',
  4,
  {
    samples: [
      '[A]\nB=c\n',
      '[A]\nB=c \\\n# x\n d\\\n',
      '\ufeff[A]\r\nB=\r\n',
      '[A]\n;x\nB = "c"\n[X-B]\nC=d',
      ...shipped,
    ],
    dictionary: ['[', ']', '=', '\\\n', '\n#', '\r', '\0', '[X-', ' = '],
  },
  (text) => {
    const { entries } = parseUnitText(text, 'x', () => {}, { sections: new Set(['A', 'Unit', 'Service']) });
    for (const { section, key, line } of entries) {
      check(section !== '' && key !== '' && line >= 1, 'an assignment without a place');
    }
  },
);

const configuration = ((): Door => {
  const mutator = new Mutator(
    [
      '[Manager]\nDefaultTimeoutStartSec=5min\nDefaultLimitNOFILE=1024:524288\nDefaultEnvironment=A=b "C=d e"\nShowStatus=auto\n',
      '[Manager]\nLogLevel=debug\nDefaultOOMPolicy=stop\nDefaultTasksMax=15%\nManagerEnvironment=X=%h\nStatusUnitFormat=name\n',
      '[Journal]\nStorage=volatile\nSystemMaxUse=1G\nMaxRetentionSec=1month\nRateLimitBurst=10\nLineMax=48K\nMaxLevelStore=debug\n',
    ],
    ['[Manager]', '[Journal]', 'DefaultLimit', 'Default', '=infinity', '=%h', 'LineMax=', 'SystemMaxFiles='],
  );
  return {
    name: 'configuration',
    share: 0.4,
    make: (r) => [mutator.make(r), ...(r.chance(0.3) ? [mutator.make(r)] : [])],
    open: () => {
      const host = new SimHost();
      return {
        run: (input) => {
          for (const [file, place] of [
            ['system.conf', 0],
            ['journald.conf', 0],
            ['system.conf.d/x.conf', 1],
            ['journald.conf.d/x.conf', 1],
          ] as const)
            host.files.put(`/etc/systemd/${file}`, input[place] ?? '');
          readDefaults(host, 'system');
          const { lineMax } = readJournalConfig(host.files, () => {});
          check(lineMax >= 79 && lineMax <= 8 * 1024 * 1024, () => `lines of ${lineMax} bytes`);
        },
      };
    },
  };
})();

// ---- trees ----------------------------------------------------------------------------------------------------------

const places = [
  directory,
  '/run/systemd/system',
  '/run/systemd/generator',
  '/run/systemd/generator.early',
  '/run/systemd/generator.late',
  '/usr/lib/systemd/system',
];
const names = [
  'a.service',
  'b.service',
  'c@.service',
  'c@1.service',
  'd.target',
  'e.socket',
  'x.wants',
  'bad',
  'a.timer',
];
const folders = ['', 'd.target.wants', 'a.service.d', 'service.d', 'a.service.requires', 'c@.service.d', 'loop'];
const targets = [
  '/dev/null',
  'a.service',
  './b.service',
  '../a.service',
  '/etc/systemd/system/a.service',
  '/usr/lib/systemd/system/c@.service',
  '/nowhere/x.service',
  'loop',
  '.',
  '/etc/systemd/system',
  '',
  '/run/systemd/generator/b.service',
  'd.target',
];
const presets = new Mutator(
  ['enable a.service\ndisable *\n', 'enable c@.service 1 2 3\n', 'disable *.socket\nenable *\n'],
  ['enable ', 'disable ', '*', '@.service', '\n', 'c@.service'],
);

/** An entry of a tree: how it is made, its path, its content or where it leads. */
function entryOf(r: Random): Buffer {
  const place = r.pick(places);
  const folder = r.pick(folders);
  const name = folder.endsWith('.d') ? r.pick(['10.conf', '20-x.conf', 'x', '.hidden.conf']) : r.pick(names);
  const path = [place, folder, name].filter((part) => part !== '').join('/');
  const kind = r.pick(['file', 'file', 'file', 'link', 'link', 'directory', 'fifo']);
  const content = kind === 'link' ? bytes(r.pick(targets)) : r.chance(0.5) ? unitTexts.make(r) : Buffer.alloc(0);
  if (r.chance(0.1)) return Buffer.concat([bytes(`file /etc/systemd/system-preset/${name}.preset\n`), presets.make(r)]);
  return Buffer.concat([bytes(`${kind} ${path}\n`), content]);
}

/** Makes it; what can't be made there is left. */
function makeEntry(host: SimHost, entry: Buffer): void {
  const end = entry.indexOf(0x0a);
  const match = /^(\w+) (\/[^\0]{1,300})$/.exec(entry.toString('latin1', 0, end < 0 ? entry.length : end));
  if (match === null) return;
  const [, kind, path = ''] = match;
  const content = end < 0 ? Buffer.alloc(0) : entry.subarray(end + 1);
  unless([SystemError], () => {
    host.files.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    if (kind === 'link') host.files.symlink(content.toString('latin1'), path);
    else if (kind === 'directory') host.files.mkdirs(path);
    else if (kind === 'fifo') host.files.putSpecial(path, 'fifo', 0o644);
    else host.files.put(path, content);
  });
}

const flags = { force: true };
const operations: readonly ((search: UnitFileSearch, name: string) => unknown)[] = [
  (search, name) => enable(search, {}, [name]),
  (search, name) => enable(search, flags, [name, `${directory}/${name}`]),
  (search, name) => disable(search, {}, [name]),
  (search, name) => reenable(search, flags, [name]),
  (search, name) => mask(search, { runtime: true }, [name]),
  (search, name) => unmask(search, {}, [name]),
  (search, name) => revert(search, [name]),
  (search, name) => preset(search, flags, [name], 'full'),
  (search, name) => setDefault(search, flags, name),
  (search) => presetAll(search, {}, 'full'),
  (search) => getDefault(search),
  (search) => readPresets(search),
];

const tree: Door = {
  name: 'unit-tree',
  share: 0.2,
  make: (r) => [Buffer.of(r.int(0, 255), r.int(0, 255)), ...r.many(1, 10, () => entryOf(r))],
  open: () => {
    const host = new SimHost();
    return {
      run: ([choice, ...entries]: Input) => {
        for (const place of [...places, '/etc/systemd/system-preset']) {
          host.files.removeTree(place);
          host.files.mkdirs(place);
        }
        for (const entry of entries) makeEntry(host, entry);
        const paths = lookupPaths({ scope: 'system', env: {} });
        const operation = operations[(choice?.[0] ?? 0) % operations.length]!;
        operation(new UnitFileSearch(host, paths), names[(choice?.[1] ?? 0) % names.length]!);
        const search = new UnitFileSearch(host, paths);
        const listed = [...listUnitFiles(search, [], [])].filter((file) => file !== undefined);
        const loader = createLoader(host, { scope: 'system' });
        for (const name of names) {
          unitFileState(search, name);
          if (unitNameKind(name) === undefined) continue;
          const unit = loader.load(name === 'c@.service' ? 'c@x.service' : name);
          for (const dependency of unit.dependencies)
            check(unitNameKind(dependency.name) !== undefined, () => `a dependency on ${dependency.name}`);
        }
        check(listed.length <= 200, 'more unit files than there are');
      },
    };
  },
};

const sysv = ((): Door => {
  const mutator = new Mutator(
    [
      '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: foo bar\n# Required-Start: $network $named $remote_fs\n# Default-Start: 2 3\n' +
        '# Short-Description: x\n# Description: y\n#  more\n### END INIT INFO\ncase $1 in start|reload) ;; esac\n',
      '#!/bin/bash\n# chkconfig: 345 20 80\n# description: long \\\n#   text\n# pidfile: /run/x.pid\n# processname: x\n',
    ],
    [
      '### BEGIN INIT INFO',
      '### END INIT INFO',
      '# Provides: ',
      '# Should-Start: ',
      '$network',
      '# X-',
      '\\\n',
      '"',
      '%n',
    ],
  );
  const linkNames = ['S20foo', 'K01foo', 'S99bar.sh', 'S', 'Sxx', 'S200000foo'];
  return {
    name: 'sysv-script',
    share: 2,
    make: (r) => [mutator.make(r), bytes(r.pick(linkNames)), ...(r.chance(0.3) ? [mutator.make(r)] : [])],
    open: () => ({
      run: (input) => {
        const scripts = [0, 2].flatMap((at, index) => {
          const name = sysvUnitName(['foo', 'bar.sh'][index]!);
          return input[at] === undefined ? [] : [{ name: name!, path: `/etc/init.d/${name}`, text: textOf(input, at) }];
        });
        const links = runlevels.map(([runlevel]) => ({ runlevel, name: textOf(input, 1) }));
        const { units, aliases, wants } = generateSysvUnits(scripts, links);
        for (const [name, text] of units) {
          // What is no UTF-8 goes through, as systemd lets it.
          if (hasInvalidBytes(text)) continue;
          const said: string[] = [];
          const { error } = parseUnitText(text, name, (_level, line, message) => said.push(`${line}: ${message}`));
          checkSame([error, said], [undefined, []], `what is wrong in the unit that was made: ${text}`);
        }
        for (const name of [...aliases.keys(), ...wants.map(({ unit }) => unit)])
          check(unitNameKind(name) !== undefined, () => `${name} is no name of a unit`);
      },
    }),
  };
})();

export const unitDoors: readonly Door[] = [unitFile, syntax, configuration, tree, sysv];
