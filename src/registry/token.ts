import type { HttpRequest, HttpResponse } from '../lib/http.js';
import type { Credentials } from './credentials.js';

export interface Token {
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
export function tokenRequest(
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
    return {
      method: 'POST',
      url,
      maxBytes: MAX_ANSWER,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    };
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return {
    method: 'GET',
    url,
    maxBytes: MAX_ANSWER,
    headers: credentials && { authorization: basicAuthorization(credentials) },
  };
}

/** Undefined when the answer holds no token. */
export function parseToken(response: HttpResponse, now: number): Token | undefined {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(response.body.toString()) as typeof answer;
  } catch {
    return undefined;
  }
  const value = answer?.token ?? answer?.access_token;
  // Nothing else can be sent in a header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : DEFAULT_LIFETIME_S;
  return { value, expires: now + seconds * 1000 };
}

export function isFresh(token: Token | undefined, now: number): token is Token {
  return token !== undefined && now < token.expires - MARGIN_MS;
}

export function basicAuthorization(credentials: { username: string; password: { reveal(): string } }): string {
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
  if (!parameters.realm) return undefined;
  return {
    scheme: 'bearer',
    realm: parameters.realm,
    service: parameters.service,
    error: parameters.error,
  };
}
