import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault, SeenRequest } from './front.js';

export const LOGIN = { username: 'bot', password: 'pat-marker' };

export interface TokenServer {
  realm: string;
  /** Scopes asked for, with how. */
  asked: {
    method: string;
    scope: string | null;
    service: string | null;
    authorization?: string;
    form: string;
  }[];
  answer: (scope: string) => { status: number; body: string };
  /** What a registry answers that takes tokens only: reading needs a pull scope, writing a push scope. */
  guard(request: SeenRequest): Fault | undefined;
  /** Forgets who asked, and grants whatever is asked for. */
  reset(): void;
  stop(): void;
}

/** A token server whose tokens are `token-for:<scope>`. */
export async function startTokenServer(): Promise<TokenServer> {
  const state = { asked: [] as TokenServer['asked'], answer: grant };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://token');
    let form = '';
    request.on('data', (chunk: Buffer) => (form += chunk.toString()));
    request.on('end', () => {
      const scope = url.searchParams.get('scope') ?? new URLSearchParams(form).get('scope');
      const { authorization } = request.headers;
      const service = url.searchParams.get('service');
      state.asked.push({ method: request.method ?? '', scope, service, authorization, form });
      const { status, body } = state.answer(scope ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return Object.assign(state, {
    realm,
    guard({ method, authorization }: SeenRequest) {
      const scope = authorization?.replace('Bearer token-for:', '') ?? '';
      const needs = ['GET', 'HEAD'].includes(method) ? 'pull' : 'push';
      return scope.includes(needs) ? undefined : challenge(realm);
    },
    reset() {
      state.asked.length = 0;
      state.answer = grant;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  });
}

export function grant(scope: string) {
  return { status: 200, body: JSON.stringify({ token: `token-for:${scope}`, expires_in: 300 }) };
}

export const challenge = (realm: string): Fault => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="${realm}",service="registry.example.org"` },
  body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
});
