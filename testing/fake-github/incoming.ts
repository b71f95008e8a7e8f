import type { IncomingMessage } from 'node:http';
import { nodeId } from './representations.js';
import { findRepository } from './repository.js';
import type { ServedRepository } from './repository.js';
import { tokenOf } from './requests.js';

/** A request, read to its end. */
export interface Incoming {
  method: string;
  /** With query string, as sent. */
  target: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  json: Record<string, unknown> | undefined;
  token: string | undefined;
}

export async function readRequest(request: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const incoming: Incoming = {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    body,
    json: undefined,
    token: tokenOf(request.headers.authorization),
  };
  if (body.length > 0 && !/x-git-/.test(request.headers['content-type'] ?? '')) {
    try {
      incoming.json = JSON.parse(body.toString()) as Record<string, unknown>;
    } catch {
      // Left to the route: GitHub answers "Problems parsing JSON".
    }
  }
  return incoming;
}

/** The repository that a request is about, as far as its text says. */
export function repositoryOf(
  repositories: readonly ServedRepository[],
  incoming: Incoming,
): ServedRepository | undefined {
  const path = decodeURIComponent(incoming.target);
  const named =
    /^\/api\/v3\/repos\/([^/]+)\/([^/?]+)/.exec(path) ?? /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(?:info|git-)/.exec(path);
  if (named) return findRepository(repositories, named[1] ?? '', named[2] ?? '');
  // GraphQL names it in its variables, by name or by node id.
  const text = incoming.body.toString();
  return (
    repositories.find(({ id, owner, name }) => text.includes(`${owner}/${name}`) || text.includes(nodeId('R', id))) ??
    repositories[0]
  );
}
