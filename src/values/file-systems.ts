/** File systems and the groups that RestrictFileSystems= has of them (systemd.exec(5)): for systemd-analyze(1). */

/** Names in the order of the group @known, and the numbers that statfs(2) tells them by (magic.h of the kernel), in hex. */
const magics =
  'apparmorfs=5a3c69f0 adfs=adf5 affs=adff afs=6b414653,5346414f anon_inodefs=9041934 autofs=187 ' +
  'balloon-kvm=13661366 bcachefs=ca451a4e bdev=62646576 binder=6c6f6f70 binfmt_misc=42494e4d bpf=cafe4a11 ' +
  'btrfs=9123683e btrfs_test_fs=73727279 cpuset=27e0eb ceph=c36400 cgroup2=63677270 cgroup=27e0eb ' +
  'cifs=ff534d42,fe534d42 coda=73757245 configfs=62656570 cramfs=28cd3d45 dax=64646178 debugfs=64626720 ' +
  'devmem=454d444d devpts=1cd1 devtmpfs=1021994 dmabuf=444d4142 ecryptfs=f15f efivarfs=de5e81e4 efs=414a53 ' +
  'erofs=e0f5e1e2 ext2=ef53 ext3=ef53 ext4=ef53 exfat=2011bab0 f2fs=f2f52010 failfs=4641494c fuseblk=65735546 ' +
  'fuse=65735546 fusectl=65735543 gfs=1161970 gfs2=1161970 gmem=474d454d hostfs=c0ffee hpfs=f995e849 ' +
  'hugetlbfs=958458f6 iso9660=9660 jffs2=72b6 minix=137f,138f,2468,2478,4d5a mqueue=19800202 msdos=4d44 ncp=564c ' +
  'ncpfs=564c nfs=6969 nfs4=6969 nilfs2=3434 nsfs=6e736673 ntfs=5346544e ntfs3=7366746e nullfs=4e554c4c ' +
  'ocfs2=7461636f openpromfs=9fa1 orangefs=20030529 overlay=794c7630 pidfs=50494446 pipefs=50495045 ' +
  'ppc-cmm=c7571590 proc=9fa0 pstore=6165676c pvfs2=20030529 qnx4=2f qnx6=68191122 ramfs=858458f6 ' +
  'resctrl=7655821 reiserfs=52654973 rpc_pipefs=67596969 secretmem=5345434d securityfs=73636673 ' +
  'selinuxfs=f97cff8c shiftfs=6a656a62 smackfs=43415d53 smb3=ff534d42 smbfs=517b sockfs=534f434b ' +
  'squashfs=73717368 sysfs=62656572 tmpfs=1021994 tracefs=74726163 udf=15013346 usbdevfs=9fa2 vboxsf=786f4256 ' +
  'vfat=4d44 v9fs=1021997 xenfs=abba1974 xfs=58465342 z3fold=33 zonefs=5a4f4653 zsmalloc=58295829';

/** Another file system that has the number first, by name. */
const primary: Readonly<Record<string, string>> = {
  cpuset: 'cgroup',
  devtmpfs: 'tmpfs',
  ext2: 'ext4',
  ext3: 'ext4',
  fuseblk: 'fuse',
  gfs: 'gfs2',
  msdos: 'vfat',
  ncp: 'ncpfs',
  nfs: 'nfs4',
  pvfs2: 'orangefs',
  smb3: 'cifs',
};

interface Group {
  readonly name: string;
  readonly about: string;
  readonly members: readonly string[];
}

const group = (name: string, about: string, members: string): Group => ({ name, about, members: members.split(' ') });

/** Every group but @known, in the order of systemd-analyze. */
const groups: readonly Group[] = [
  group('@basic-api', 'Basic filesystem API', 'cgroup cgroup2 devpts devtmpfs mqueue proc sysfs'),
  group('@anonymous', 'Anonymous inodes', 'anon_inodefs pipefs sockfs'),
  group('@application', 'Application virtual filesystems', 'autofs fuse overlay'),
  group(
    '@auxiliary-api',
    'Auxiliary filesystem API',
    'binfmt_misc configfs efivarfs fusectl hugetlbfs rpc_pipefs securityfs',
  ),
  group(
    '@common-block',
    'Common block device filesystems',
    'btrfs erofs exfat ext4 f2fs iso9660 ntfs3 squashfs udf vfat xfs',
  ),
  group('@historical-block', 'Historical block device filesystems', 'ext2 ext3 minix'),
  group(
    '@network',
    'Well-known network filesystems',
    'afs ceph cifs gfs gfs2 ncp ncpfs nfs nfs4 ocfs2 orangefs pvfs2 smb3 smbfs',
  ),
  group('@privileged-api', 'Privileged filesystem API', 'bpf debugfs pstore tracefs'),
  group('@security', 'Security/MAC API VFS', 'apparmorfs selinuxfs smackfs'),
  group('@temporary', 'Temporary filesystems', 'ramfs tmpfs'),
];

const known = magics.split(' ').map((entry) => entry.slice(0, entry.indexOf('=')));

/** The groups, @known the last; without those that are `unknown` yet. */
export function fileSystemGroups(unknown: readonly string[]): readonly Group[] {
  const members = known.filter((name) => !unknown.includes(name));
  return [...groups, { name: '@known', about: 'All known filesystems declared in the kernel', members }];
}

const magicOf = new Map(magics.split(' ').map((entry) => entry.split('=') as [string, string]));

/** The numbers of a file system as systemd-analyze shows them: `0xef53[ext4]`. */
export function fileSystemMagic(name: string): string {
  const owner = primary[name] === undefined ? '' : `[${primary[name]}]`;
  return magicOf
    .get(name)!
    .split(',')
    .map((magic) => `0x${magic}${owner}`)
    .join(', ');
}
