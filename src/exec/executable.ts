/** Where the program of a command line is (systemd.service(5), "COMMAND LINES"). */
import type { Host } from '../sys/host.ts';

/** Searched for bare names where ExecSearchPath= says nothing else. */
const defaultPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Programs that pidone answers for; a real one, in any of the places above, comes first. */
const ownPrograms = '/usr/lib/pidone/bin';

/** Where the systemd package has its programs. */
const systemdProgram = /^(?:\/usr)?\/bin\/(systemd-[a-z0-9-]+)$/;

/** The absolute path, or the name of the errno that stands in the way. */
export type Located = { path: string } | { code: string };

export function locateExecutable(host: Host, path: string, searchPath: readonly string[]): Located {
  if (path.startsWith('/')) {
    const code = hindrance(host, path);
    if (code === undefined) return { path };
    const name = code === 'ENOENT' ? systemdProgram.exec(path)?.[1] : undefined;
    const own = `${ownPrograms}/${name}`;
    return name !== undefined && hindrance(host, own) === undefined ? { path: own } : { code };
  }
  let code = 'ENOENT';
  for (const dir of searchPath.length > 0 ? searchPath : [...defaultPath, ownPrograms]) {
    const found = `${dir}/${path}`;
    const reason = hindrance(host, found);
    if (reason === undefined) return { path: found };
    if (reason !== 'EACCES') code = reason;
  }
  return { code };
}

function hindrance(host: Host, path: string): string | undefined {
  let type: string;
  try {
    type = host.files.stat(path).type;
  } catch (error) {
    return (error as { code?: string }).code ?? 'ENOENT';
  }
  if (type === 'directory') return 'EISDIR';
  if (type !== 'file') return 'EBADFD';
  return host.files.access(path, 'exec') ? undefined : 'EACCES';
}
