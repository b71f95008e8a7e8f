import type { Answer } from './answer.js';
import type { RefView } from './refs.js';
import type { Caller, Level, Permission, ServedRepository } from './repository.js';

/** Where the double can be reached. */
export interface Urls {
  /** Like GITHUB_SERVER_URL. */
  url: string;
  /** Like GITHUB_API_URL. */
  apiUrl: string;
  /** Like GITHUB_GRAPHQL_URL. */
  graphqlUrl: string;
}

/** An authorised request for one repository. */
export interface Call {
  params: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  repository: ServedRepository;
  caller: Caller;
  urls: Urls;
  view: RefView;
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/repos/{owner}/{repo}`: `:name` takes one segment, `*name` the rest of the path. */
  path: string;
  needs: readonly [Permission, Level];
  handle(call: Call): Promise<Answer>;
}

/** Finds the route of a path below the repository (still percent-encoded) and its decoded parameters. */
export function matchRoute(routes: readonly Route[], method: string, path: string) {
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = pattern(route.path).exec(path);
    if (!match) continue;
    const params = Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]);
    return { route, params: Object.fromEntries(params) as Record<string, string> };
  }
  return undefined;
}

function pattern(path: string): RegExp {
  const source = path
    .replace(/[.]/g, '\\.')
    .replace(/:(\w+)/g, '(?<$1>[^/]+)')
    .replace(/\*(\w+)/g, '(?<$1>.+)');
  return new RegExp(`^${source}$`);
}
