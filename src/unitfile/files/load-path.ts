/** Where unit files lie: systemd.unit(5) "UNIT FILE LOAD PATH". */

/** Directories in order of priority, and those of them that have a name of their own. */
export interface LookupPaths {
  readonly scope: 'system' | 'user' | 'global';
  /** Prefix of every directory, for --root=; '' where there is none. */
  readonly root: string;
  /** All directories, the most important first. */
  readonly search: readonly string[];
  readonly persistentControl: string | undefined;
  readonly runtimeControl: string | undefined;
  readonly transient: string | undefined;
  readonly generatorEarly: string | undefined;
  readonly generator: string | undefined;
  readonly generatorLate: string | undefined;
  /** /etc/systemd/system */
  readonly persistentConfig: string;
  /** /run/systemd/system; undefined without $XDG_RUNTIME_DIR. */
  readonly runtimeConfig: string | undefined;
  readonly persistentAttached: string | undefined;
  readonly runtimeAttached: string | undefined;
}

/** pidone's own units, so that the base targets exist without the systemd package. Last in a manager's path. */
const ownUnitDirectories = { system: '/usr/lib/pidone/units', user: '/usr/lib/pidone/user-units' };

/** Whether a directory, or that of a file, holds pidone's own units, wherever pidone lies. */
export const isOwnUnits = (directory: string): boolean => /\/pidone\/(?:user-)?units$/.test(directory);

export interface LookupOptions {
  scope: 'system' | 'user' | 'global';
  env?: Readonly<Record<string, string | undefined>>;
  root?: string;
  /** Home directory where $HOME is not set. */
  home?: string;
  /** Other place of pidone's own units. */
  ownUnits?: string;
  /** What takes the place of /run for what a system's manager writes; `/run/systemd/system` is read all the same. */
  runtime?: string;
  /** `/usr/lib/systemd/system` comes before `/lib/systemd/system`, which leads there. */
  usrLibFirst?: boolean | undefined;
}

const systemDirectories = (paths: Named, usrLibFirst: boolean): (string | undefined)[] => [
  paths.persistentControl,
  paths.runtimeControl,
  paths.transient,
  paths.generatorEarly,
  '/etc/systemd/system',
  paths.persistentAttached,
  paths.runtimeConfig,
  '/run/systemd/system',
  paths.runtimeAttached,
  paths.generator,
  '/usr/local/lib/systemd/system',
  ...(usrLibFirst
    ? ['/usr/lib/systemd/system', '/lib/systemd/system']
    : ['/lib/systemd/system', '/usr/lib/systemd/system']),
  paths.generatorLate,
];

const vendorUserDirectories = [
  '/usr/local/share/systemd/user',
  '/usr/share/systemd/user',
  '/usr/local/lib/systemd/user',
  '/usr/lib/systemd/user',
];

type Named = Omit<LookupPaths, 'scope' | 'root' | 'search'>;

const unset: Named = {
  persistentControl: undefined,
  runtimeControl: undefined,
  transient: undefined,
  generatorEarly: undefined,
  generator: undefined,
  generatorLate: undefined,
  persistentConfig: '',
  runtimeConfig: undefined,
  persistentAttached: undefined,
  runtimeAttached: undefined,
};

