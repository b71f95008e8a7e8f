import { HttpFailure, type HttpClient, type HttpRequest, type HttpResponse } from '../lib/http.js';
import { mayBePlain } from '../lib/loopback.js';

const MAX_REDIRECTS = 5;

/**
 * One exchange, following the redirects of GET and HEAD. Another origin (a blob's storage) doesn't get the
 * Authorization header.
 * @throws HttpFailure `REDIRECTS` when they go in circles or to an unencrypted host
 */
export async function follow(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  let { url } = request;
  let headers = { ...request.headers };
  for (let hops = 0; ; hops++) {
    const response = await http.exchange({ ...request, url, headers });
    const { location } = response.headers;
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!redirected || !['GET', 'HEAD'].includes(request.method)) return response;
    const next = new URL(location, url);
    if (hops === MAX_REDIRECTS) throw new HttpFailure('REDIRECTS', 'it redirects in circles');
    if (next.protocol !== 'https:' && !mayBePlain(next.host)) {
      throw new HttpFailure('REDIRECTS', `it redirects to ${next.host} without encryption`);
    }
    if (next.origin !== url.origin) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = next;
  }
}
