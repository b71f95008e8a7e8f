import { HttpFailure, type HttpClient, type HttpRequest, type HttpResponse } from '../lib/http.js';
import { mayBePlain, mayLeadTo } from '../lib/loopback.js';

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
