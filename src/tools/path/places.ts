/** Each place that systemd-path(1) has a name for. */

import type { ProgramContext } from '../../program/context.ts';
import { SystemError } from '../../sys/host.ts';
import { pathIsAbsolute, pathIsNormalized } from '../../text/paths.ts';
import { isOwnUnits, lookupPaths } from '../../unitfile/files/load-path.ts';
import { libraryFolders } from '../../voice/library-folders.ts';

/** One directory, or several of which the first that has something counts. */
export type Place = string | readonly string[];

type Find = (of: Caller) => Place | undefined;

/** Whose places they are. */
class Caller {
  readonly #context: ProgramContext;
  constructor(context: ProgramContext) {
    this.#context = context;
  }

  get env(): ProgramContext['env'] {
    return this.#context.env;
  }
  get voice(): ProgramContext['host']['voice'] {
    return this.#context.host.voice;
  }

  /** An absolute path in a variable. */
  variable(name: string): string | undefined {
    const value = this.env[name];
    return value !== undefined && pathIsAbsolute(value) ? value : undefined;
  }

  get home(): string {
    const { host, caller } = this.#context;
    return this.variable('HOME') ?? host.lookupUser(String(caller.uid))?.home ?? (caller.uid === 0 ? '/root' : '/');
  }

