/** Releases of systemd that are told apart, oldest first. What is older speaks as the first, what is newer as the last. */
export const releases = [252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262] as const;

export type Release = (typeof releases)[number];

export const oldestRelease: Release = 252;
export const newestRelease: Release = 262;

/** The nearest that is told apart. */
export const nearestRelease = (number: number): Release =>
  releases.findLast((release) => release <= number) ?? oldestRelease;

/** A release by its number, `257`; undefined for all else. */
export const parseRelease = (text: string): Release | undefined =>
  releases.find((release) => String(release) === text.trim());
