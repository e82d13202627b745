/** The notify socket, sd_notify(3): who sent it is decided by the kernel's credentials, never by its text. */
import type { Datagram, DatagramSocket, Host } from '../sys/host.ts';

/** Longest message that is read; systemd's NOTIFY_BUFFER_MAX is a page too. */
const maxBytes = 4096;

export interface Notification {
  pid: number;
  uid: number;
  /** KEY=VALUE lines in order; a key may come more than once. */
  lines: string[];
  fds: number[];
}

/** Listens at `path`; `log` gets one line about each datagram that is refused. */
export function listenForNotifications(
  host: Host,
  path: string,
  deliver: (n: Notification) => void,
  log: (message: string) => void,
): DatagramSocket {
  const socket = host.bindDatagram(path, 0o777);
  socket.onDatagram = (datagram) => {
    const notification = parse(datagram);
    if (typeof notification === 'string') {
      for (const fd of datagram.fds) host.closeFd(fd);
      log(notification);
    } else deliver(notification);
  };
  return socket;
}

function parse({ data, credentials, fds }: Datagram): Notification | string {
  if (credentials === undefined || credentials.pid <= 0)
    return 'Received notify message without valid credentials. Ignoring.';
  if (data.length > maxBytes) return 'Received notify message exceeded maximum size. Ignoring.';
  const text = data.toString('utf8').replace(/\0+$/, '');
  if (text.includes('\0')) return 'Received notify message with embedded NUL bytes. Ignoring.';
  const lines = text.split('\n').filter((line) => line !== '');
  return { pid: credentials.pid, uid: credentials.uid, lines, fds };
}
