import { withRetries, type HttpClient, type HttpResponse, type HttpRequest } from '../lib/http.js';
import { parseJson } from '../lib/json.js';
import { mayBePlain, mayLeadTo } from '../lib/loopback.js';
import { redactor, Secret } from '../lib/secret.js';
import type { Sleep } from '../lib/sleep.js';
import type { RegistryEndpoint } from './connection.js';
import type { Credentials } from './credentials.js';
import { garbage, refused, type RegistryAccess } from './registry-problem.js';

export type Authorization = ReturnType<typeof createAuthorization>;

/** Actions of scopes that give an access, the one to request first; a token for more serves for less. */
const ACTIONS = { pull: ['pull', 'pull,push'], push: ['pull,push'], delete: ['pull,push,delete'] } as const;

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
      .find((token) => token !== undefined && Date.now() < token.expires - MARGIN_MS);
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
    const response = await withRetries((timeoutMs) => http.exchange({ ...request, timeoutMs }), { sleep, signal });
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
    /**
     * Adopts the challenge of a 401; false when another try would get the same answer.
     * @param sent with the refused request; several without any may be refused side by side
     */
    renew(asked: RegistryAccess, response: HttpResponse, sent: { authorization?: string }): boolean {
      const challenge = parseChallenge(response.headers['www-authenticate']);
      if (challenge === undefined) return false;
      const known = registry.challenge;
      registry.challenge = challenge;
      if (sent.authorization === undefined) return challenge.scheme === 'bearer' || registry.credentials !== undefined;
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

interface Token {
  value: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** Tokens are replaced this long before they expire, so that none expires in transit. */
const MARGIN_MS = 5000;
/** The default of distribution's token specification. */
const DEFAULT_LIFETIME_S = 60;
const MAX_ANSWER = 1024 * 1024;

/**
 * The request for a bearer token: a GET with the login as Basic, or, with an identity token, the OAuth2
 * refresh that docker uses.
 */
function tokenRequest(
  challenge: { realm: string; service?: string },
  scope: string,
  credentials: Credentials | undefined,
): HttpRequest {
  const url = new URL(challenge.realm);
  const parameters = { ...(challenge.service && { service: challenge.service }), scope };
  if (credentials !== undefined && 'identityToken' in credentials) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'image-release',
      refresh_token: credentials.identityToken.reveal(),
      ...parameters,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, maxBytes: MAX_ANSWER, headers, body: form.toString() };
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const headers = credentials && { authorization: basicAuthorization(credentials) };
  return { method: 'GET', url, maxBytes: MAX_ANSWER, headers };
}

/** Undefined when the answer holds no token. */
function parseToken(response: HttpResponse, now: number): Token | undefined {
  type Answer = { token?: unknown; access_token?: unknown; expires_in?: unknown };
  const answer = (parseJson(response.body) ?? {}) as Answer;
  const value = answer.token ?? answer.access_token;
  // Nothing else can be sent in a header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : DEFAULT_LIFETIME_S;
  return { value, expires: now + seconds * 1000 };
}

function basicAuthorization(credentials: { username: string; password: { reveal(): string } }): string {
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** How a registry requires authorization: its parsed `WWW-Authenticate` header. */
export type Challenge =
  | { scheme: 'none' }
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service?: string; error?: string };

/**
 * Reads a `WWW-Authenticate` header (RFC 7235, distribution's token specification).
 * Undefined: a scheme that this client doesn't support.
 */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const match = /^\s*(basic|bearer)\b(.*)$/is.exec(header ?? '');
  if (match === null) return undefined;
  if (match[1]?.toLowerCase() === 'basic') return { scheme: 'basic' };
  const parameters = Object.fromEntries(
    [...(match[2] ?? '').matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)].map(
      ([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''],
    ),
  );
  const { realm, service, error } = parameters;
  return realm ? { scheme: 'bearer', realm, service, error } : undefined;
}
