import { HttpFailure, type HttpRequest, type HttpResponse } from '../lib/http.js';
import { createAuthorization, type Authorization } from './authorization.js';
import type { Credentials } from './credentials.js';
import { greet, type ConnectionOptions, type Greeting } from './greeting.js';
import { follow } from './redirects.js';
import { refused, unreachable, type Asked } from './registry-problem.js';
import { withRetries } from './retry.js';

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
