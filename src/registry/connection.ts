import { type HttpClient, HttpFailure, type HttpRequest, type HttpResponse } from '../lib/http.js';
import { isLoopback, isPrivate, mayBePlain, mayLeadTo } from '../lib/loopback.js';
import { type Authorization, createAuthorization } from './authorization.js';
import type { CredentialLookup, Credentials } from './credentials.js';
import { apiHost } from './client.js';
import { type Asked, garbage, refused, unreachable } from './registry-problem.js';
import { type Sleep, withRetries } from '../lib/http-retry.js';
import { type Challenge, parseChallenge } from './token.js';

export interface RegistryRequest {
  method: HttpRequest['method'];
  /** Below the repository (`manifests/latest`), or a location that the registry gave. */
  path: string | URL;
  repository: string;
  access: Asked['access'];
  headers?: Record<string, string>;
  body?: Uint8Array;
  maxBytes: number;
  signal?: AbortSignal;
}

export interface RegistryAnswer extends HttpResponse {
  /** What was asked, absolute: relative locations in the answer count from here. */
  url: URL;
  /** The error for an answer that the caller can't use. */
  refused: () => Error;
}

export interface Connection {
  /**
   * One authorised request, tried again when the failure is one that passes by itself.
   * @returns any answer but 401, 403, 429 and 5xx
   * @throws ReleaseError `registry/*`; Cancelled
   */
  request(request: RegistryRequest): Promise<RegistryAnswer>;
}

/** Who did not answer in time isn't waited for again at once: each question would take as long. */
const GIVEN_UP_MS = 10_000;
const LATE = ['SILENT', 'SLOW'];

/** A registry host: greeted on the first request, then asked as it wants to be asked. */
export function createConnection(options: ConnectionOptions): Connection {
  const { host, http, sleep } = options;
  let gaveUp: { at: number; failure: HttpFailure } | undefined;
  let met: Promise<{ registry: Greeting; authorization: Authorization }> | undefined;

  function meet(signal: AbortSignal | undefined) {
    met ??= greet(options, signal)
      .then((registry) => ({ registry, authorization: createAuthorization(registry, options) }))
      .catch((error: unknown) => {
        met = undefined;
        throw error;
      });
    return met;
  }

  async function request(request: RegistryRequest): Promise<RegistryAnswer> {
    const { repository, access, signal } = request;
    if (gaveUp !== undefined && performance.now() - gaveUp.at < GIVEN_UP_MS)
      throw unreachable(host, gaveUp.failure);
    try {
      const { registry, authorization } = await meet(signal);
      const login = nameOf(registry.credentials);
      const asked: Asked = { host, repository, access, login };
      const url =
        request.path instanceof URL
          ? request.path
          : new URL(`/v2/${repository}/${request.path}`, registry.origin);
      for (let first = true; ; first = false) {
        // A location elsewhere (an upload on a storage host) gets no credentials.
        const own = url.origin === registry.origin.origin;
        const header = own ? await authorization.header(asked, signal) : {};
        const response = await withRetries(
          (patienceMs) =>
            follow(http, { ...request, url, patienceMs, headers: { ...request.headers, ...header } }),
          { sleep, signal, waitingFor: host, does: isRead(request) ? 'read' : 'write' },
        );
        // Who a redirect leads to must not say where the registry's login goes.
        const isRegistry = response.from.origin === registry.origin.origin;
        if (response.status === 401 && first && isRegistry && authorization.renew(asked, response)) continue;
        const answer = {
          ...response,
          url,
          refused: () => refused(asked, response, authorization.redact),
        };
        if ([401, 403, 429].includes(response.status) || response.status >= 500) throw answer.refused();
        return answer;
      }
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (LATE.includes(error.code)) gaveUp = { at: performance.now(), failure: error };
      throw unreachable(host, error);
    }
  }

  return { request };
}

const isRead = ({ method }: RegistryRequest): boolean => method === 'GET' || method === 'HEAD';

function nameOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) return undefined;
  return 'username' in credentials ? credentials.username : 'the stored identity token';
}

const PING_BYTES = 64 * 1024;

