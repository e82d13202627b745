import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail, output, run, say } from '../tools.mjs';
import { inRoot, needEmulator } from './emulated.mjs';

/**
 * A Debian for arm64, and a kernel for it, in the user's cache: made once, as it takes minutes. Whoever changes what is in it
 * gets a new one.
 */

export const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pidone/arm64');
const suite = 'bookworm';
const mirror = 'http://deb.debian.org/debian';
/** systemd for its configuration, as the machines have it on which the tests run otherwise; a kernel, and a shell to begin with. */
const packages = 'systemd nginx-light procps iproute2 perl kmod netbase linux-image-cloud-arm64 busybox-static'.split(
  ' ',
);

/** Paths of the root, the kernel, its modules and a shell. */
function parts(made) {
  const root = join(made, 'root');
  const [kernel] = readdirSync(join(root, 'boot')).filter((name) => name.startsWith('vmlinuz-'));
  const version = kernel.slice('vmlinuz-'.length);
  return {
    root,
    kernel: join(root, 'boot', kernel),
    version,
    modules: join(root, 'usr/lib/modules', version),
    busybox: join(root, 'usr/bin/busybox'),
  };
}

/**
 * The packages that debootstrap has chosen and checked, unpacked by this machine's own tools: to run the scripts of each under
 * emulation takes half an hour, and no test asks for what they do but for accounts and alternatives.
 */
function unpack(root) {
  const archives = join(root, 'var/cache/apt/archives');
  for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb')))
    run('sh', [
      '-c',
      'dpkg-deb --fsys-tarfile "$1" | tar -C "$2" --keep-directory-symlink -xf -',
      'sh',
      join(archives, name),
      root,
    ]);
  for (const name of ['passwd', 'group'])
    copyFileSync(join(root, `usr/share/base-passwd/${name}.master`), join(root, 'etc', name));
  symlinkSync('mawk', join(root, 'usr/bin/awk'));
  for (const name of ['var/cache/apt', 'usr/share/doc', 'usr/share/locale', 'usr/share/man', 'debootstrap', 'proc'])
    rmSync(join(root, name), { recursive: true, force: true });
  for (const name of ['proc', 'checkout']) mkdirSync(join(root, name));
}

export async function arm64Root() {
  needEmulator();
  const recipe = createHash('sha256').update([suite, mirror, `${unpack}`, ...packages].join('\n'));
  const made = join(cache, `debian-${recipe.digest('hex').slice(0, 12)}`);
  if (existsSync(made)) return parts(made);
  say(`Making a Debian for arm64 in ${made}, once…`);
  const making = `${made}.new`;
  const root = join(making, 'root');
  rmSync(making, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const options = ['--foreign', '--arch=arm64', '--variant=minbase', `--include=${packages.join(',')}`];
  run('debootstrap', [...options, suite, root, mirror], { env: { ...process.env, container: 'lxc' } });
  unpack(root);
  const { status } = await inRoot(root, ['/sbin/depmod', parts(making).version]);
  if (status !== 0) fail(`depmod in ${root} has failed: ${status}`);
  renameSync(making, made);
  return parts(made);
}

/** Packages of the lock file for arm64, in the same cache. */
export function arm64Modules(checkout) {
  const lock = readFileSync(join(checkout, 'package-lock.json'));
  const made = join(cache, `modules-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
  if (existsSync(made)) return join(made, 'node_modules');
  say('Fetching the packages of package-lock.json for arm64, once…');
  const making = `${made}.new`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(checkout, name), join(making, name));
  const kind = ['--os=linux', '--cpu=arm64', '--libc=glibc'];
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...kind], { cwd: making });
  if (output('ls', [join(making, 'node_modules/@esbuild/linux-arm64')]) === undefined)
    fail('npm has not installed the packages for arm64.');
  renameSync(making, made);
  return join(made, 'node_modules');
}
