import http from 'node:http';
import https from 'node:https';
import { Cancelled } from './errors.js';
import { isLoopback } from './loopback.js';
import type { Sleep } from './sleep.js';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers?: http.OutgoingHttpHeaders;
  body?: Uint8Array | string;
  /** A longer answer is refused; bytes. */
  maxBytes: number;
  /**
   * How long the whole exchange may take, milliseconds; default twice the longest silence. For what is large there is
   * more time, see `SLOWEST`.
   */
  timeoutMs?: number;
  /** In place of that of the client. */
  silenceMs?: number;
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Bytes per second: what comes or goes slower than this is not waited for. */
const SLOWEST = 256 * 1024;

/** An exchange that gave no complete answer. `code` is node's (`ECONNREFUSED`, `ENOTFOUND`, …) or one of ours. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  constructor(
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface HttpOptions {
  userAgent: string;
  /** A silence of this many milliseconds ends an exchange with code `SILENT`. */
  silenceMs: number;
  /** Requests in flight per host. */
  maxSockets: number;
  proxy?: ProxySettings;
}

/** The conventional environment variables, read by the entry point. */
export interface ProxySettings {
  /** HTTPS_PROXY: the URL of the proxy that tunnels https. */
  https?: string;
  /** NO_PROXY: hosts and domain suffixes, separated by commas. */
  except?: string;
}

export function proxyOf(env: NodeJS.ProcessEnv): ProxySettings {
  return {
    https: env['HTTPS_PROXY'] ?? env['https_proxy'],
    except: env['NO_PROXY'] ?? env['no_proxy'],
  };
}

export type HttpClient = ReturnType<typeof createHttpClient>;

/** `node:http` with kept-alive connections: half the time of `fetch` for many small requests. */
export function createHttpClient(options: HttpOptions) {
  const pooling = { keepAlive: true, maxSockets: options.maxSockets };
  const plain = new http.Agent(pooling);
  const direct = new https.Agent(pooling);
  let tunnel: Promise<http.Agent> | undefined;

  async function agentFor(url: URL): Promise<http.Agent> {
    if (url.protocol === 'http:') return plain;
    const proxy = options.proxy?.https;
    // Docker and all of Go see it so: https://pkg.go.dev/net/http#ProxyFromEnvironment
    if (!proxy || isLoopback(url.hostname) || isExcepted(url.hostname, options.proxy?.except)) return direct;
    tunnel ??= import('https-proxy-agent').then(({ HttpsProxyAgent }) => new HttpsProxyAgent(proxy, pooling));
    return tunnel;
  }

  return {
    /**
     * One request, one buffered answer of any status; no redirect is followed, nothing is tried twice.
     * @throws HttpFailure when no complete answer came
     * @throws Cancelled when the signal was aborted
     */
    exchange: async (request: HttpRequest) => send(request, options, await agentFor(request.url)),
    /** Closes idle connections. */
    close: () => {
      plain.destroy();
      direct.destroy();
      void tunnel?.then((agent) => agent.destroy());
    },
  };
}

