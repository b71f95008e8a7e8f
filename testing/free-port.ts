import { createServer } from 'node:net';
import { closeServer, listenOnLoopback } from './loopback.js';

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await closeServer(server);
  return port;
}
