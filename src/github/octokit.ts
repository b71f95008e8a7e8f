import {
  createHttpClient,
  proxyOf,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../lib/http.js';
import type { Secret } from '../lib/secret.js';
import { USER_AGENT } from '../version.js';
import type { Octokit } from './requests.js';

const SILENCE_MS = 30_000;
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/**
 * Makes clients of GitHub's REST and GraphQL API. They share one pool of connections and obey HTTPS_PROXY. octokit is
 * loaded here, so a run that asks GitHub nothing doesn't pay for it.
 * @param baseUrl for example `https://api.github.com`
 */
export async function connectOctokit(
  baseUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<(token: Secret) => Octokit> {
  const [{ Octokit }, { restEndpointMethods }] = await Promise.all([
    import('@octokit/core'),
    import('@octokit/plugin-rest-endpoint-methods'),
  ]);
  const Client = Octokit.plugin(restEndpointMethods);
  const fetch = fetchThrough(connectGitHubHttp(env, 8));
  return (token) => new Client({ auth: token.reveal(), baseUrl, userAgent: USER_AGENT, request: { fetch } });
}

/** HTTP to GitHub, for clients that make their own requests as well. */
export function connectGitHubHttp(env: NodeJS.ProcessEnv, maxSockets: number): HttpClient {
  return createHttpClient({
    userAgent: USER_AGENT,
    proxy: proxyOf(env),
    silenceMs: SILENCE_MS,
    maxSockets,
  });
}

type FetchInit = Pick<HttpRequest, 'method' | 'signal'> & { headers: Record<string, string>; body?: string };

/** The part of `fetch` that octokit uses. Redirects are followed on the API's own origin: a renamed repository. */
function fetchThrough(http: HttpClient) {
  return async (address: string, { method, headers, body, signal }: FetchInit): Promise<Response> => {
    let url = new URL(address);
    for (let redirects = 0; ; redirects++) {
      const answer = await http.exchange({ method, url, headers, body, signal, maxBytes: MAX_ANSWER_BYTES });
      const target = redirectOf(answer, url);
      if (target === undefined || redirects === MAX_REDIRECTS) return responseOf(answer, url);
      url = target;
    }
  };
}

function redirectOf({ status, headers }: HttpResponse, url: URL): URL | undefined {
  if (![301, 302, 307, 308].includes(status) || headers.location === undefined) return undefined;
  const target = new URL(headers.location, url);
  return target.origin === url.origin ? target : undefined;
}

function responseOf({ status, headers, body }: HttpResponse, { href }: URL): Response {
  const lists = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
  );
  const empty = [101, 204, 205, 304].includes(status);
  const response = new Response(empty ? null : new Uint8Array(body), { status, headers: lists });
  return Object.defineProperty(response, 'url', { value: href });
}
