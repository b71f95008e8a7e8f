import { ApiError, jsonAnswer, notFound, unprocessable } from './answer.js';
import { listCommits } from './commits.js';
import { list, optionalText, page, text } from './fields.js';
import { METHOD_REFUSALS, methodsOf } from './merging-methods.js';
import { closePull, headsOf, mergePull, mergeState, refreshPulls } from './merging.js';
import { fullPullJson, pullJson } from './pull-request-json.js';
import type { PullRequest } from './pull-requests.js';
import { readRef } from './refs.js';
import { may } from './repository.js';
import { repositoryApiUrl } from './representations.js';
import type { Call, Route } from './route.js';

const READ = ['pull_requests', 'read'] as const;
const WRITE = ['pull_requests', 'write'] as const;
const MERGE_METHODS = ['merge', 'squash', 'rebase'] as const;

async function findPull(call: Call): Promise<PullRequest> {
  await refreshPulls(call.repository);
  const pull = call.repository.pulls.find(({ number }) => String(number) === call.params.number);
  if (!pull) throw notFound();
  return pull;
}

function invalid(error: Record<string, string>): ApiError {
  return unprocessable('Validation Failed', [{ resource: 'PullRequest', ...error }]);
}

async function createPull(call: Call) {
  const { repository, caller } = call;
  await refreshPulls(repository);
  if (caller.login === 'github-actions[bot]' && repository.actionsPullRequests === 'forbidden') {
    throw new ApiError(403, 'GitHub Actions is not permitted to create or approve pull requests.');
  }
  const title = text(call.body, 'title');
  const head = text(call.body, 'head').replace(`${repository.owner}:`, '');
  const base = text(call.body, 'base');
  const [baseRef, headRef] = await Promise.all(
    [base, head].map((branch) => readRef(repository.dir, `refs/heads/${branch}`)),
  );
  if (!baseRef) throw invalid({ field: 'base', code: 'invalid' });
  if (!headRef) throw invalid({ field: 'head', code: 'invalid' });
  const commits = await listCommits(repository.dir, baseRef.oid, headRef.oid);
  // Nothing is awaited from here on: of two requests at the same moment one is told of the other's.
  const open = repository.pulls.find((pull) => pull.state === 'open' && pull.head === head && pull.base === base);
  const label = `${repository.owner}:${head}`;
  if (open) throw invalid({ code: 'custom', message: `A pull request already exists for ${label}.` });
  if (commits.length === 0) {
    throw invalid({ code: 'custom', message: `No commits between ${base} and ${head}` });
  }
  const pull: PullRequest = {
    number: repository.pulls.length + 1,
    title,
    body: optionalText(call.body, 'body') ?? null,
    head,
    base,
    state: 'open',
    labels: [],
    comments: [],
  };
  repository.pulls.push(pull);
  await refreshPulls(repository);
  return jsonAnswer(201, await fullPullJson(call, pull));
}

async function listPulls(call: Call) {
  await refreshPulls(call.repository);
  const { query } = call;
  const state = query.get('state') ?? 'open';
  // Anything but `owner:branch` filters nothing.
  const [, owner, head] = /^([^:]+):(.+)$/.exec(query.get('head') ?? '') ?? [];
  const pulls = call.repository.pulls
    .filter((pull) => state === 'all' || (pull.state === 'open') === (state === 'open'))
    .filter((pull) => !head || (owner === call.repository.owner && pull.head === head))
    .filter((pull) => !query.has('base') || pull.base === query.get('base'))
    .reverse();
  const shown = page(pulls, query, `${repositoryApiUrl(call)}/pulls`);
  return jsonAnswer(200, await Promise.all(shown.items.map((pull) => pullJson(call, pull))), shown.headers);
}

async function updatePull(call: Call) {
  const pull = await findPull(call);
  const state = optionalText(call.body, 'state');
  pull.title = optionalText(call.body, 'title') ?? pull.title;
  pull.body = optionalText(call.body, 'body') ?? pull.body;
  pull.base = optionalText(call.body, 'base') ?? pull.base;
  if (state === 'closed' && pull.state === 'open') {
    closePull(pull, (await headsOf(call.repository, pull)).head);
  }
  return jsonAnswer(200, await fullPullJson(call, pull));
}

/** https://docs.github.com/rest/pulls/pulls#merge-a-pull-request */
async function putMerge(call: Call) {
  const { repository, caller } = call;
  const pull = await findPull(call);
  if (!may(caller, 'contents', 'write')) throw new ApiError(403, 'Resource not accessible by integration');
  const method = MERGE_METHODS.find((known) => known === (optionalText(call.body, 'merge_method') ?? 'merge'));
  if (!method) throw unprocessable('Invalid request.\n\nmerge_method is not a member of the enum.');
  if (!methodsOf(repository).includes(method)) throw new ApiError(405, METHOD_REFUSALS[method].rest);
  const { base, head } = await headsOf(repository, pull);
  const expected = optionalText(call.body, 'sha');
  if (expected && expected !== head) {
    throw new ApiError(409, 'Head branch was modified. Review and try the merge again.');
  }
  const state = await mergeState(repository, pull);
  if (state.state === 'blocked') throw new ApiError(405, `Repository rule violations found\n\n${state.why}\n\n`);
  if (state.state !== 'clean' || !base || !head) throw new ApiError(405, 'Pull Request is not mergeable');
  const wish = {
    method,
    title: optionalText(call.body, 'commit_title'),
    message: optionalText(call.body, 'commit_message'),
  } as const;
  if ((await mergePull(repository, pull, { ...state, base, head }, caller, wish)) === 'stale') {
    throw new ApiError(405, 'Base branch was modified. Review and try the merge again.');
  }
  return jsonAnswer(200, {
    sha: pull.merge?.oid,
    merged: true,
    message: 'Pull Request successfully merged',
  });
}

async function addLabels(call: Call) {
  const pull = await findPull(call);
  const labels = list<string>(call.body, 'labels') ?? [];
  if (labels.some((label) => label.length > 50)) {
    const errors = [{ resource: 'Label', field: 'name', code: 'invalid' }];
    throw unprocessable('Validation Failed', errors);
  }
  pull.labels = [...new Set([...pull.labels, ...labels])];
  return jsonAnswer(
    200,
    pull.labels.map((name) => ({ name })),
  );
}

async function addComment(call: Call) {
  const pull = await findPull(call);
  const comment = {
    id: pull.number * 1000 + pull.comments.length + 1,
    body: text(call.body, 'body'),
  };
  pull.comments.push(comment);
  return jsonAnswer(201, comment);
}

/** https://docs.github.com/rest/pulls, and what issues share with pull requests. */
export const PULL_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/pulls', needs: WRITE, handle: createPull },
  { method: 'GET', path: '/pulls', needs: READ, handle: listPulls },
  {
    method: 'GET',
    path: '/pulls/:number',
    needs: READ,
    handle: async (call) => jsonAnswer(200, await fullPullJson(call, await findPull(call))),
  },
  { method: 'PATCH', path: '/pulls/:number', needs: WRITE, handle: updatePull },
  { method: 'PUT', path: '/pulls/:number/merge', needs: WRITE, handle: putMerge },
  { method: 'POST', path: '/issues/:number/labels', needs: WRITE, handle: addLabels },
  { method: 'POST', path: '/issues/:number/comments', needs: WRITE, handle: addComment },
];