export interface ConnectionOptions {
  /** As written in image names. */
  host: string;
  http: HttpClient;
  credentials: CredentialLookup;
  sleep: Sleep;
}

/** What is known of a registry after the first exchange with it. */
export interface Greeting {
  origin: URL;
  challenge: Challenge;
  credentials: Credentials | undefined;
}

/**
 * Greets a registry: over https; on loopback (docker's rule) and in a private network over plain http when what is
 * there does not speak TLS. A connection that merely breaks is no such answer, except on loopback.
 * @throws ReleaseError, HttpFailure, Cancelled
 */
export async function greet(options: ConnectionOptions, signal: AbortSignal | undefined): Promise<Greeting> {
  const { host, http, sleep } = options;
  const credentials = await options.credentials(host);
  const ping = (origin: URL, patienceMs?: number) => {
    const url = new URL('/v2/', origin);
    return http.exchange({ method: 'GET', url, maxBytes: PING_BYTES, patienceMs, signal });
  };
  const secure = new URL(`https://${apiHost(host)}`);
  const notTls = isLoopback(host) ? BROKEN_OFF : isPrivate(host) ? NOT_TLS : undefined;
  const plain = notTls !== undefined && !(await speaksTls(() => ping(secure), notTls));
  const origin = plain ? new URL(`http://${host}`) : secure;
  const response = await withRetries((patienceMs) => ping(origin, patienceMs), {
    sleep,
    signal,
    waitingFor: host,
  });
  return { origin, credentials, challenge: greetingChallenge(host, response) };
}

async function speaksTls(ping: () => Promise<HttpResponse>, notTls: RegExp): Promise<boolean> {
  try {
    await ping();
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && notTls.test(error.code)) return false;
    throw error;
  }
}

/** What a TLS handshake with a plain http server ends in. */
const NOT_TLS = /^(EPROTO|ERR_SSL_)/;
const BROKEN_OFF = /^(EPROTO|ECONNRESET|ERR_SSL_)/;

function greetingChallenge(host: string, response: HttpResponse): Challenge {
  if (response.status === 401) {
    const challenge = parseChallenge(response.headers['www-authenticate']);
    if (challenge === undefined) throw garbage(host, 'it wants a login of a kind that registries do not use');
    return challenge;
  }
  if (response.status >= 200 && response.status < 300) return { scheme: 'none' };
  const asked: Asked = { host, repository: '', access: 'pull' };
  if (response.status === 403 || response.status === 429 || response.status >= 500) {
    throw refused(asked, response, (text) => text);
  }
  throw garbage(host, `/v2/ answers ${response.status}`);
}

const MAX_REDIRECTS = 5;

/** An answer, and who gave it. */
export interface FollowedResponse extends HttpResponse {
  from: URL;
}

/**
 * One exchange, following the redirects of GET and HEAD. Another origin (a blob's storage) doesn't get the
 * Authorization header.
 * @throws HttpFailure `REDIRECTS` when they go in circles, to an unencrypted host, or into a network that the registry
 *   is not in
 */
export async function follow(http: HttpClient, request: HttpRequest): Promise<FollowedResponse> {
  let { url, patienceMs } = request;
  let headers = { ...request.headers };
  for (let hops = 0; ; hops++) {
    const began = performance.now();
    const response = await http.exchange({ ...request, url, headers, patienceMs });
    if (patienceMs !== undefined) patienceMs -= performance.now() - began;
    const { location } = response.headers;
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!redirected || !['GET', 'HEAD'].includes(request.method)) return { ...response, from: url };
    if (!URL.canParse(location, url.href))
      throw new HttpFailure('REDIRECTS', 'it redirects to what is no address');
    const next = new URL(location, url);
    if (hops === MAX_REDIRECTS) throw new HttpFailure('REDIRECTS', 'it redirects in circles');
    if (next.protocol !== 'https:' && !mayBePlain(next.host)) {
      throw new HttpFailure('REDIRECTS', `it redirects to ${next.host} without encryption`);
    }
    if (!mayLeadTo(request.url.host, next.host)) {
      throw new HttpFailure(
        'REDIRECTS',
        `it redirects to ${next.host}, which is in this network or on this machine`,
      );
    }
    if (next.origin !== url.origin) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = next;
  }
}
