/** Users and groups. */

import type { SystemError } from './error.ts';

export interface UserRecord {
  name: string;
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
}

export interface GroupRecord {
  name: string;
  gid: number;
  members: string[];
}

export interface Accounts {
  /** Users and groups by name or number, from the container's own passwd and group files. */
  lookupUser(nameOrId: string): UserRecord | undefined;
  lookupGroup(nameOrId: string): GroupRecord | undefined;
  /** Why the last look-up found nothing, where one of these files is there and can't be read. */
  accountsError(): SystemError | undefined;
  /** Supplementary groups of a user, as initgroups(3) would set them. */
  groupsOf(user: string, gid: number): number[];
}
