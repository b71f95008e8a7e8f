import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type RawData, WebSocketServer } from 'ws';
import type { Channels } from './channels.js';

/** First byte of each message. https://kubernetes.io/docs/reference/using-api/ · remotecommand v5 */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Best first; v5 alone can end stdin and keep the rest open. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false,
});

/** Answers the request to become a WebSocket. */
export function acceptWebSocket(request: IncomingMessage, socket: Socket, head: Buffer): Promise<Channels> {
  return new Promise((resolve) => {
    sockets.handleUpgrade(request, socket, head, (client) => {
      const stdin = new Readable({
        highWaterMark: 1 << 20,
        read() {
          if (client.isPaused) client.resume();
        },
      });
      client.on('message', (data: RawData) => {
        const message = Buffer.isBuffer(data) ? data : Buffer.concat(data as Buffer[]);
        const bytes = message.subarray(1);
        if (message[0] === CHANNEL.stdin && bytes.length > 0) {
          if (!stdin.push(bytes)) client.pause();
        } else if (message[0] === CHANNEL.close && bytes[0] === CHANNEL.stdin) {
          stdin.push(null);
        }
      });
      const closed = new Promise<void>((gone) => {
        client.once('close', () => {
          if (!stdin.readableEnded) stdin.push(null);
          gone();
        });
      });
      client.on('error', () => {});
      const send = (channel: number, bytes: Buffer) =>
        client.send(Buffer.concat([Buffer.from([channel]), bytes]), () => {});
      resolve({
        stdin,
        closed,
        write: (stream, chunk) => send(CHANNEL[stream], chunk),
        finish(status) {
          send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
          client.close(1000);
          // It may have been held up by a stdin that nobody reads any more.
          if (client.isPaused) client.resume();
          stdin.resume();
        },
        destroy: () => socket.destroy(),
      });
    });
  });
}
