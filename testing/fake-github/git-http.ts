import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Answer } from './answer.js';
import { gitEnvironment } from './git.js';
import { refreshPulls } from './merging.js';
import { refusedPush } from './push-rules.js';
import { callerFor, may } from './repository.js';
import type { Identity, ServedRepository } from './repository.js';

export interface GitHttpRequest {
  method: string;
  /** Path below the repository, `/info/refs`. */
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  /** As it came, still compressed. */
  body: Buffer;
  identity: Identity;
  repository: ServedRepository | undefined;
  url: string;
}

function plain(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: Buffer.from(message),
  };
}

const challenge = (message: string) => plain(401, message, { 'www-authenticate': 'Basic realm="GitHub"' });

/** Answers a request of git's smart HTTP protocol, as `git http-backend` does with two processes more. */
export async function answerGit(request: GitHttpRequest): Promise<Answer> {
  const { identity, repository, query, path } = request;
  if (identity.kind === 'unknown-token') return challenge('Invalid username or token.');
  const caller = repository && callerFor(identity, repository);
  if (!repository || !caller) {
    return identity.kind === 'anonymous' ? challenge('Repository not found.') : plain(404, 'Repository not found.');
  }
  const pushes = path === '/git-receive-pack' || query.includes('service=git-receive-pack');
  if (pushes && identity.kind === 'anonymous') return challenge('No anonymous write access.');
  if (pushes && !may(caller, 'contents', 'write')) {
    return plain(403, `Permission to ${repository.owner}/${repository.name}.git denied to ${caller.login}.`);
  }
  if (!may(caller, 'contents', 'read')) return plain(403, 'Write access to repository not granted.');
  if (path === '/git-receive-pack') {
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
    const refusal = refusedPush(repository, caller, body, request.url);
    if (refusal) return refusal;
  }
  if (path === '/info/refs') await refreshPulls(repository);
  const call = serviceCall(request);
  return call ? runService(request, call, repository.dir) : plain(404, 'Not Found');
}

/** What a request of the smart protocol asks of which service; undefined: nothing that clients of today ask. */
function serviceCall({ method, path, query, headers }: GitHttpRequest): ServiceCall | undefined {
  const asked = new URLSearchParams(query).get('service');
  if (method === 'GET' && path === '/info/refs' && isService(asked)) return { service: asked, asks: 'refs' };
  const service = path.slice(1);
  const typed = headers['content-type'] === `application/x-${service}-request`;
  return method === 'POST' && isService(service) && typed ? { service, asks: 'result' } : undefined;
}

interface ServiceCall {
  service: Service;
  asks: 'refs' | 'result';
}

type Service = 'git-upload-pack' | 'git-receive-pack';
const isService = (name: string | null): name is Service => name === 'git-upload-pack' || name === 'git-receive-pack';

/** https://git-scm.com/docs/http-protocol */
async function runService(request: GitHttpRequest, call: ServiceCall, dir: string): Promise<Answer> {
  const protocol = String(request.headers['git-protocol'] ?? '');
  const { service, asks } = call;
  const type = asks === 'refs' ? 'advertisement' : 'result';
  const headers = { ...NO_CACHE, 'content-type': `application/x-${service}-${type}` };
  if (asks === 'result') {
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
    return { status: 200, headers, body: await serve(dir, service, ['--stateless-rpc'], protocol, body) };
  }
  const modern = service === 'git-upload-pack' && protocol.split(':').includes('version=2');
  if (modern) return { status: 200, headers, body: await capabilities(dir, protocol) };
  const refs = await serve(dir, service, ['--http-backend-info-refs'], protocol);
  const line = `# service=${service}\n`;
  const first = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
  return { status: 200, headers, body: Buffer.concat([Buffer.from(first), refs]) };
}

const NO_CACHE = {
  expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  pragma: 'no-cache',
  'cache-control': 'no-cache, max-age=0, must-revalidate',
};

const known = new Map<string, Promise<Buffer>>();

/** Version 2 of the protocol begins with what the server can do: it depends on the configuration alone. */
async function capabilities(dir: string, protocol: string): Promise<Buffer> {
  const key = `${protocol}\n${await readFile(join(dir, 'config'), 'utf8')}`;
  const asked = known.get(key) ?? serve(dir, 'git-upload-pack', ['--http-backend-info-refs'], protocol);
  known.set(key, asked);
  return asked;
}

function serve(dir: string, service: Service, flags: string[], protocol: string, input?: Buffer) {
  const env = gitEnvironment({ GIT_PROTOCOL: protocol });
  return collect(spawn('git', [service.slice('git-'.length), ...flags, '.'], { cwd: dir, env }), input);
}

function collect(child: ChildProcessWithoutNullStreams, input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(chunks)));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
