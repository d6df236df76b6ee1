import { connect } from 'node:net';

/** What names a session to its server; the key is from the start of that session. */
export interface CancelTarget {
  host: string;
  port: number;
  processId: number;
  secretKey: number;
}

/**
 * Asks the server to cancel what a session is doing, over a connection of its own (protocol: CancelRequest). Resolves when the
 * server has taken the request or after `timeoutMs`; whether anything was cancelled shows on the session itself. Plain text
 * even for TLS sessions, as libpq's PQcancel does: the key is good for this session alone.
 */
export function requestCancel(target: CancelTarget, timeoutMs = 1000): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80877102, 4);
  request.writeInt32BE(target.processId, 8);
  request.writeInt32BE(target.secretKey, 12);
  return new Promise((resolve) => {
    const socket = target.host.startsWith('/')
      ? connect({ path: `${target.host}/.s.PGSQL.${target.port}` })
      : connect({ host: target.host, port: target.port });
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.once('connect', () => socket.write(request));
    // The server closes without an answer once the signal is sent.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.resume();
  });
}
