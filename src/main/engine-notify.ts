/**
 * Tells the engine, where it asks for that with $NOTIFY_SOCKET, that the container has come up and that it goes down, as
 * systemd does: `podman run --sdnotify=container`, Notify=yes of a Quadlet, `systemd-nspawn --notify-ready=yes`.
 */
import type { Manager } from '../manager/manager.ts';
import { type Host, SystemError } from '../sys/host.ts';

export function tellEngine(manager: Manager): void {
  const { host, startup, shutdown } = manager;
  const socket = host.environment.NOTIFY_SOCKET;
  if (!host.isInit || socket === undefined || !/^[/@]./.test(socket)) return;
  void startup.whenOver().then(() => {
    if (!shutdown.hasBegun) send(host, socket, 'READY=1\nSTATUS=Ready.');
  });
  void shutdown.whenBegun().then(() => send(host, socket, 'STOPPING=1\nSTATUS=Shutting down...'));
}

/** An engine that does not listen is none that waits. */
function send(host: Host, socket: string, text: string): void {
  try {
    host.sendDatagram(socket, Buffer.from(text));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
