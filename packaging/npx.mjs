/**
 * `npx pidone install|uninstall`: install.sh of the package without a Node, which is in the npm package as it is. Any other
 * command is one of the front door's.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readTar } from '../scripts/deb/tar.mjs';

const usage = `Usage: pidone install [--root=DIR] [--node=PATH]   puts pidone in place in / or the tree below DIR
       pidone install --systemctl.py               the same, with the names of systemctl.py as well
       pidone uninstall [--root=DIR]               takes it out again
       pidone PROGRAM …                            one of its programs: systemctl, journalctl …
`;

function unpack(directory) {
  for (const { name, type, mode, content, target } of readTar(
    gunzipSync(readFileSync(join(__dirname, 'nodeless.tar.gz'))),
  )) {
    const path = join(directory, name);
    // Programs in /usr/bin are for those who unpack it there.
    if (!name.startsWith('usr/lib/pidone/')) continue;
    mkdirSync(type === 'directory' ? path : dirname(path), { recursive: true });
    if (type === 'symlink') symlinkSync(target, path);
    else {
      if (type === 'file') writeFileSync(path, content);
      // Everybody's, whatever the umask is.
      chmodSync(path, mode);
    }
  }
}

/** The exit status of install.sh with these arguments. */
function install(args) {
  const directory = mkdtempSync(join(tmpdir(), 'pidone-install-'));
  try {
    unpack(directory);
    return run('sh', [join(directory, 'usr/lib/pidone/install.sh'), ...args]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error !== undefined) process.stderr.write(`pidone: ${error.message}\n`);
  return status ?? 1;
}

const [command, ...args] = process.argv.slice(2);
if (command === 'install') process.exitCode = install(args);
else if (command === 'uninstall') process.exitCode = install(['--uninstall', ...args]);
else if (command === undefined || command === '--help' || command === '-h') {
  process.stdout.write(usage);
  process.exitCode = command === undefined ? 1 : 0;
} else process.exitCode = run(join(__dirname, 'bin/systemctl'), [command, ...args], { argv0: 'pidone' });
