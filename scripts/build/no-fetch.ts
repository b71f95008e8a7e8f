/** In place of `make-fetch-happen` and `@actions/http-client` in the bundle: only lib/http.ts asks the network. */
export default function refuseToFetch(url: string): never {
  throw new Error(`Nothing but lib/http.ts asks the network; this was to ask ${url}.`);
}

export class HttpClient {
  constructor(userAgent: string) {
    refuseToFetch(userAgent);
  }
}

export class BearerCredentialHandler {}
