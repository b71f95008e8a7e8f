import type { HttpClient, HttpResponse } from '../lib/http.js';
import { withRetries } from '../lib/http-retry.js';
import { mayBePlain, mayLeadTo } from '../lib/loopback.js';
import { redactor, Secret } from '../lib/secret.js';
import type { Sleep } from '../lib/sleep.js';
import type { RegistryEndpoint } from './connection.js';
import type { Credentials } from './credentials.js';
import { garbage, refused, type RegistryAccess } from './registry-problem.js';
import { basicAuthorization, isFresh, parseChallenge, parseToken, tokenRequest, type Token } from './token.js';

export type Authorization = ReturnType<typeof createAuthorization>;

/** Actions of scopes that give an access, the one to request first; a token for more serves for less. */
const ACTIONS = {
  pull: ['pull', 'pull,push'],
  push: ['pull,push'],
  delete: ['pull,push,delete'],
} as const;

const scopesOf = ({ repository, access }: RegistryAccess): string[] =>
  ACTIONS[access].map((actions) => `repository:${repository}:${actions}`);

/** The login at one registry and the tokens obtained with it, cached per scope. */
export function createAuthorization(
  registry: RegistryEndpoint,
  { host, http, sleep }: { host: string; http: HttpClient; sleep: Sleep },
) {
  const tokens = new Map<string, Token>();
  const pending = new Map<string, Promise<Token>>();

  /** Replaces every secret that went to this registry. */
  const redact = (text: string) =>
    redactor([...secretsOf(registry.credentials), ...[...tokens.values()].map(({ value }) => new Secret(value))])(text);

  async function tokenFor(
    server: { realm: string; service?: string },
    asked: RegistryAccess,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const scopes = scopesOf(asked);
    const known = scopes
      .map((scope) => tokens.get(scope))
      .find((token) => token !== undefined && isFresh(token, Date.now()));
    if (known !== undefined) return known;
    const [scope = ''] = scopes;
    const fetching = pending.get(scope) ?? fetchToken(server, scope, asked, signal);
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
    asked: RegistryAccess,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    if (!URL.canParse(server.realm)) throw garbage(host, "its token server's address is no URL");
    const { protocol, host: realmHost } = new URL(server.realm);
    if (protocol !== 'https:' && !(protocol === 'http:' && mayBePlain(realmHost)))
      throw garbage(host, `it sends logins to ${realmHost} without encryption`);
    if (!mayLeadTo(registry.origin.host, realmHost))
      throw garbage(host, `it sends logins to ${realmHost}, which is in this network or on this machine`);
    const request = { ...tokenRequest(server, scope, registry.credentials), signal };
    const response = await withRetries((timeoutMs) => http.exchange({ ...request, timeoutMs }), {
      sleep,
      signal,
    });
    if (response.status !== 200) throw refused(asked, response, redact);
    const token = parseToken(response, Date.now());
    if (token === undefined) throw garbage(host, `its token server ${realmHost} sent no token`);
    return token;
  }

  return {
    redact,
    /** The header for a request; empty where none is needed. */
    async header(asked: RegistryAccess, signal?: AbortSignal): Promise<{ authorization?: string }> {
      const { challenge, credentials } = registry;
      if (challenge.scheme === 'none') return {};
      if (challenge.scheme === 'basic') {
        const usable = credentials !== undefined && 'username' in credentials;
        return usable ? { authorization: basicAuthorization(credentials) } : {};
      }
      const token = await tokenFor(challenge, asked, signal);
      return { authorization: `Bearer ${token.value}` };
    },
    /** Adopts the challenge of a 401; false when another try would get the same answer. */
    renew(asked: RegistryAccess, response: HttpResponse): boolean {
      const challenge = parseChallenge(response.headers['www-authenticate']);
      if (challenge === undefined) return false;
      const known = registry.challenge;
      registry.challenge = challenge;
      if (challenge.scheme !== 'bearer') return known.scheme !== challenge.scheme;
      const dropped = scopesOf(asked).filter((scope) => tokens.delete(scope));
      return dropped.length > 0 || known.scheme !== 'bearer';
    },
  };
}

function secretsOf(credentials: Credentials | undefined): Secret[] {
  if (credentials === undefined) return [];
  if ('identityToken' in credentials) return [credentials.identityToken];
  const header = basicAuthorization(credentials).slice('Basic '.length);
  return [credentials.password, new Secret(header)];
}
