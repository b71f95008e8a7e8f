import { createHttpClient, proxyOf, type HttpClient, type HttpRequest, type HttpResponse } from '../lib/http.js';
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
export async function connectOctokit(baseUrl: string, env: NodeJS.ProcessEnv): Promise<(token: Secret) => Octokit> {
  const [{ Octokit }, { restEndpointMethods }] = await Promise.all([
    import('@octokit/core'),
    import('@octokit/plugin-rest-endpoint-methods'),
  ]);
  const Client = Octokit.plugin(restEndpointMethods);
  const fetch = fetchThrough(
    createHttpClient({ userAgent: USER_AGENT, proxy: proxyOf(env), silenceMs: SILENCE_MS, maxSockets: 8 }),
  );
  return (token) => new Client({ auth: token.reveal(), baseUrl, userAgent: USER_AGENT, request: { fetch } });
}

type FetchInit = Pick<HttpRequest, 'method' | 'signal'> & { headers: Record<string, string>; body?: string };

/** The log of a job is on another host. */
const JOB_LOG = /\/actions\/jobs\/\d+\/logs$/;

/**
 * The part of `fetch` that octokit uses. It follows redirects on the API's own origin, as of a renamed repository; to
 * another one, without the token, only for the log of a job.
 */
function fetchThrough(http: HttpClient) {
  return async (address: string, { method, headers, body, signal }: FetchInit): Promise<Response> => {
    const { origin, pathname } = new URL(address);
    const { authorization: _, ...anonymous } = headers;
    let url = new URL(address);
    for (let redirects = 0; ; redirects++) {
      const sent = url.origin === origin ? headers : anonymous;
      const answer = await http.exchange({
        ...{ method, url, headers: sent, body, signal, maxBytes: MAX_ANSWER_BYTES },
      });
      const target = redirectOf(answer, url);
      const mayFollow = target?.origin === origin || JOB_LOG.test(pathname);
      if (target === undefined || !mayFollow || redirects === MAX_REDIRECTS) return responseOf(answer, url);
      url = target;
    }
  };
}

function redirectOf({ status, headers }: HttpResponse, url: URL): URL | undefined {
  if (![301, 302, 307, 308].includes(status) || !URL.canParse(headers.location ?? '', url.href)) return undefined;
  return new URL(headers.location!, url);
}

function responseOf({ status, headers, body }: HttpResponse, { href }: URL): Response {
  const lists = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
  );
  const empty = [101, 204, 205, 304].includes(status);
  const response = new Response(empty ? null : new Uint8Array(body), { status, headers: lists });
  return Object.defineProperty(response, 'url', { value: href });
}
