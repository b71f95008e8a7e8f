import { HttpFailure, type HttpClient, type HttpResponse } from '../lib/http.js';
import { parseChallenge, type Challenge } from './challenge.js';
import type { CredentialLookup, Credentials } from './credentials.js';
import { apiHost } from './reference.js';
import { isLoopback, isPrivate } from '../lib/loopback.js';
import { garbage, refused, type Asked } from './registry-problem.js';
import { withRetries, type Sleep } from './retry.js';

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
