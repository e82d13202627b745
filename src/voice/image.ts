/** Which release of systemd belongs to an image, and so whose voice is heard in it. */
import { libraryFolders } from './library-folders.ts';
import { nearestRelease, newestRelease, oldestRelease, parseRelease, type Release } from './release.ts';

/** What is looked at. Nothing here throws: what is not there, or not to be read, is undefined or empty. */
export interface Image {
  /** $PIDONE_VERSION, as PID 1 was given it. */
  readonly wish: string | undefined;
  /** As uname(2) names it. */
  readonly machine: string;
  /** The text of a small file. */
  text(path: string): string | undefined;
  /** What a link says. */
  link(path: string): string | undefined;
  /** The names in a directory. */
  names(path: string): readonly string[];
}

export interface Decision {
  readonly release: Release;
  /** Lines about what was asked for and can't be. */
  readonly wrong: readonly string[];
}

/** A line `Version=257` in it is as good as the variable. */
export const configurationFile = '/etc/pidone.conf';

/** What was asked for; else that of the systemd which is installed, of its library, of the distribution; else the newest. */
export function decideRelease(image: Image): Decision {
  const wrong: string[] = [];
  const wished = (text: string | undefined, where: string): Release | undefined => {
    if (text === undefined || text === '') return undefined;
    const release = parseRelease(text);
    if (release === undefined)
      wrong.push(`${where}${text}: not a release of systemd that is known here, ${oldestRelease} to ${newestRelease}.`);
    return release;
  };
  const release =
    wished(image.wish, '$PIDONE_VERSION=') ??
    wished(configured(image), `${configurationFile}: Version=`) ??
    installed(image) ??
    ofDistribution(image) ??
    newestRelease;
  return { release, wrong };
}

function configured(image: Image): string | undefined {
  return /^[ \t]*Version[ \t]*=[ \t]*(.*?)[ \t]*$/m.exec(image.text(configurationFile) ?? '')?.[1];
}

// ---- what is installed ------------------------------------------------------------------------------------------------

/**
 * The names of files tell it: they are those of the package's release, and to look at them costs less than the data of
 * dpkg or rpm, which take megabytes.
 */
function installed(image: Image): Release | undefined {
  const folders = libraryFolders(image.machine);
  for (const folder of folders)
    for (const name of image.names(`${folder}/systemd`)) {
      const release = /^libsystemd-(?:shared|core)-(\d{3,4})\b/.exec(name)?.[1];
      if (release !== undefined) return nearestRelease(Number(release));
    }
  for (const folder of folders) {
    // meson.build of systemd: each release has counted it up by one, from libsystemd.so.0.35.0 of 252 on.
    const minor = /^libsystemd\.so\.0\.(\d{1,3})\.\d+$/.exec(image.link(`${folder}/libsystemd.so.0`) ?? '')?.[1];
    if (minor !== undefined) return nearestRelease(Number(minor) + 217);
  }
  return undefined;
}

// ---- the distribution -------------------------------------------------------------------------------------------------

/** Versions of a distribution before the named one have the release; from the last on, the newest. */
type Versions = readonly (readonly [before: number, release: Release])[];

/** Those that count as Red Hat does. */
const redHat: Versions = [
  [10, 252],
  [11, 257],
];
const suse: Versions = [
  [15.6, 252],
  [16, 254],
  [17, 257],
];

const distributions: Readonly<Record<string, Versions>> = {
  debian: [
    [13, 252],
    [14, 257],
  ],
  ubuntu: [
    [23.1, 252],
    [24.04, 253],
    [24.1, 255],
    [25.04, 256],
    [26.04, 257],
    [26.1, 259],
  ],
  fedora: [
    [38, 252],
    [39, 253],
    [40, 254],
    [41, 255],
    [42, 256],
    [43, 257],
    [44, 258],
    [45, 259],
  ],
  amzn: [[2024, 252]],
  rhel: redHat,
  centos: redHat,
  rocky: redHat,
  almalinux: redHat,
  ol: redHat,
  'opensuse-leap': suse,
  sles: suse,
};

/** Releases of Debian and Ubuntu that others are made from, which have numbers of their own. */
const codenames: Readonly<Record<string, Release>> = {
  bullseye: 252,
  bookworm: 252,
  trixie: 257,
  focal: 252,
  jammy: 252,
  mantic: 253,
  noble: 255,
  oracular: 256,
  plucky: 257,
  questing: 257,
  resolute: 259,
};

function ofDistribution(image: Image): Release | undefined {
  const text = image.text('/etc/os-release') ?? image.text('/usr/lib/os-release') ?? '';
  const field = (name: string): string =>
    new RegExp(`^${name}=["']?([\\w.~ -]*)`, 'm').exec(text)?.[1]?.toLowerCase() ?? '';
  const id = field('ID');
  const known = id in distributions ? id : field('ID_LIKE').split(' ').includes('rhel') ? 'rhel' : undefined;
  const version = Number.parseFloat(field('VERSION_ID'));
  if (known !== undefined && !Number.isNaN(version)) {
    return distributions[known]?.find(([before]) => version < before)?.[1] ?? newestRelease;
  }
  for (const name of ['DEBIAN_CODENAME', 'UBUNTU_CODENAME', 'VERSION_CODENAME']) {
    const release = codenames[field(name)];
    if (release !== undefined) return release;
  }
  return undefined;
}
