import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, output } from '../tools.mjs';

/**
 * Programs of an arm64 root on this machine: qemu is made known to the kernel (binfmt_misc) in a user namespace of its own,
 * so that nothing changes for the rest of the machine.
 */

const qemu = '/usr/bin/qemu-aarch64-static';
const magic =
  '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:' +
  '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';

/** $1 is the root, $2 a directory that is seen there as /checkout or empty, the rest the command. */
const inside = `
set -e
read -r mapped
root=$1 checkout=$2; shift 2
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' ':qemu-aarch64:M::${magic}:${qemu}:FP' >/proc/sys/fs/binfmt_misc/register
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
if [ -n "$checkout" ]; then mount --bind "$checkout" "$root/checkout"; fi
exec chroot "$root" "$@"
`;

const environment = {
  PATH: '/checkout/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  // debootstrap makes of a container what it makes of any other machine.
  container: 'lxc',
};

export function needEmulator() {
  if (process.getuid() !== 0) fail('The arm64 root needs a user namespace with all ids: run this as root.');
  const missing = [
    ...(existsSync(qemu) ? [] : ['qemu-user-static']),
    ...(output('debootstrap', ['--version']) === undefined ? ['debootstrap'] : []),
  ];
  if (missing.length > 0) fail(`To run arm64 programs: apt-get install --no-install-recommends ${missing.join(' ')}`);
}

/** Runs a command in the root: its status, and what it printed, which is shown as it comes. `checkout` is there /checkout. */
export async function inRoot(root, command, checkout = '') {
  const namespaces = ['--user', '--mount', '--pid', '--fork', '--uts', '--ipc', '--kill-child'];
  const child = spawn('unshare', [...namespaces, 'sh', '-c', inside, 'sh', root, checkout, ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment,
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk.toString('latin1');
    process.stdout.write(chunk);
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status: status ?? signal, text }));
  });
  child.stdin.on('error', () => {});
  const space = () => readlinkSync(`/proc/${child.pid}/ns/user`);
  const own = readlinkSync('/proc/self/ns/user');
  for (let i = 0; i < 600 && child.exitCode === null && space() === own; i++) await pause(10);
  if (child.exitCode === null)
    // Every id means itself.
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${child.pid}/${map}`, readFileSync(`/proc/self/${map}`, 'latin1'));
  child.stdin.end('\n');
  return ended;
}