function named(options: LookupOptions): Named {
  const env = options.env ?? {};
  if (options.scope === 'system') {
    const run = `${options.runtime ?? '/run'}/systemd`;
    return {
      persistentControl: '/etc/systemd/system.control',
      runtimeControl: `${run}/system.control`,
      transient: `${run}/transient`,
      generatorEarly: `${run}/generator.early`,
      generator: `${run}/generator`,
      generatorLate: `${run}/generator.late`,
      persistentConfig: '/etc/systemd/system',
      runtimeConfig: `${run}/system`,
      persistentAttached: '/etc/systemd/system.attached',
      runtimeAttached: `${run}/system.attached`,
    };
  }
  if (options.scope === 'global') {
    return { ...unset, persistentConfig: '/etc/systemd/user', runtimeConfig: '/run/systemd/user' };
  }
  const config = configHome(options);
  const runtime = env.XDG_RUNTIME_DIR;
  const inRuntime = (name: string): string | undefined =>
    runtime === undefined || runtime === '' ? undefined : `${runtime}/systemd/${name}`;
  return {
    ...unset,
    persistentControl: `${config}/systemd/user.control`,
    runtimeControl: inRuntime('user.control'),
    transient: inRuntime('transient'),
    generatorEarly: inRuntime('generator.early'),
    generator: inRuntime('generator'),
    generatorLate: inRuntime('generator.late'),
    persistentConfig: `${config}/systemd/user`,
    runtimeConfig: inRuntime('user'),
  };
}

const homeOf = (options: LookupOptions): string => options.env?.HOME || options.home || '';
const configHome = (options: LookupOptions): string => options.env?.XDG_CONFIG_HOME || `${homeOf(options)}/.config`;

function userDirectories(options: LookupOptions, paths: Named): (string | undefined)[] {
  const env = options.env ?? {};
  const list = (text: string | undefined, fallback: string[]): string[] =>
    text === undefined || text === '' ? fallback : text.split(':').filter((p) => p.startsWith('/'));
  const configDirs = list(env.XDG_CONFIG_DIRS, ['/etc/xdg']).map((d) => `${d}/systemd/user`);
  const dataHome = env.XDG_DATA_HOME || `${homeOf(options)}/.local/share`;
  const dataDirs = list(env.XDG_DATA_DIRS, ['/usr/local/share', '/usr/share']).map((d) => `${d}/systemd/user`);
  return [
    paths.persistentControl,
    paths.runtimeControl,
    paths.transient,
    paths.generatorEarly,
    paths.persistentConfig,
    ...configDirs,
    '/etc/systemd/user',
    paths.runtimeConfig,
    '/run/systemd/user',
    paths.generator,
    `${dataHome}/systemd/user`,
    ...dataDirs,
    ...vendorUserDirectories,
    paths.generatorLate,
  ];
}

function globalDirectories(): string[] {
  return ['/etc/systemd/user', '/run/systemd/user', ...vendorUserDirectories];
}

/**
 * The load path of a manager, or of files below `root`. $SYSTEMD_UNIT_PATH replaces it; where that ends in a colon the
 * usual path follows.
 */
export function lookupPaths(options: LookupOptions): LookupPaths {
  const root = options.root === undefined || options.root === '/' ? '' : options.root.replace(/\/+$/, '');
  const paths = named(options);
  const usual =
    options.scope === 'system'
      ? systemDirectories(paths, options.usrLibFirst === true)
      : options.scope === 'user'
        ? userDirectories(options, paths)
        : globalDirectories();
  const given = options.env?.SYSTEMD_UNIT_PATH;
  const append = given === undefined || given === '' || given.endsWith(':');
  const search = [
    ...(given ?? '').split(':').filter((p) => p.startsWith('/')),
    ...(append ? usual : []),
    options.scope === 'global' ? undefined : (options.ownUnits ?? ownUnitDirectories[options.scope]),
  ].filter((path) => path !== undefined);
  const below = (path: string | undefined): string | undefined => (path === undefined ? undefined : root + path);
  return {
    scope: options.scope,
    root,
    search: [...new Set(search)].map((path) => root + path),
    persistentControl: below(paths.persistentControl),
    runtimeControl: below(paths.runtimeControl),
    transient: below(paths.transient),
    generatorEarly: below(paths.generatorEarly),
    generator: below(paths.generator),
    generatorLate: below(paths.generatorLate),
    persistentConfig: root + paths.persistentConfig,
    runtimeConfig: below(paths.runtimeConfig),
    persistentAttached: below(paths.persistentAttached),
    runtimeAttached: below(paths.runtimeAttached),
  };
}
