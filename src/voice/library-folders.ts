/** Where distributions have libraries. */

/** Debian's names for machines, where they are not the kernel's. */
const multiarch: Readonly<Record<string, string>> = {
  armv7l: 'arm-linux-gnueabihf',
  i686: 'i386-linux-gnu',
  ppc64le: 'powerpc64le-linux-gnu',
};

/** Where a distribution may have libraries of a machine's architecture, Debian's place first. */
export const libraryFolders = (machine: string): readonly string[] => [
  `/usr/lib/${multiarch[machine] ?? `${machine}-linux-gnu`}`,
  '/usr/lib64',
  '/usr/lib',
];
