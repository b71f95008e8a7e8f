import { HttpFailure, withRetries, type HttpClient, type HttpRequest, type HttpResponse } from '../lib/http.js';
import { isLoopback, isPrivate, mayBePlain, mayLeadTo } from '../lib/loopback.js';
import type { Sleep } from '../lib/sleep.js';
import { DOCKER_HUB } from '../plan/references.js';
import { createAuthorization, parseChallenge, type Authorization, type Challenge } from './authorization.js';
import type { CredentialLookup, Credentials } from './credentials.js';
import { garbage, refused, unreachable, type RegistryAccess } from './registry-problem.js';

export interface ConnectionOptions {
  /** As written in image names. */
  host: string;
  http: HttpClient;
  credentials: CredentialLookup;
  sleep: Sleep;
}

export interface RegistryRequest {
  method: HttpRequest['method'];
  /** Below the repository (`manifests/latest`), or a location that the registry gave. */
  path: string | URL;
  repository: string;
  access: RegistryAccess['access'];
  headers?: Record<string, string>;
  body?: Uint8Array;
  maxBytes: number;
  signal?: AbortSignal;
}

export interface RegistryAnswer extends HttpResponse {
  /** Absolute URL of the request: relative locations in the answer refer to it. */
  url: URL;
  /** The error for an answer that the caller can't use. */
  refused: () => Error;
}

/**
 * Sends one authorized request, tried again while the failure is transient.
 * @returns any answer but 401, 403, 429 and 5xx
 * @throws ReleaseError `registry/*`; Cancelled
 */
export type Connection = (request: RegistryRequest) => Promise<RegistryAnswer>;

/** After a timeout, further requests to the host fail at once: each would take as long. */
const GIVEN_UP_MS = 10_000;
const TIMEOUTS = ['SILENT', 'SLOW'];

/** Connects to a registry host: the first request finds out its scheme, and with a login its authorization. */
export function createConnection(options: ConnectionOptions): Connection {
  const { host, http, sleep } = options;
  let gaveUp: { at: number; failure: HttpFailure } | undefined;
  let pinged: Promise<{ registry: RegistryEndpoint; authorization: Authorization }> | undefined;

  function connect(signal: AbortSignal | undefined) {
    pinged ??= ping(options, signal, 'for-a-login')
      .then((registry) => ({ registry, authorization: createAuthorization(registry, options) }))
      .catch((error: unknown) => {
        pinged = undefined;
        throw error;
      });
    return pinged;
  }

  async function send(request: RegistryRequest): Promise<RegistryAnswer> {
    const { method, path, repository, access, signal } = request;
    const { registry, authorization } = await connect(signal);
    const asked: RegistryAccess = { host, repository, access, login: nameOf(registry.credentials) };
    const url = path instanceof URL ? path : new URL(`/v2/${repository}/${path}`, registry.origin);
    const kind = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    for (let first = true; ; first = false) {
      // A location elsewhere (an upload on a storage host) gets no credentials.
      const own = url.origin === registry.origin.origin;
      const header = own ? await authorization.header(asked, signal) : {};
      const headers = { ...request.headers, ...header };
      const exchange = (timeoutMs: number) => follow(http, { ...request, url, timeoutMs, headers });
      const response = await withRetries(exchange, { sleep, signal, kind });
      // The target of a redirect must not decide where the registry's login goes.
      const isRegistry = response.from.origin === registry.origin.origin;
      if (response.status === 401 && first && isRegistry && authorization.renew(asked, response, header)) continue;
      // Any web server answers 404; registries describe it in JSON.
      const isJson = response.headers['content-type']?.includes('json');
      if (response.status === 404 && isRegistry && !registry.credentials && !isJson) await ping(options, signal);
      const error = () => refused(asked, response, authorization.redact);
      if ([401, 403, 429].includes(response.status) || response.status >= 500) throw error();
      return { ...response, url, refused: error };
    }
  }

  return async (request) => {
    if (gaveUp !== undefined && performance.now() - gaveUp.at < GIVEN_UP_MS) throw unreachable(host, gaveUp.failure);
    try {
      return await send(request);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (TIMEOUTS.includes(error.code)) gaveUp = { at: performance.now(), failure: error };
      throw unreachable(host, error);
    }
  };
}

function nameOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) return undefined;
  return 'username' in credentials ? credentials.username : 'the stored identity token';
}

