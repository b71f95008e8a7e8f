import { ApiError } from './answer.js';
import type { Answer } from './answer.js';
import type { RefView } from './refs.js';
import { callerFor, findRepository, may } from './repository.js';
import type { Identity, ServedRepository } from './repository.js';
import { ACTIONS_ROUTES } from './rest-actions.js';
import { ATTESTATION_ROUTES } from './rest-attestations.js';
import { COMMIT_ROUTES } from './rest-commits.js';
import { OBJECT_ROUTES } from './rest-objects.js';
import { answerPackages, type FakePackage } from './rest-packages.js';
import { PULL_ROUTES } from './rest-pulls.js';
import { REF_ROUTES } from './rest-refs.js';
import { REPOSITORY_ROUTES } from './rest-repository.js';
import { STATUS_ROUTES } from './rest-statuses.js';
import { matchRoute } from './route.js';
import type { Route, Urls } from './route.js';

const ROUTES: readonly Route[] = [
  ...REPOSITORY_ROUTES,
  ...REF_ROUTES,
  ...OBJECT_ROUTES,
  ...STATUS_ROUTES,
  ...COMMIT_ROUTES,
  ...PULL_ROUTES,
  ...ATTESTATION_ROUTES,
  ...ACTIONS_ROUTES,
];

export interface RestRequest {
  method: string;
  target: URL;
  /** Undefined when the body was no JSON. */
  body: Record<string, unknown> | undefined;
  repositories: readonly ServedRepository[];
  packages: readonly FakePackage[];
  identity: Identity;
  urls: Urls;
  view: RefView;
}

/** Answers one request of the REST API, refusals included. */
export async function answerRest(request: RestRequest): Promise<Answer> {
  try {
    return await dispatch(request);
  } catch (error) {
    if (error instanceof ApiError) return error.toAnswer();
    throw error;
  }
}

async function dispatch(request: RestRequest): Promise<Answer> {
  const { identity, repositories, urls, view } = request;
  if (identity.kind === 'unknown-token') throw new ApiError(401, 'Bad credentials');
  const ofPackage = answerPackages(request);
  if (ofPackage !== undefined) return ofPackage;
  const path = /^\/api\/v3\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(request.target.pathname);
  const repository = path && findRepository(repositories, path[1] ?? '', path[2] ?? '');
  const caller = repository && callerFor(identity, repository);
  if (!repository || !caller) throw new ApiError(404, 'Not Found');
  const found = matchRoute(ROUTES, request.method, path?.[3] ?? '');
  if (!found) throw new ApiError(404, 'Not Found');
  const [permission, level] = found.route.needs;
  if (!may(caller, permission, level)) {
    if (identity.kind === 'anonymous') throw new ApiError(401, 'Requires authentication');
    const subject = caller.type === 'Bot' ? 'integration' : 'personal access token';
    throw new ApiError(403, `Resource not accessible by ${subject}`);
  }
  if (!request.body) throw new ApiError(400, 'Problems parsing JSON');
  return found.route.handle({
    params: found.params,
    query: request.target.searchParams,
    body: request.body,
    repository,
    caller,
    urls,
    view,
  });
}
