import type { HttpClient, HttpResponse } from '../lib/http.js';
import { redactor, Secret } from '../lib/secret.js';
import {
  basicAuthorization,
  isFresh,
  parseChallenge,
  parseToken,
  type Token,
  tokenRequest,
} from './token.js';
import type { Credentials } from './credentials.js';
import type { Greeting } from './connection.js';
import { mayBePlain, mayLeadTo } from '../lib/loopback.js';
import { garbage, refused, type Asked } from './registry-problem.js';
import { withRetries, type Sleep } from '../lib/http-retry.js';

export interface Authorization {
  /** The header for a request; empty where none is needed. */
  header(asked: Asked, signal?: AbortSignal): Promise<{ authorization?: string }>;
  /** Takes up what a 401 says; false when asking again would get the same answer. */
  renew(asked: Asked, response: HttpResponse): boolean;
  /** Replaces every secret that went to this registry. */
  redact: (text: string) => string;
}

/** Scopes that give an access, the one to ask for first; a token for more serves for less. */
const ACTIONS = {
  pull: ['pull', 'pull,push'],
  push: ['pull,push'],
  delete: ['pull,push,delete'],
} as const;

/** The login at one registry and the tokens got with it, cached per scope. */
export function createAuthorization(
  registry: Greeting,
  options: { host: string; http: HttpClient; sleep: Sleep },
): Authorization {
  const { host, http, sleep } = options;
  const tokens = new Map<string, Token>();
  const pending = new Map<string, Promise<Token>>();

  const redact = (text: string) =>
    redactor([
      ...secretsOf(registry.credentials),
      ...[...tokens.values()].map(({ value }) => new Secret(value)),
    ])(text);

  async function tokenFor(realm: string, service: string | undefined, asked: Asked, signal?: AbortSignal) {
    const scopes = ACTIONS[asked.access].map((actions) => `repository:${asked.repository}:${actions}`);
    const known = scopes
      .map((scope) => tokens.get(scope))
      .find((token) => token !== undefined && isFresh(token, Date.now()));
    if (known !== undefined) return known;
    const scope = scopes[0] ?? '';
    const fetching = pending.get(scope) ?? fetchToken({ realm, service }, scope, asked, signal);
    pending.set(scope, fetching);
    try {
      const token = await fetching;
      tokens.set(scope, token);
      return token;
    } finally {
      pending.delete(scope);
    }
  }

  async function fetchToken(
    server: { realm: string; service?: string },
    scope: string,
    asked: Asked,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const { protocol, host: realmHost } = parseRealm(host, server.realm);
    if (protocol !== 'https:' && !(protocol === 'http:' && mayBePlain(realmHost))) {
      throw garbage(host, `it sends logins to ${realmHost} without encryption`);
    }
    if (!mayLeadTo(registry.origin.host, realmHost)) {
      throw garbage(host, `it sends logins to ${realmHost}, which is in this network or on this machine`);
    }
    const request = { ...tokenRequest(server, scope, registry.credentials), signal };
    const response = await withRetries((patienceMs) => http.exchange({ ...request, patienceMs }), {
      ...{ sleep, signal, waitingFor: host },
    });
    if (response.status !== 200) throw refused(asked, response, redact);
    const token = parseToken(response, Date.now());
    if (token === undefined) throw garbage(host, `its token server ${realmHost} sent no token`);
    return token;
  }

  return {
    redact,
    async header(asked, signal) {
      const { challenge, credentials } = registry;
      if (challenge.scheme === 'none') return {};
      if (challenge.scheme === 'basic') {
        const usable = credentials !== undefined && 'username' in credentials;
        return usable ? { authorization: basicAuthorization(credentials) } : {};
      }
      const token = await tokenFor(challenge.realm, challenge.service, asked, signal);
      return { authorization: `Bearer ${token.value}` };
    },
    renew(asked, response) {
      const challenge = parseChallenge(response.headers['www-authenticate']);
      if (challenge === undefined) return false;
      const known = registry.challenge;
      registry.challenge = challenge;
      if (challenge.scheme !== 'bearer') return known.scheme !== challenge.scheme;
      const scopes = ACTIONS[asked.access].map((actions) => `repository:${asked.repository}:${actions}`);
      const dropped = scopes.filter((scope) => tokens.delete(scope));
      return dropped.length > 0 || known.scheme !== 'bearer';
    },
  };
}

function parseRealm(host: string, realm: string): URL {
  try {
    return new URL(realm);
  } catch {
    throw garbage(host, "its token server's address is no URL");
  }
}

function secretsOf(credentials: Credentials | undefined): Secret[] {
  if (credentials === undefined) return [];
  if ('identityToken' in credentials) return [credentials.identityToken];
  const header = basicAuthorization(credentials).slice('Basic '.length);
  return [credentials.password, new Secret(header)];
}