function send(request: HttpRequest, options: HttpOptions, agent: http.Agent): Promise<HttpResponse> {
  const { method, url, body, signal, silenceMs = options.silenceMs } = request;
  const { timeoutMs = 2 * silenceMs } = request;
  return new Promise<HttpResponse>((resolve, reject) => {
    if (signal?.aborted) return reject(new Cancelled(`talking to ${url.host}`));
    let carried = body === undefined ? 0 : Buffer.byteLength(body);
    let answered = false;
    let deadline: NodeJS.Timeout | undefined;
    const fail = (error: unknown) => {
      clearTimeout(deadline);
      reject(signal?.aborted ? new Cancelled(`talking to ${url.host}`) : asFailure(error));
      outgoing.destroy();
    };
    const outgoing = (url.protocol === 'http:' ? http : https).request(url, {
      method,
      agent,
      signal,
      timeout: silenceMs,
      headers: {
        'user-agent': options.userAgent,
        ...request.headers,
        ...(body !== undefined && { 'content-length': carried }),
      },
    });
    // Not before: requests wait for a connection that is free.
    outgoing.on('socket', () => {
      const began = performance.now();
      const look = () => {
        const left = timeoutMs + (carried / SLOWEST) * 1000 - (performance.now() - began);
        if (left > 0) deadline = setTimeout(look, left);
        else fail(new HttpFailure('SLOW', `no complete answer within ${seconds(timeoutMs)}`));
      };
      look();
    });
    outgoing.on('error', fail);
    outgoing.on('timeout', () => fail(new HttpFailure('SILENT', `no answer within ${seconds(silenceMs)}`)));
    // The tunnel passes a proxy's refusal on as if the host had given it.
    outgoing.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) fail(new HttpFailure('PROXY', `the proxy answers ${statusCode}`));
    });
    // Node would close the connection and tell nobody.
    outgoing.on('upgrade', () => fail(new HttpFailure('UPGRADE', 'it answers 101, to speak another protocol')));
    outgoing.on('close', () => {
      if (!answered) fail(new HttpFailure('ECONNRESET', 'it closed the connection'));
    });
    outgoing.on('response', (incoming) => {
      answered = true;
      incoming.on('data', (chunk: Buffer) => (carried += chunk.length));
      collect(incoming, request.maxBytes).then((bytes) => {
        clearTimeout(deadline);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes });
      }, fail);
    });
    outgoing.end(body);
  }).catch((error: unknown) => {
    // A value that can't be a header is refused before anything is sent.
    throw error instanceof Cancelled ? error : asFailure(error);
  });
}

function collect(incoming: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else reject(new HttpFailure('TOO_LONG', `the answer is longer than ${maxBytes} bytes`));
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks)));
    incoming.on('error', reject);
    incoming.on('close', () => reject(new HttpFailure('ECONNRESET', 'it broke off its answer')));
  });
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

function asFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  // A host with several addresses fails with an AggregateError without a message.
  const first = error instanceof AggregateError ? (error.errors[0] as Error).message : message;
  return new HttpFailure(code, first, { cause: error });
}

function isExcepted(host: string, except = ''): boolean {
  return except
    .split(',')
    .map((entry) => entry.trim().replaceAll(/^\*?\.|:\d+$/g, ''))
    .some((entry) => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry}`))));
}

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
/** A release doesn't wait longer than this for a server that names a pause. */
const LONGEST_PAUSE_MS = 30_000;

const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const TRANSIENT_CODE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'SILENT', 'UND_ERR_SOCKET']);

/** How long all tries of a request may take together, without the pauses, milliseconds. */
const TIMEOUT_MS = { read: 12_000, write: 60_000 };

/**
 * Tries an idempotent exchange up to four times while the answer is transient: 429, 5xx, a broken connection.
 * Pauses 0.5 s, 1 s, 2 s with jitter, or as long as `retry-after` says.
 * @returns the last answer
 * @throws the last failure; Cancelled
 */
export async function withRetries<Response extends HttpResponse>(
  attempt: (timeoutMs: number) => Promise<Response>,
  { sleep, signal, kind = 'read' }: { sleep: Sleep; signal?: AbortSignal; kind?: 'read' | 'write' },
): Promise<Response> {
  let left = TIMEOUT_MS[kind];
  for (let tries = 1; ; tries++) {
    const began = performance.now();
    const outcome = await attempt(left).catch((error: unknown) => {
      if (error instanceof HttpFailure && TRANSIENT_CODE.has(error.code)) return error;
      throw error;
    });
    if (!(outcome instanceof HttpFailure) && !TRANSIENT_STATUS.has(outcome.status)) return outcome;
    left -= performance.now() - began;
    const pause = pauseMs(outcome, tries);
    if (tries < ATTEMPTS && left > 0 && pause <= LONGEST_PAUSE_MS) {
      await sleep(pause, signal);
      continue;
    }
    if (outcome instanceof HttpFailure) throw outcome;
    return outcome;
  }
}

function pauseMs(outcome: HttpResponse | HttpFailure, tries: number): number {
  const named = outcome instanceof HttpFailure ? undefined : retryAfterMs(outcome.headers['retry-after']);
  return named ?? FIRST_DELAY_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}

/** `Retry-After` as seconds or as a date (RFC 9110); undefined when absent or unreadable. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