  /** $TMPDIR and its kin count where there is such a directory. */
  temporary(otherwise: string): string {
    for (const name of ['TMPDIR', 'TEMP', 'TMP']) {
      const path = this.variable(name);
      if (path === undefined || !pathIsNormalized(path)) continue;
      if (this.#context.host.files.tryStat(path)?.type === 'directory') return path;
    }
    return otherwise;
  }

  /** What stands behind `/usr/lib` where libraries of the machine's architecture are: `/x86_64-linux-gnu`, `64`. */
  get libraries(): string {
    const { host } = this.#context;
    const folders = libraryFolders(host.uname().machine);
    const found = folders.find((folder) => host.files.tryStat(folder)?.type === 'directory');
    return (found ?? '/usr/lib').slice('/usr/lib'.length);
  }

  /** A line of xdg-user-dirs' file; `$HOME` begins it, or it is absolute. */
  userDirectory(name: string, otherwise: string): string {
    const file = `${configuration(this)}/user-dirs.dirs`;
    let lines: string;
    try {
      lines = this.#context.host.files.readText(file, 1024 * 1024);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return otherwise;
    }
    for (const line of lines.split('\n')) {
      const value = new RegExp(`^\\s*XDG_${name}_DIR\\s*=\\s*"(.*)"\\s*$`).exec(line)?.[1];
      if (value === undefined) continue;
      if (value === '$HOME') return this.home;
      if (value.startsWith('$HOME/')) return `${this.home}${value.slice('$HOME'.length)}`.replace(/\/+$/, '');
      if (value.startsWith('/')) return value;
      return otherwise;
    }
    return otherwise;
  }

  /** Where units are looked for, without the place of pidone's own. */
  units(scope: 'system' | 'user'): readonly string[] {
    const { search } = lookupPaths({ scope, env: this.env, home: this.home });
    // /lib is /usr/lib by another name in the later ones
    const once = this.voice.tools.rootPrefix === '' ? search : search.filter((path) => !path.startsWith('/lib/'));
    return once.filter((path) => !isOwnUnits(path));
  }
}

const configuration = (of: Caller): string => of.variable('XDG_CONFIG_HOME') ?? `${of.home}/.config`;
const shared = (of: Caller): string => of.variable('XDG_DATA_HOME') ?? `${of.home}/.local/share`;
const runtime = (of: Caller): string | undefined => of.variable('XDG_RUNTIME_DIR');

const at =
  (path: string): Find =>
  () =>
    path;
/** Below the home directory. */
const inHome =
  (path: string): Find =>
  ({ home }) =>
    `${home}/${path}`;
/** Of systemd's own files. */
const ofSystemd =
  (path: string): Find =>
  ({ voice }) =>
    `${voice.tools.rootPrefix}/lib/systemd${path}`;
const userDirectory =
  (name: string): Find =>
  (of) =>
    of.userDirectory(name, of.home);
/** Directories of a variable, split at colons. */
const listed = (of: Caller, variable: string, otherwise: readonly string[]): readonly string[] => {
  const value = of.env[variable];
  return value ? value.split(':').filter((path) => path !== '') : otherwise;
};

const configurationFolders = ['/run', '/etc', '/usr/local/lib'];
/** Generators: the user's are below /usr in every release. */
const generators =
  (name: string, whose: 'system' | 'user'): Find =>
  ({ voice }) => [
    ...configurationFolders.map((folder) => `${folder}/systemd/${name}`),
    `${whose === 'user' ? '/usr' : voice.tools.rootPrefix}/lib/systemd/${name}`,
  ];

const store =
  (name: string): Find =>
  (of) =>
    `${configuration(of)}/${name}`;
const userStores =
  (name: string): Find =>
  (of) => {
    const here = runtime(of);
    return [
      `${configuration(of)}/${name}`,
      ...(here === undefined ? [] : [`${here}/${name}`]),
      `${of.home}/.local/lib/${name}`,
    ];
  };
const systemStores =
  (name: string): Find =>
  () =>
    ['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((folder) => `${folder}/${name}`);

const system: Readonly<Record<string, Find>> = {
  temporary: (of) => of.temporary('/tmp'),
  'temporary-large': (of) => of.temporary('/var/tmp'),
  'system-binaries': at('/usr/bin'),
  'system-include': at('/usr/include'),
  'system-library-private': at('/usr/lib'),
  'system-library-arch': (of) => `/usr/lib${of.libraries}`,
  'system-shared': at('/usr/share'),
  'system-configuration-factory': at('/usr/share/factory/etc'),
  'system-state-factory': at('/usr/share/factory/var'),
  'system-configuration': at('/etc'),
  'system-runtime': at('/run'),
  'system-runtime-logs': at('/run/log'),
  'system-state-private': at('/var/lib'),
  'system-state-logs': at('/var/log'),
  'system-state-cache': at('/var/cache'),
  'system-state-spool': at('/var/spool'),
  'system-credential-store': at('/etc/credstore'),
  'system-credential-store-encrypted': at('/etc/credstore.encrypted'),
  'system-search-credential-store': systemStores('credstore'),
  'system-search-credential-store-encrypted': systemStores('credstore.encrypted'),
  'system-search-configuration': () => ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/'],
};

const user: Readonly<Record<string, Find>> = {
  user: ({ home }) => home,
  'user-binaries': inHome('.local/bin'),
  'user-library-private': inHome('.local/lib'),
  'user-library-arch': (of) => `${of.home}/.local/lib${of.libraries}`,
  'user-shared': shared,
  'user-configuration': configuration,
  'user-runtime': runtime,
  'user-state-cache': (of) => of.variable('XDG_CACHE_HOME') ?? `${of.home}/.cache`,
  'user-state-private': (of) => of.variable('XDG_STATE_HOME') ?? `${of.home}/.local/state`,
  'user-documents': userDirectory('DOCUMENTS'),
  'user-music': userDirectory('MUSIC'),
  'user-pictures': userDirectory('PICTURES'),
  'user-videos': userDirectory('VIDEOS'),
  'user-download': userDirectory('DOWNLOAD'),
  'user-public': userDirectory('PUBLICSHARE'),
  'user-templates': userDirectory('TEMPLATES'),
  'user-projects': userDirectory('PROJECTS'),
  'user-desktop': (of) => of.userDirectory('DESKTOP', `${of.home}/Desktop`),
  'user-credential-store': store('credstore'),
  'user-credential-store-encrypted': store('credstore.encrypted'),
  'user-search-credential-store': userStores('credstore'),
  'user-search-credential-store-encrypted': userStores('credstore.encrypted'),
};

/** Those of libraries and programs, that other than systemd's are looked for in. */
const search: Readonly<Record<string, Find>> = {
  'search-binaries': (of) => listed(of, 'PATH', of.voice.manager.path.split(':')),
  'search-binaries-default': (of) => of.voice.manager.path.split(':'),
  'search-library-private': (of) => [
    `${of.home}/.local/lib`,
    '/usr/local/lib',
    '/usr/lib',
    ...(of.voice.tools.rootPrefix === '' ? ['/lib'] : []),
  ],
  'search-library-arch': (of) => {
    const usr = `/usr/lib${of.libraries}`;
    return [`${of.home}/.local/lib${of.libraries}`, usr, ...(of.voice.tools.rootPrefix === '' ? [usr] : [])];
  },
  'search-shared': (of) => [shared(of), ...listed(of, 'XDG_DATA_DIRS', ['/usr/local/share', '/usr/share'])],
  'search-configuration-factory': () => ['/usr/local/share/factory/etc', '/usr/share/factory/etc'],
  'search-state-factory': () => ['/usr/local/share/factory/var', '/usr/share/factory/var'],
  'search-configuration': (of) => [configuration(of), ...listed(of, 'XDG_CONFIG_DIRS', ['/etc'])],
};

const ofSystemdItself: Readonly<Record<string, Find>> = {
  'systemd-util': ofSystemd(''),
  'systemd-system-unit': ofSystemd('/system'),
  'systemd-system-preset': ofSystemd('/system-preset'),
  'systemd-system-conf': at('/etc/systemd/system'),
  'systemd-user-unit': at('/usr/lib/systemd/user'),
  'systemd-user-preset': ofSystemd('/user-preset'),
  'systemd-user-conf': at('/etc/systemd/user'),
  'systemd-initrd-preset': ofSystemd('/initrd-preset'),
  'systemd-search-system-unit': (of) => of.units('system'),
  'systemd-search-user-unit': (of) => of.units('user'),
  'systemd-system-generator': ofSystemd('/system-generators'),
  'systemd-user-generator': at('/usr/lib/systemd/user-generators'),
  'systemd-search-system-generator': generators('system-generators', 'system'),
  'systemd-search-user-generator': generators('user-generators', 'user'),
  'systemd-system-environment-generator': ofSystemd('/system-environment-generators'),
  'systemd-user-environment-generator': at('/usr/lib/systemd/user-environment-generators'),
  'systemd-search-system-environment-generator': generators('system-environment-generators', 'system'),
  'systemd-search-user-environment-generator': generators('user-environment-generators', 'user'),
  'systemd-sleep': ofSystemd('/system-sleep'),
  'systemd-shutdown': ofSystemd('/system-shutdown'),
  'systemd-search-network': (of) => [
    ...['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((folder) => `${folder}/systemd/network`),
    ...(of.voice.tools.rootPrefix === '' ? ['/lib/systemd/network'] : []),
  ],
  tmpfiles: at('/usr/lib/tmpfiles.d'),
  sysusers: at('/usr/lib/sysusers.d'),
  sysctl: at('/usr/lib/sysctl.d'),
  binfmt: at('/usr/lib/binfmt.d'),
  'modules-load': at('/usr/lib/modules-load.d'),
  catalog: at('/usr/lib/systemd/catalog'),
};

const places: ReadonlyMap<string, Find> = new Map(
  [system, user, search, ofSystemdItself].flatMap((group) => Object.entries(group)),
);

/** Finds a place; undefined for a name that no release knows. The place is undefined where the caller has none. */
export function placeNamed(context: ProgramContext, name: string): (() => Place | undefined) | undefined {
  const find = places.get(name);
  return find === undefined ? undefined : () => find(new Caller(context));
}
