import { existsSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import type { RemoteSettings } from '../config/builder-settings.js';
import { timeLimit } from '../lib/cancel.js';
import { kubectlCacheOptions } from '../lib/kubectl-options.js';
import { parseJson } from '../lib/json.js';
import { readRegularFile } from '../lib/regular-file.js';
import type { PodFacts } from './machine.js';
import { unlessMissing, type Probe } from './probe.js';

export interface BuildkitEndpoint {
  /** `tcp://host:1234`, `unix:///path`. */
  address: string;
  /** How it was found: `BUILDKIT_HOST`, `the configuration`. */
  from: string;
  answer: BuildkitStatus;
}

export type BuildkitStatus =
  | { status: 'serves' }
  /** Or something answers that is no BuildKit, or only with TLS. */
  | { status: 'no-answer'; message: string };

/** Paths of PEM files, as in the configuration. */
type ClientCertificates = NonNullable<RemoteSettings['tls']>;

interface EndpointProbe extends Probe {
  pod?: PodFacts;
  /** Endpoints of the configuration, with their certificates. */
  configured: readonly { address: string; tls?: ClientCertificates }[];
}

const ANSWER_MS = 3000;
const SERVICES_MS = 5000;

/** Finds BuildKits: configured ones, `BUILDKIT_HOST`, sockets of this machine, Services of the pod's namespace. */
export async function probeEndpoints(probe: EndpointProbe): Promise<BuildkitEndpoint[]> {
  const { env, signal } = probe;
  const found = new Map<string, { from: string; tls?: ClientCertificates }>();
  const note = (address: string, from: string, tls?: ClientCertificates) => {
    if (!found.has(address)) found.set(address, { from, tls });
  };
  for (const { address, tls } of probe.configured) note(address, 'the configuration', tls);
  if (env['BUILDKIT_HOST']) note(env['BUILDKIT_HOST'], 'BUILDKIT_HOST');
  for (const path of localSockets(env)) note(`unix://${path}`, 'a socket of this machine');
  if (probe.pod !== undefined) {
    for (const address of linkedServices(env)) note(address, "the pod's environment");
    for (const address of await listServices(probe)) note(address, 'a Service of the namespace');
  }
  return Promise.all(
    [...found].map(async ([address, { from, tls }]) => ({
      address,
      from,
      answer: await askBuildkit(address, { tls, signal }),
    })),
  );
}

/** Where buildkitd listens by default, as root and rootless. */
function localSockets(env: NodeJS.ProcessEnv): string[] {
  const own = env['XDG_RUNTIME_DIR'];
  const paths = [
    '/run/buildkit/buildkitd.sock',
    ...(own ? ['buildkit', 'buildkit-default'].map((name) => join(own, name, 'buildkitd.sock')) : []),
  ];
  return paths.filter((path) => existsSync(path));
}

/** Kubernetes gives each container the Services that existed when its pod started, without any right. */
export function linkedServices(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, host]) => {
    const [, service] = /^(.*BUILDKIT.*)_SERVICE_HOST$/.exec(name) ?? [];
    return service === undefined || !host ? [] : [`tcp://${host}:${env[`${service}_SERVICE_PORT`] ?? '1234'}`];
  });
}

function listServices({ env, run, signal, pod }: EndpointProbe): Promise<string[]> {
  return unlessMissing([], async () => {
    const args = ['get', 'services', '--output', 'json', ...kubectlCacheOptions(env)];
    const limited = { signal: timeLimit(SERVICES_MS, signal), group: 'own' } as const;
    const { code, stdout } = await run('kubectl', args, { env, ...limited });
    return code === 0 ? readServices(stdout.toString(), pod?.namespace) : [];
  });
}

interface ServiceList {
  items?: {
    metadata?: { name?: string; namespace?: string };
    spec?: { ports?: { port?: number; name?: string }[] };
  }[];
}

