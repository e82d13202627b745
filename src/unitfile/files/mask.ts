import type { FileStat } from '../../sys/host.ts';

/**
 * Whether a file says that there is nothing: /dev/null (any device), or one without content. It masks a unit, and takes
 * away a drop-in or a link.
 */
export const isMask = ({ type, size }: Pick<FileStat, 'type' | 'size'>): boolean =>
  type === 'char' || type === 'block' || (type === 'file' && size <= 0);