/** A registry as the first exchange with it shows it. */
export interface RegistryEndpoint {
  origin: URL;
  challenge: Challenge;
  credentials: Credentials | undefined;
}

const PING_BYTES = 64 * 1024;
/** How a TLS handshake with a plain http server ends. */
const NOT_TLS = /^(EPROTO|ERR_SSL_)/;
const BROKEN_OFF = /^(EPROTO|ECONNRESET|ERR_SSL_)/;

/**
 * Pings a registry over https; on loopback (docker's rule) and in a private network over plain http if the server
 * doesn't speak TLS. A connection that merely breaks is no proof of that, except on loopback.
 * @throws ReleaseError, HttpFailure, Cancelled
 */
export async function ping(
  { host, http, sleep, credentials: findLogin }: ConnectionOptions,
  signal: AbortSignal | undefined,
  when: 'always' | 'for-a-login' = 'always',
): Promise<RegistryEndpoint> {
  const credentials = await findLogin(host);
  const get = (origin: URL, timeoutMs?: number) =>
    http.exchange({ method: 'GET', url: new URL('/v2/', origin), maxBytes: PING_BYTES, timeoutMs, signal });
  const secure = new URL(`https://${apiHost(host)}`);
  const notTls = isLoopback(host) ? BROKEN_OFF : isPrivate(host) ? NOT_TLS : undefined;
  const origin =
    notTls === undefined || (await speaksTls(() => get(secure), notTls)) ? secure : new URL(`http://${host}`);
  // A registry also names its requirements in its first refusal. With a login, it might hide images instead.
  if (credentials === undefined && when === 'for-a-login')
    return { origin, credentials, challenge: { scheme: 'none' } };
  const response = await withRetries((timeoutMs) => get(origin, timeoutMs), { sleep, signal });
  return { origin, credentials, challenge: challengeIn(host, response) };
}

/** Docker Hub's API has another host name. */
export function apiHost(host: string): string {
  return DOCKER_HUB.includes(host) ? 'registry-1.docker.io' : host;
}

async function speaksTls(get: () => Promise<HttpResponse>, notTls: RegExp): Promise<boolean> {
  try {
    await get();
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && notTls.test(error.code)) return false;
    throw error;
  }
}

function challengeIn(host: string, response: HttpResponse): Challenge {
  const { status } = response;
  if (status === 401) {
    const challenge = parseChallenge(response.headers['www-authenticate']);
    if (challenge === undefined) throw garbage(host, 'it requires a login of a kind that registries do not use');
    return challenge;
  }
  if (status >= 200 && status < 300) return { scheme: 'none' };
  if (status === 403 || status === 429 || status >= 500)
    throw refused({ host, access: 'pull' }, response, (text) => text);
  throw garbage(host, `/v2/ answers ${status}`);
}

const MAX_REDIRECTS = 5;

/**
 * One exchange, following the redirects of GET and HEAD. Another origin (a blob's storage) doesn't get the
 * Authorization header.
 * @returns the answer, and the URL that gave it
 * @throws HttpFailure `REDIRECTS` when they go in circles, to an unencrypted host, or into a network that the registry
 *   is not in
 */
export async function follow(http: HttpClient, request: HttpRequest): Promise<HttpResponse & { from: URL }> {
  let { url, timeoutMs } = request;
  let headers = { ...request.headers };
  const refuse = (why: string) => new HttpFailure('REDIRECTS', `it redirects ${why}`);
  for (let hops = 0; ; hops++) {
    const began = performance.now();
    const response = await http.exchange({ ...request, url, headers, timeoutMs });
    if (timeoutMs !== undefined) timeoutMs -= performance.now() - began;
    const { location } = response.headers;
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!redirected || !['GET', 'HEAD'].includes(request.method)) return { ...response, from: url };
    if (!URL.canParse(location, url.href)) throw refuse('to an invalid address');
    const next = new URL(location, url);
    if (hops === MAX_REDIRECTS) throw refuse('in circles');
    if (next.protocol !== 'https:' && !mayBePlain(next.host)) throw refuse(`to ${next.host} without encryption`);
    if (!mayLeadTo(request.url.host, next.host))
      throw refuse(`to ${next.host}, which is in this network or on this machine`);
    if (next.origin !== url.origin) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = next;
  }
}