/** Services with BuildKit in their name, or with its port. */
export function readServices(text: string, namespace?: string): string[] {
  return ((parseJson(text) as ServiceList | undefined)?.items ?? []).flatMap(({ metadata, spec }) => {
    const ports = spec?.ports ?? [];
    const port = ports.find((each) => each.port === 1234) ?? ports[0];
    const name = metadata?.name ?? '';
    if (port?.port === undefined || (port.port !== 1234 && !/buildkit/i.test(name))) return [];
    const place = metadata?.namespace ?? namespace;
    return [`tcp://${name}${place === undefined ? '' : `.${place}.svc`}:${port.port}`];
  });
}

/** Asks for the workers, as `buildctl debug workers` does: only a BuildKit can answer that. */
export async function askBuildkit(
  address: string,
  { tls, signal, timeoutMs = ANSWER_MS }: { tls?: ClientCertificates; signal?: AbortSignal; timeoutMs?: number },
): Promise<BuildkitStatus> {
  let session: ClientHttp2Session;
  try {
    session = openSession(address, tls);
  } catch (error) {
    return { status: 'no-answer', message: (error as Error).message };
  }
  const limit = timeLimit(timeoutMs, signal);
  const stop = () => session.destroy();
  limit.addEventListener('abort', stop);
  try {
    return await new Promise<BuildkitStatus>((resolve) => {
      const fail = (message: string) => resolve({ status: 'no-answer', message });
      session.on('error', (error: NodeJS.ErrnoException) => fail(describeError(error)));
      session.on('close', () =>
        fail(limit.aborted ? `gives no answer within ${timeoutMs / 1000} s` : 'closes the connection'),
      );
      const stream = session.request({
        ':method': 'POST',
        ':path': '/moby.buildkit.v1.Control/ListWorkers',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let contentType: string | undefined;
      let received = 0;
      // If the session fails, its error says why.
      stream.on('error', () => {});
      stream.on('response', (headers) => (contentType = headers['content-type'] ?? ''));
      stream.on('data', (chunk: Buffer) => (received += chunk.length));
      stream.on('end', () => {
        // A gRPC message begins with five bytes: whether it is compressed, and its length.
        if (contentType?.startsWith('application/grpc') && received > EMPTY_MESSAGE.length)
          resolve({ status: 'serves' });
        else if (contentType !== undefined) fail('answers, but is no BuildKit');
      });
      stream.end(EMPTY_MESSAGE);
    });
  } finally {
    limit.removeEventListener('abort', stop);
    session.destroy();
  }
}

const EMPTY_MESSAGE = Buffer.alloc(5);

function openSession(address: string, tls: ClientCertificates | undefined): ClientHttp2Session {
  const unix = /^unix:\/\/(\/.+)$/.exec(address)?.[1];
  if (unix !== undefined) return connectHttp2('http://localhost', { createConnection: () => connectSocket(unix) });
  const host = /^tcp:\/\/([^/]+)$/.exec(address)?.[1];
  if (host === undefined) throw new Error(`${address} is neither tcp://HOST:PORT nor unix:///PATH`);
  if (tls === undefined) return connectHttp2(`http://${host}`);
  const read = (path: string | undefined) => (path === undefined ? undefined : readRegularFile(path));
  return connectHttp2(`https://${host}`, {
    ca: read(tls.ca),
    cert: read(tls.cert),
    key: read(tls.key),
    servername: tls.serverName,
  });
}

function describeError(error: NodeJS.ErrnoException): string {
  // A server that wants TLS, or speaks HTTP/1.
  if (error.code === 'ERR_HTTP2_ERROR' || error.code === 'ERR_HTTP2_SESSION_ERROR')
    return 'speaks another protocol (with TLS it needs its certificates in the configuration)';
  // OpenSSL's own message contains addresses of its source, and a line break.
  const { reason } = error as { reason?: string };
  if (error.code?.startsWith('ERR_SSL_')) return `fails to set up TLS (${reason ?? error.code})`;
  return error.message.split('\n')[0]! || (error.code ?? 'no answer');
}
