/** Who may read the journal, journalctl(1): root, the user whose it is, and members of some groups. */
import type { Host, PeerCredentials } from '../../sys/host.ts';

/** The first that there is has the files, too: who has no manager to ask reads them. */
const readerGroups = ['systemd-journal', 'adm', 'wheel'];

export function mayReadJournal(
  host: Pick<Host, 'uid' | 'lookupGroup'>,
  { uid, gid, groups = [] }: PeerCredentials,
): boolean {
  if (uid === 0 || uid === host.uid) return true;
  return readerGroups.some((name) => {
    const found = host.lookupGroup(name)?.gid;
    return found !== undefined && (found === gid || groups.includes(found));
  });
}

/** uid_for_system_journal() of systemd: system users, dynamic ones and nobody log for the system alone. */
const firstRegular = 1000;
const dynamicUsers = { first: 61184, last: 65519 };
const nobodies: ReadonlySet<number> = new Set([65534, 65535, 0xffffffff]);

/** Whether a user may read what they have logged themselves (journald.conf(5), SplitMode=). */
export function hasOwnJournal(uid: number): boolean {
  const isDynamic = uid >= dynamicUsers.first && uid <= dynamicUsers.last;
  return uid >= firstRegular && !isDynamic && !nobodies.has(uid);
}

/** Group of the files of the system's journal. */
export function groupOfFiles(host: Pick<Host, 'uid' | 'lookupGroup'>): number | undefined {
  if (host.uid !== 0) return undefined;
  for (const name of readerGroups) {
    const found = host.lookupGroup(name)?.gid;
    if (found !== undefined) return found;
  }
  return undefined;
}
