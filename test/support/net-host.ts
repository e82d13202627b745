import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Host, StreamConnection, StreamListener } from '../../src/sys/host.ts';

/** The control room's part of a Host on Node's own sockets: real clients can be tried without the addon. */
export class NetHost {
  readonly uid = process.getuid?.() ?? 0;
  readonly sockets = new Set<Socket>();

  asHost(): Host {
    return this as unknown as Host;
  }

  after(delayMs: number, callback: () => void): { cancel(): void } {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  defer(callback: () => void): void {
    setImmediate(callback);
  }

  listenStream(path: string, mode: number): StreamListener {
    rmSync(path, { force: true });
    const listener: StreamListener = { onConnection: () => {}, close: () => void server.close() };
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      listener.onConnection(connectionOf(socket, this.uid));
    });
    server.listen(path, () => chmodSync(path, mode));
    return listener;
  }
}

function connectionOf(socket: Socket, uid: number): StreamConnection {
  const connection: StreamConnection = {
    peer: { pid: process.pid, uid, gid: uid },
    onData: () => {},
    onEnd: () => {},
    onDrain: () => {},
    get buffered() {
      return socket.writableLength;
    },
    write: (data) => void socket.write(data),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => socket.destroySoon(),
    destroy: () => void socket.destroy(),
  };
  socket.on('data', (chunk) => {
    connection.onData(chunk);
    // As the next read of a real stream does.
    chunk.fill('#');
  });
  socket.on('end', () => connection.onEnd());
  socket.on('error', () => connection.onEnd());
  socket.on('drain', () => connection.onDrain());
  return connection;
}
