/**
 * In place of `undici` in the program for the Actions cache, of which it would be a third: `@actions/http-client` needs
 * it for `getAgentDispatcher` alone, and `@actions/cache` never calls that.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('The bundle has no undici: requests to the cache go through node:https.');
  }
}
