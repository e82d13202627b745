/** What the type of a mount says of it, as systemd tells them apart. */

const networkTypes: ReadonlySet<string> = new Set(
  'afs ceph cifs gfs gfs2 ncp ncpfs nfs nfs4 ocfs2 orangefs pvfs2 smb3 smbfs davfs glusterfs lustre sshfs'.split(' '),
);

/** Interfaces of the kernel, and what lives in memory. */
const virtualTypes: ReadonlySet<string> = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue ' +
    'proc pstore ramfs securityfs sysfs tmpfs tracefs'
  ).split(' '),
);

/** Those whose files have the owner that uid= and gid= say. */
const ownedTypes: ReadonlySet<string> = new Set('adfs exfat fat hfs hpfs iso9660 msdos ntfs vfat'.split(' '));

const withoutFuse = (type: string): string => type.replace(/^fuse\./, '');

/** Its files are on another machine. */
export const isNetworkType = (type: string | undefined): boolean =>
  type !== undefined && networkTypes.has(withoutFuse(type));

/** What is mounted is a block device, so that it has a path. */
export const isOnBlockDevice = (type: string): boolean =>
  !isNetworkType(type) && !virtualTypes.has(withoutFuse(type)) && !['9p', 'overlay'].includes(withoutFuse(type));

/** Knows the mount options uid= and gid=. */
export const takesOwner = (type: string): boolean => ownedTypes.has(type);
