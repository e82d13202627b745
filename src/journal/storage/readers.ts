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

/** Group of the files of the system's journal. */
export function groupOfFiles(host: Pick<Host, 'uid' | 'lookupGroup'>): number | undefined {
  if (host.uid !== 0) return undefined;
  for (const name of readerGroups) {
    const found = host.lookupGroup(name)?.gid;
    if (found !== undefined) return found;
  }
  return undefined;
}
