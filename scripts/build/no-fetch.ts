/** In place of `make-fetch-happen` in the bundle: nothing there may fetch by itself. */
export default function refuseToFetch(url: string): never {
  throw new Error(`Nothing but lib/http.ts asks the network; this was to ask ${url}.`);
}
