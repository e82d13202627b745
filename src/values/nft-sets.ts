/** NFTSet= (systemd.resource-control(5)): sets of nftables that are given ids of a unit, `source:family:table:set`. */

const sources: ReadonlySet<string> = new Set(['cgroup', 'user', 'group']);
const families: ReadonlySet<string> = new Set(['arp', 'bridge', 'inet', 'ip', 'ip6', 'netdev']);

/** An identifier of nft(8): a letter, then letters, digits, `/`, `\`, `_` and `.`, at most 31 characters. */
const isIdentifier = (word: string): boolean => /^[A-Za-z][A-Za-z0-9/\\_.]{0,30}$/.test(word);

/** What systemd says of a word that names no set; undefined where it does. */
export function nftSetProblem(word: string): string | undefined {
  const [source, family, table, set, more] = word.split(':');
  if (family === undefined || table === undefined || set === undefined || more !== undefined)
    return `Failed to parse NFT set ${word}, ignoring`;
  if (!sources.has(source!)) return `Unknown NFT source ${source}, ignoring`;
  if (!families.has(family)) return `Unknown NFT protocol family ${family}, ignoring`;
  if (!isIdentifier(table)) return `Invalid table name ${table}, ignoring`;
  if (!isIdentifier(set)) return `Invalid set name ${set}, ignoring`;
  return undefined;
}
